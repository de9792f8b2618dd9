import { useLocation } from 'preact-iso'
import type { SupervisionCase } from '../../api/supervision-types.ts'
import type { Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { FilterTabs } from '../../parts/filter-tabs.tsx'
import { Empty, Screen, Skeletons } from '../../parts/screen.tsx'
import { StaleNote } from '../alarms/stale-note.tsx'
import { useLookedAt } from '../alarms/looked-at.ts'
import { CaseBadge } from './case-badge.tsx'
import { OrderPages, WithSentences } from './with-sentences.tsx'

const EVERY_MS = 30_000

/** What reached level 3: who owes an explanation, and what became of it. */
export function CasesScreen() {
  return <WithSentences>{() => <Cases />}</WithSentences>
}

function Cases() {
  const { words } = useApp()
  const { query } = useLocation()
  const isEnded = query['state'] === 'ended'
  const { found, at, refused } = useLookedAt<Page<SupervisionCase>>(
    `/cases?state=${isEnded ? 'ended' : 'open'}&limit=200`,
    EVERY_MS,
  )
  return (
    <Screen
      title={words.say('web.screen.orders')}
      hint={words.say('web.cases.hint')}
      aside={
        <FilterTabs
          base="/cases"
          label={words.say('web.filter')}
          chosen={isEnded ? 'ended' : 'open'}
          options={[
            ['open', words.say('web.filter.open')],
            ['ended', words.say('web.filter.ended')],
          ]}
        />
      }
    >
      <OrderPages />
      <StaleNote refused={refused} at={at} />
      {found === null && refused === null && <Skeletons count={3} height="h-20" />}
      {found?.items.length === 0 && (
        <Empty icon="circle-check">{words.say(isEnded ? 'web.cases.empty.ended' : 'web.cases.empty')}</Empty>
      )}
      <ul class="grid gap-2">
        {found?.items.map((each) => (
          <li key={each.id}>
            <a
              href={`/cases/${each.id}`}
              data-case={each.id}
              class="panel hover:border-base-content/30 flex flex-wrap items-center gap-x-4 gap-y-1 p-3"
            >
              <span class="min-w-0 flex-1 basis-52">
                <span class="block font-medium break-words">
                  {each.class} · {words.of(each.name)}
                </span>
                <span class="quiet block text-sm">
                  {words.of(each.assetName)} · {each.orderId} · {each.assignee ?? words.say('web.order.nobody')}
                </span>
              </span>
              <CaseBadge state={each.state} />
              <span class="quiet text-sm">
                {each.dueAt === null
                  ? words.say('web.case.not_due')
                  : words.say('web.case.due', { time: words.format.moment(each.dueAt) })}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </Screen>
  )
}
