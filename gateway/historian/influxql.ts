import { escape } from 'influx'
import { chartBuckets, type Figures, gridOf, type Marks, MOST_ROWS, mixedStretch, type Row } from './chart-buckets.ts'
import { type ChartBucket, type ChartRange, type ChartSeries, TargetError } from './target.ts'

type Result = Readonly<{ columns: readonly string[]; values: readonly (readonly unknown[])[] }>

/**
 * One numeric point in buckets, by InfluxQL. `ask` gets one text of one or more statements and answers the body as it is.
 * Marks are counted by statements of their own, because a row without a mark is no row for a condition on it.
 */
export async function influxqlBuckets(
  series: ChartSeries,
  range: ChartRange,
  ask: (q: string) => Promise<string>,
): Promise<ChartBucket[]> {
  const grid = gridOf(range)
  const [value, mark, kind] = [series.point, `${series.point}_q`, series.kind].map((name) => escape.quoted(name))
  const where = (from: number, to: number) =>
    `"device" = ${escape.stringLit(series.device)} AND "site" = ${escape.stringLit(series.site)}` +
    ` AND time >= ${from}ms AND time < ${to}ms`
  const whole = where(grid.from, grid.to)
  const grouped = `GROUP BY time(${grid.widthMs}ms, ${grid.from % grid.widthMs}ms) fill(none)`
  const counted = (quality: string) =>
    `SELECT count(${mark}) FROM ${kind} WHERE ${mark} = '${quality}' AND ${whole} ${grouped}`
  const figuresText =
    `SELECT min(${value}), mean(${value}), max(${value}), last(${value}), count(${value})` +
    ` FROM ${kind} WHERE ${whole} ${grouped}`

  const [said, uncertain, bad] = resultsOf(await ask([figuresText, counted('uncertain'), counted('bad')].join('; ')))
  const figures = rowsOf(said).map(([t, min, mean, max, last, n]) => ({ t, min, mean, max, last, n }) as Figures)
  const marks: Marks[] = [
    ...rowsOf(uncertain).map(([t, count]) => ({ t: Number(t), uncertain: Number(count), bad: 0 })),
    ...rowsOf(bad).map(([t, count]) => ({ t: Number(t), uncertain: 0, bad: Number(count) })),
  ]
  const mixed = mixedStretch(grid, figures, marks)
  if (!mixed) return chartBuckets(grid, figures, marks, [])
  const [each] = resultsOf(
    await ask(`SELECT ${value}, ${mark} FROM ${kind} WHERE ${where(mixed.from, mixed.to)} LIMIT ${MOST_ROWS + 1}`),
  )
  const rows = rowsOf(each)
    .filter(([, figure]) => typeof figure === 'number')
    .map(([at, figure, quality]): Row => ({ at: Number(at), value: Number(figure), isBad: quality === 'bad' }))
  if (rows.length > MOST_ROWS) throw new TargetError('unavailable', 'too many readings of mixed quality')
  return chartBuckets(grid, figures, marks, rows)
}

/** One answer for each statement; throws the first error that the server names. */
function resultsOf(body: string): (Result | undefined)[] {
  const { results = [], error } = parsed(body)
  const failed = error ?? results.find((result) => result.error !== undefined)?.error
  if (failed !== undefined) throw new TargetError('unavailable', failed)
  return results.map(({ series }) => series?.[0])
}

type Body = { error?: string; results?: { error?: string; series?: Result[] }[] }

function parsed(body: string): Body {
  try {
    return JSON.parse(body) as Body
  } catch {
    throw new TargetError('unavailable', 'not an answer of InfluxDB')
  }
}

function rowsOf(result: Result | undefined): readonly (readonly unknown[])[] {
  return result?.values ?? []
}
