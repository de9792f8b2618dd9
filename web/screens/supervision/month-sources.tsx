import type { MonthSource } from '../../api/supervision-types.ts'
import { useApp } from '../../app-context.ts'

const TALLIES = ['opened', 'counted', 'verified', 'settledInside', 'level2', 'level3'] as const

/** What sensors, residents, staff and plans opened, apart and together. */
export function MonthSources({ sources }: { sources: readonly MonthSource[] }) {
  const { words } = useApp()
  const rows = sources.map((line) => [line.source, TALLIES.map((tally) => line[tally])] as const)
  const total = TALLIES.map((_, i) => rows.reduce((sum, [, values]) => sum + values[i]!, 0))
  return (
    <div class="overflow-x-auto" tabIndex={0} role="region" aria-label={words.say('web.months.source')}>
      <table class="table-sm table">
        <thead>
          <tr>
            <th scope="col" class="text-base-content">
              {words.say('web.months.source')}
            </th>
            {TALLIES.map((tally) => (
              <th key={tally} scope="col" class="text-base-content text-right">
                {words.say(`web.months.${tally}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...rows, ['total', total] as const].map(([source, values]) => (
            <tr key={source}>
              <th scope="row" class="font-medium whitespace-nowrap">
                {words.sayCode('months.source', source)}
              </th>
              {values.map((value, i) => (
                <td key={TALLIES[i]} class="text-right tabular-nums">
                  {value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
