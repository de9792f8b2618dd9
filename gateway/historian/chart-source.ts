import type { Clock } from '#devices/clock.ts'
import { withDeadline } from './deadline.ts'
import type { ChartBucket, ChartRange, ChartSeries, Target } from './target.ts'

export type ChartSource = Readonly<{
  /** Buckets from the database when it is asked for, there and up to date; else from the log. Says which. */
  series(series: ChartSeries, range: ChartRange): Promise<Charted>
}>
export type Charted = Readonly<{ source: 'local' | 'influx'; buckets: readonly LocalBucket[] }>
/** What the log answers; a database adds `last`. */
export type LocalBucket = Omit<ChartBucket, 'last'> & Partial<Pick<ChartBucket, 'last'>>

type Options = Readonly<{
  local(series: ChartSeries, range: ChartRange): Promise<readonly LocalBucket[]>
  /** Null: charts come from the log. */
  remote: Readonly<{
    target: Pick<Target, 'query'>
    /** Site time (ms) up to which the database has every reading; null when it is away. */
    confirmedAt(): number | null
  }> | null
  /** Whether the point is a number; switches and words are charted from the log. */
  isNumeric(series: ChartSeries): boolean
  clock: Clock
}>

/** Who looks at a chart waits no longer for the database than this (ms of real time). */
const PATIENCE_MS = 2_000
/** A database that has just failed is not asked for a while (ms), or each chart would take as long. */
const LEFT_ALONE_MS = 30_000
/** What a reading may take to get there: a chart that ends now need not have it yet. */
const UNDERWAY_MS = 10_000

export function chartSource({ local, remote, isNumeric, clock }: Options): ChartSource {
  let leftAloneUntil = -Infinity

  const isUpToDate = ({ to }: ChartRange): boolean => {
    const confirmedAt = remote?.confirmedAt() ?? null
    return confirmedAt !== null && Math.min(to, clock.now()) - confirmedAt <= UNDERWAY_MS
  }
  const fromDatabase = async (series: ChartSeries, range: ChartRange): Promise<readonly ChartBucket[] | null> => {
    if (!remote || clock.now() < leftAloneUntil || !isNumeric(series) || !isUpToDate(range)) return null
    const { signal } = new AbortController()
    try {
      return await withDeadline(signal, PATIENCE_MS, (signal) => remote.target.query(series, range, signal))
    } catch {
      leftAloneUntil = clock.now() + LEFT_ALONE_MS
      return null
    }
  }

  return {
    async series(series, range) {
      const buckets = await fromDatabase(series, range)
      return buckets ? { source: 'influx', buckets } : { source: 'local', buckets: await local(series, range) }
    },
  }
}
