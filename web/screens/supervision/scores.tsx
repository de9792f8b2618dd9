import type { ScoreFigures, ScoreSheet } from '../../api/supervision-types.ts'
import { useApp } from '../../app-context.ts'
import { Empty, Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { useLookedAt } from '../alarms/looked-at.ts'
import { StaleNote } from '../alarms/stale-note.tsx'
import { MonthChoice, useMonth } from './month-choice.tsx'
import { OrderPages, WithSentences } from './with-sentences.tsx'

/** A month of nine thousand orders takes a second to count: nobody needs it more often. */
const EVERY_MS = 300_000
const FIGURES = [
  'opened',
  'settledInside',
  'overdue',
  'level1',
  'level2',
  'level3',
  'excused',
  'points',
  'praise',
  'rated',
  'stars',
] as const satisfies readonly (keyof ScoreFigures)[]

/** The score sheet of a month: per department and per person. The month stands in the address. */
export function ScoresScreen() {
  return <WithSentences>{() => <Scores />}</WithSentences>
}

function Scores() {
  const { words } = useApp()
  const month = useMonth()
  const { found, at, refused } = useLookedAt<ScoreSheet>(`/scores?month=${month}`, EVERY_MS)
  const file = `/api/v1/scores?month=${month}&format=csv&language=${words.language.value}`
  return (
    <Screen
      title={words.say('web.screen.orders')}
      hint={words.say('web.scores.hint')}
      aside={
        <div class="flex flex-wrap items-center gap-2">
          <MonthChoice month={month} path="/scores" />
          <a class="btn touch" href={file} download>
            CSV
          </a>
        </div>
      }
    >
      <OrderPages />
      <StaleNote refused={refused} at={at} />
      {found === null && refused === null && <Skeletons count={2} height="h-40" />}
      {found && found.total.opened === 0 && <Empty icon="clipboard-list">{words.say('web.scores.empty')}</Empty>}
      {found && found.total.opened > 0 && (
        <div class="grid gap-3">
          <Panel title={words.say('web.scores.departments')}>
            <Table
              first={words.say('web.score.department')}
              rows={[
                ...found.departments.map((line) => [words.sayCode('department', line.department), line] as const),
                [words.say('web.score.all'), found.total],
              ]}
            />
          </Panel>
          <Panel title={words.say('web.scores.persons')}>
            <Table
              first={words.say('web.score.person')}
              rows={found.persons.map((line) => [line.person || words.say('web.order.nobody'), line] as const)}
            />
          </Panel>
          <p class="quiet text-sm">{words.say('web.scores.means')}</p>
        </div>
      )}
    </Screen>
  )
}

function Table({ first, rows }: { first: string; rows: readonly (readonly [string, ScoreFigures])[] }) {
  const { words } = useApp()
  return (
    <div class="overflow-x-auto" tabIndex={0} role="region" aria-label={first}>
      <table class="table-sm table">
        <thead>
          <tr>
            <th scope="col" class="text-base-content">
              {first}
            </th>
            {FIGURES.map((figure) => (
              <th key={figure} scope="col" class="text-base-content text-right">
                {words.say(`web.score.${figure}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, figures]) => (
            <tr key={name}>
              <th scope="row" class="font-medium whitespace-nowrap">
                {name}
              </th>
              {FIGURES.map((figure) => (
                <td key={figure} class="text-right tabular-nums">
                  {figures[figure] ?? '–'}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
