import type { MonthLine } from '../../api/supervision-types.ts'
import { useApp } from '../../app-context.ts'
import type { Words } from '../../words/words.ts'

/** Each figure with what it is made of, and its definition beside it. */
export function MonthLines({ lines }: { lines: readonly MonthLine[] }) {
  const { words } = useApp()
  return (
    <dl class="divide-base-300 grid divide-y">
      {lines.map((line) => (
        <div
          key={line.figure}
          class="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-0.5 py-2 sm:grid-cols-[11rem_13rem_minmax(0,1fr)]"
        >
          <dt class="font-medium">{words.of(line.name)}</dt>
          <dd class="text-right tabular-nums sm:text-left">
            <strong class="text-base font-semibold">{resultOf(line, words) ?? '–'}</strong>{' '}
            <span class="quiet text-sm">{partsOf(line, words)}</span>
            {line.now && (
              <span class="badge badge-warning badge-soft ml-1">
                {words.say('web.months.now', { value: resultOf({ ...line, ...line.now }, words) ?? '–' })}
              </span>
            )}
          </dd>
          <dd class="quiet col-span-2 text-sm sm:col-span-1">{words.of(line.means)}</dd>
        </div>
      ))}
    </dl>
  )
}

type Part = Pick<MonthLine, 'unit' | 'value' | 'of'>

/** Null: there is nothing to count. */
function resultOf({ unit, value, of }: Part, { format }: Words): string | null {
  if (value === null || (of === 0 && unit !== 'count')) return null
  switch (unit) {
    case 'share':
      return `${((100 * value) / of!).toFixed(1)} %`
    case 'per_100':
      return ((100 * value) / of!).toFixed(2)
    case 'mean':
      return (value / of!).toFixed(2)
    case 'duration':
      return format.duration(value)
    default:
      return format.number(value)
  }
}

function partsOf({ unit, value, of }: Part, words: Words): string {
  if (unit === 'count' || of === null) return ''
  if (of === 0) return words.say('web.months.nothing')
  if (unit === 'mean' || unit === 'duration') return words.say('web.months.n', { n: of })
  return words.say('web.months.of', { value: value ?? 0, of })
}
