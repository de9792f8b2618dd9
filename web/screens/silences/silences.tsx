import { useState } from 'preact/hooks'
import type { Silence } from '../../api/alarm-types.ts'
import type { Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Icon } from '../../parts/icon.tsx'
import { Empty, Screen, Skeletons } from '../../parts/screen.tsx'
import { may } from '../../roles.ts'
import { AlarmPages, WithSentences } from '../alarms/alarm-pages.tsx'
import { useLookedAt } from '../alarms/looked-at.ts'
import { useRole } from '../alarms/person.tsx'
import { StaleNote } from '../alarms/stale-note.tsx'
import { SilenceRow } from './silence-row.tsx'
import { PlanDialog } from './window-dialog.tsx'

const EVERY_MS = 15_000
const KINDS = ['maintenance', 'shelf', 'service'] as const

/** What nobody is told of, and until when: for the shift that comes as well as for the one that goes. */
export function SilencesScreen() {
  return <WithSentences>{() => <Silences />}</WithSentences>
}

function Silences() {
  const { words, estate } = useApp()
  const role = useRole()
  const [isPlanned, setPlanned] = useState(false)
  // What moves a silence moves alarms, which are live; the rest is seen at the next look.
  const { found, at, refused, look } = useLookedAt<Page<Silence>>(
    '/silences?state=open&limit=200',
    EVERY_MS,
    estate.alarms.value,
  )
  const mayPlan = role !== null && may(role, 'planMaintenance')
  return (
    <Screen
      title={words.say('web.screen.alarms')}
      hint={words.say('web.silences.hint')}
      aside={
        mayPlan && (
          <button type="button" class="btn btn-primary touch" onClick={() => setPlanned(true)}>
            <Icon name="wrench" />
            {words.say('web.silences.plan')}
          </button>
        )
      }
    >
      <AlarmPages />
      <StaleNote refused={refused} at={at} />
      {found === null && refused === null && <Skeletons count={3} height="h-20" />}
      {found?.items.length === 0 && <Empty icon="circle-check">{words.say('web.silences.empty')}</Empty>}
      {found &&
        found.items.length > 0 &&
        KINDS.map((kind) => {
          const items = found.items.filter((silence) => silence.kind === kind).toSorted(bySoonestEnd)
          return (
            <section key={kind} class="mb-5" aria-label={words.say(`web.silences.kind.${kind}`)}>
              <h2 class="mb-2 font-semibold">
                {words.say(`web.silences.kind.${kind}`)} <span class="quiet font-normal">{items.length}</span>
              </h2>
              {items.length === 0 ? (
                <p class="quiet text-sm">{words.say('web.silences.none')}</p>
              ) : (
                <ul class="grid gap-2">
                  {items.map((silence) => (
                    <SilenceRow key={silence.id} silence={silence} look={look} />
                  ))}
                </ul>
              )}
            </section>
          )
        })}
      {isPlanned && <PlanDialog onClose={() => setPlanned(false)} onDone={look} />}
    </Screen>
  )
}

function bySoonestEnd(a: Silence, b: Silence): number {
  // What has not begun comes after what runs.
  const endOf = ({ to, state }: Silence) =>
    (to === null ? Number.MAX_SAFE_INTEGER : Date.parse(to)) + (state === 'planned' ? 1e15 : 0)
  return endOf(a) - endOf(b)
}
