import type { MonthFigures } from '../../api/supervision-types.ts'
import { useApp } from '../../app-context.ts'
import { Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { useLookedAt } from '../alarms/looked-at.ts'
import { StaleNote } from '../alarms/stale-note.tsx'
import { MonthChoice, useMonth } from './month-choice.tsx'
import { MonthLines } from './month-lines.tsx'
import { MonthSources } from './month-sources.tsx'
import { OrderPages, WithSentences } from './with-sentences.tsx'

/** A month of nine thousand orders takes a second to count: nobody needs it more often. */
const EVERY_MS = 300_000

/** The figures of a month, each with its definition, and what was corrected since they were frozen. */
export function MonthsScreen() {
  return <WithSentences>{() => <Months />}</WithSentences>
}

function Months() {
  const { words } = useApp()
  const month = useMonth()
  const { found, at, refused } = useLookedAt<MonthFigures>(`/months/${month}`, EVERY_MS)
  const file = `/api/v1/months/${month}?format=csv&language=${words.language.value}`
  return (
    <Screen
      title={words.say('web.screen.orders')}
      hint={`${words.say('web.months.hint')} ${words.say('web.months.patrol')}`}
      aside={
        <div class="flex flex-wrap items-center gap-2">
          <MonthChoice month={month} path="/months" />
          <a class="btn touch" href={file} download>
            CSV
          </a>
        </div>
      }
    >
      <OrderPages />
      <StaleNote refused={refused} at={at} />
      {found === null && refused === null && <Skeletons count={3} height="h-40" />}
      {found && (
        <div class="grid gap-3">
          <Standing figures={found} />
          <Panel title={words.say('web.months.figures')}>
            <MonthLines lines={found.lines} />
          </Panel>
          {found.frozen && <Corrections corrections={found.corrections} />}
          <Panel title={words.say('web.months.sources')}>
            <MonthSources sources={found.sources} />
          </Panel>
          <Panel title={words.say('web.months.persons')}>
            <Persons persons={found.persons} />
          </Panel>
        </div>
      )}
    </Screen>
  )
}

/** Whether the figures may still change, and by what they are known to be the same. */
function Standing({ figures: { frozen, freezesAt } }: { figures: MonthFigures }) {
  const { words } = useApp()
  if (!frozen)
    return (
      <p class="panel p-4 text-sm">
        {words.say('web.months.running')} · {words.say('web.months.freezes', { time: words.format.day(freezesAt) })}
      </p>
    )
  const { at, version, hash, isSame } = frozen
  const same = isSame === null ? 'other_version' : isSame ? 'same' : 'other'
  return (
    <div class="panel grid gap-1 p-4 text-sm">
      <p>
        <strong class="font-semibold">{words.say('web.months.frozen', { time: words.format.day(at) })}</strong> ·{' '}
        {words.say('web.months.version', { version })}
      </p>
      <p class={isSame === false ? 'text-error font-semibold' : 'quiet'}>{words.say(`web.months.${same}`)}</p>
      <p class="quiet break-all">
        {words.say('web.months.hash')} <span class="font-mono text-xs">{hash}</span>
      </p>
    </div>
  )
}

function Corrections({ corrections }: Pick<MonthFigures, 'corrections'>) {
  const { words } = useApp()
  return (
    <Panel title={words.say('web.months.corrections')}>
      {corrections.length === 0 && <p class="quiet text-sm">{words.say('web.months.corrections.none')}</p>}
      <ul class="divide-base-300 divide-y text-sm">
        {corrections.map(({ seq, at, name, subject, by }) => (
          <li key={seq} class="flex flex-wrap gap-x-4 gap-y-1 py-2">
            <time dateTime={at} class="quiet tabular-nums">
              {words.format.moment(at)}
            </time>
            <span>{words.of(name)}</span>
            {subject.startsWith('W') ? (
              <a class="link" href={`/orders/${subject}`}>
                {subject}
              </a>
            ) : (
              <span>{subject}</span>
            )}
            {by && <span class="quiet">{by}</span>}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function Persons({ persons }: Pick<MonthFigures, 'persons'>) {
  const { words } = useApp()
  const told = persons.filter(({ rated, praise }) => rated > 0 || praise > 0)
  if (told.length === 0) return <p class="quiet text-sm">{words.say('web.months.persons.none')}</p>
  return (
    <ul class="divide-base-300 divide-y text-sm">
      {told.map(({ person, rated, stars, praise }) => (
        <li key={person} class="flex flex-wrap justify-between gap-x-4 py-2">
          <span class="font-medium">{person || words.say('web.order.nobody')}</span>
          <span class="tabular-nums">
            {[
              rated > 0 && words.say('web.months.stars', { stars: words.format.number(stars / rated), n: rated }),
              praise > 0 && words.say('web.months.praise', { n: praise }),
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </li>
      ))}
    </ul>
  )
}
