import type { StaffPage } from '../../api/supervision-types.ts'
import type { Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Panel } from '../../parts/screen.tsx'
import { useLookedAt } from '../alarms/looked-at.ts'
import { useSentences } from '../supervision/with-sentences.tsx'

const EVERY_MS = 10_000
/** More than these are history; they are there for whoever asks. */
const SHOWN = 6
const TONE = {
  queued: 'badge-ghost',
  held: 'badge-warning badge-soft',
  delivered: 'badge-info badge-soft',
  failed: 'badge-error badge-soft',
} as const

/** Who was called for this order, by what road, how often, and what came of it. Delivered is not answered, answered not accepted. */
export function PagesLedger({ subject }: { subject: string }) {
  const { words, estate } = useApp()
  const isSaid = useSentences()
  const { found } = useLookedAt<Page<StaffPage>>(
    `/pages?subject=${encodeURIComponent(subject)}`,
    EVERY_MS,
    estate.orders.value,
  )
  if (!isSaid || !found || found.items.length === 0) return null
  return (
    <Panel title={words.say('web.pages')}>
      <Lines pages={found.items.slice(0, SHOWN)} />
      {found.items.length > SHOWN && (
        <details class="mt-2">
          <summary class="touch link flex items-center text-sm">
            {words.say('web.pages.more', { n: found.items.length - SHOWN })}
          </summary>
          <Lines pages={found.items.slice(SHOWN)} />
        </details>
      )}
    </Panel>
  )
}

function Lines({ pages }: { pages: readonly StaffPage[] }) {
  return (
    <ul class="grid gap-2 text-sm">
      {pages.map((page) => (
        <Line key={page.id} page={page} />
      ))}
    </ul>
  )
}

function Line({ page: { id, person, road, purpose, tries, answeredAt, key, end, endedBy } }: { page: StaffPage }) {
  const { words } = useApp()
  const last = tries.at(-1)
  if (!last) return null
  return (
    <li data-page={id} class="flex flex-wrap items-baseline gap-x-2 gap-y-0.5">
      <span class="font-medium">{person}</span>
      <span>{words.say(`web.page.road.${road}`)}</span>
      <span class="quiet">{words.sayCode('page', purpose)}</span>
      <span class={`badge badge-sm ${TONE[last.result]}`}>{words.say(`web.page.result.${last.result}`)}</span>
      {answeredAt !== null && (
        <span class="badge badge-success badge-soft badge-sm">
          {words.say(key === null ? 'web.page.answered' : 'web.page.pressed', { key: key ?? '' })}
        </span>
      )}
      {end !== null && (
        <span class="quiet">
          {words.sayCode('pageEnd', end)}
          {endedBy !== null && ` · ${endedBy}`}
        </span>
      )}
      <span class="quiet">
        {words.format.time(last.at)}
        {tries.length > 1 && ` · ${words.say('web.page.tries', { n: tries.length })}`}
        {last.reason !== null && ` · ${words.sayCode('pageReason', last.reason)}`}
      </span>
    </li>
  )
}
