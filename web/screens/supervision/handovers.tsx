import type { Handover } from '../../api/supervision-types.ts'
import type { Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Empty, Screen, Skeletons } from '../../parts/screen.tsx'
import { useLookedAt } from '../alarms/looked-at.ts'
import { StaleNote } from '../alarms/stale-note.tsx'
import { OrderPages, WithSentences } from './with-sentences.tsx'

const EVERY_MS = 15_000
const TONE = { open: 'badge-info', signed: 'badge-success', lapsed: 'badge-error' } as const

/** Changes of shift: whose sheet is to be signed, and which were. */
export function HandoversScreen() {
  return <WithSentences>{() => <Handovers />}</WithSentences>
}

function Handovers() {
  const { words } = useApp()
  const { found, at, refused } = useLookedAt<Page<Handover>>('/handovers?limit=50', EVERY_MS)
  return (
    <Screen title={words.say('web.screen.orders')} hint={words.say('web.handovers.hint')}>
      <OrderPages />
      <StaleNote refused={refused} at={at} />
      {found === null && refused === null && <Skeletons count={3} height="h-18" />}
      {found?.items.length === 0 && <Empty icon="users">{words.say('web.handovers.empty')}</Empty>}
      <ul class="grid gap-2">
        {found?.items.map((sheet) => (
          <li key={sheet.id}>
            <a
              href={`/handovers/${sheet.id}`}
              data-handover={sheet.id}
              class="panel hover:border-base-content/30 flex flex-wrap items-center gap-x-4 gap-y-1 p-3"
            >
              <span class="min-w-0 flex-1 basis-52">
                <span class="block font-medium">
                  {words.of(sheet.name)} · {words.format.moment(sheet.changeAt)}
                </span>
                <span class="quiet block text-sm">{fromTo(sheet)}</span>
              </span>
              <HandoverBadge sheet={sheet} />
            </a>
          </li>
        ))}
      </ul>
    </Screen>
  )
}

export function fromTo({ outgoing, incoming }: Pick<Handover, 'outgoing' | 'incoming'>): string {
  return `${outgoing.join(', ') || '–'} → ${incoming.join(', ') || '–'}`
}

export function HandoverBadge({ sheet: { state, overdueAt } }: { sheet: Pick<Handover, 'state' | 'overdueAt'> }) {
  const { words } = useApp()
  const isLate = state === 'open' && overdueAt !== null
  return (
    <span class={`badge badge-soft ${isLate ? 'badge-error' : TONE[state]}`}>
      {words.say(isLate ? 'web.handover.late' : `web.handover.state.${state}`)}
    </span>
  )
}
