import {
  flux,
  fluxDateTime,
  fluxDuration,
  fluxExpression,
  fluxInteger,
  type ParameterizedQuery,
} from '@influxdata/influxdb-client'
import {
  chartBuckets,
  type Figures,
  type Grid,
  gridOf,
  type Marks,
  MOST_ROWS,
  mixedStretch,
  type Row,
} from './chart-buckets.ts'
import { type ChartBucket, type ChartRange, type ChartSeries, TargetError } from './target.ts'

/** One row of a Flux answer. `_time` is ISO 8601; `result` is the name that it was yielded under. */
export type FluxRow = Readonly<{ result: string; _time: string; _value: unknown; area?: string; profile?: string }>

const FIGURES = ['min', 'mean', 'max', 'last', 'count'] as const

/** One numeric point in buckets, by Flux. `ask` answers all rows of all results. */
export async function fluxBuckets(
  bucket: string,
  series: ChartSeries,
  range: ChartRange,
  ask: (query: ParameterizedQuery) => Promise<readonly FluxRow[]>,
): Promise<ChartBucket[]> {
  const grid = gridOf(range)
  const answer = Map.groupBy(await ask(figuresFlux(bucket, series, grid)), ({ result }) => result)
  // A device that changed its area or profile has two series: its figures belong together, series by series.
  const keyOf = ({ _time, area, profile }: FluxRow) => JSON.stringify([_time, area, profile])
  const valuesOf = (name: string) => new Map((answer.get(name) ?? []).map((row) => [keyOf(row), Number(row._value)]))
  const [min, mean, max, last] = FIGURES.map(valuesOf)
  const figures = (answer.get('count') ?? []).map((row): Figures => {
    const [t, n, key] = [Date.parse(row._time), Number(row._value), keyOf(row)]
    return { t, n, min: min!.get(key)!, mean: mean!.get(key)!, max: max!.get(key)!, last: last!.get(key)! }
  })
  const marks = (['uncertain', 'bad'] as const).flatMap((quality) =>
    (answer.get(quality) ?? []).map(({ _time, _value }): Marks => {
      return { t: Date.parse(_time), uncertain: 0, bad: 0, [quality]: Number(_value) }
    }),
  )
  const mixed = mixedStretch(grid, figures, marks)
  if (!mixed) return chartBuckets(grid, figures, marks, [])
  const rows = await ask(rowsFlux(bucket, series, mixed))
  const bad = new Set(rows.filter(({ result }) => result === 'bad').map(({ _time }) => Date.parse(_time)))
  const values = rows
    .filter(({ result }) => result === 'values')
    .map(({ _time, _value }): Row => {
      const at = Date.parse(_time)
      return { at, value: Number(_value), isBad: bad.has(at) }
    })
    .toSorted((a, b) => a.at - b.at)
  if (values.length > MOST_ROWS) throw new TargetError('unavailable', 'too many readings of mixed quality')
  return chartBuckets(grid, figures, marks, values)
}

/** Figures and counts of marks, each a result of its own name; stretches without readings are left out. */
export function figuresFlux(bucket: string, series: ChartSeries, grid: Grid): ParameterizedQuery {
  const [every, offset] = [fluxDuration(`${grid.widthMs}ms`), fluxDuration(`${grid.from % grid.widthMs}ms`)]
  const windowed = FIGURES.map(
    (name) => flux`values
  |> aggregateWindow(every: ${every}, offset: ${offset}, fn: ${fluxExpression(name)}, createEmpty: false, timeSrc: "_start")
  |> yield(name: ${name})
`,
  )
  const counted = (['uncertain', 'bad'] as const).map(
    (quality) => flux`marks
  |> filter(fn: (r) => r._value == ${quality})
  |> aggregateWindow(every: ${every}, offset: ${offset}, fn: count, createEmpty: false, timeSrc: "_start")
  |> yield(name: ${quality})
`,
  )
  return joined([selected(bucket, series, grid), ...windowed, ...counted])
}

/** Every value of a stretch, and when it was marked as bad. */
export function rowsFlux(
  bucket: string,
  series: ChartSeries,
  range: Readonly<{ from: number; to: number }>,
): ParameterizedQuery {
  return joined([
    selected(bucket, series, range),
    flux`values
  |> limit(n: ${fluxInteger(MOST_ROWS + 1)})
  |> yield(name: "values")
marks
  |> filter(fn: (r) => r._value == "bad")
  |> limit(n: ${fluxInteger(MOST_ROWS + 1)})
  |> yield(name: "bad")
`,
  ])
}

/** Two streams, for a stream has one type of value: `values` are numbers, `marks` are words. */
function selected(
  bucket: string,
  { site, device, kind, point }: ChartSeries,
  { from, to }: Readonly<{ from: number; to: number }>,
): ParameterizedQuery {
  const [start, stop] = [from, to].map((ms) => fluxDateTime(new Date(ms).toISOString()))
  const field = (name: string) => flux`from(bucket: ${bucket})
  |> range(start: ${start}, stop: ${stop})
  |> filter(fn: (r) => r._measurement == ${kind} and r.device == ${device} and r.site == ${site} and r._field == ${name})
`
  return joined([flux`values = `, field(point), flux`marks = `, field(`${point}_q`)])
}

/** Each part has escaped its own values; together they are one text. */
function joined(parts: readonly ParameterizedQuery[]): ParameterizedQuery {
  return flux`${fluxExpression(parts.map(String).join(''))}`
}
