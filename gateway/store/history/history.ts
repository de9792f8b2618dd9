import type { DatabaseSync } from 'node:sqlite'
import { Fault } from '#devices/fault.ts'
import type { Reading } from '#devices/reading.ts'
import { monotonicNow } from '../../clock.ts'
import type { LinePoint } from '../../historian/batch-lines.ts'
import { SeriesNames, type SeriesName, type SeriesRow } from '../series-names.ts'
import { type Bucket, Buckets, type SeriesRange } from './buckets.ts'
import { ChunkTable, FRESH, MERGED, without } from './chunk-table.ts'
import { Chunk, GROUP_SIZE, groupOf } from './chunk.ts'
import { decodeRun } from './columns.ts'
import { pointOf } from './log-slices.ts'
import { LogTail } from './log-tail.ts'
import { MINUTES, TIERS } from './policy.ts'
import { readingsOf, Run } from './run.ts'
import { eachSummary, isSummed } from './summary.ts'

/** Rollups serve where a bucket is at least so many of their stretches wide: its edges then move by little. */
const STRETCHES_OF_BUCKET = 5
const PAGE_MS = 600_000
/** F10: while a read is open nothing can be checkpointed, and the write-ahead file grows. */
const LONGEST_READ_MS = 4_000

/** What was measured, wherever it stands by now: in the log, sealed, or summed up. On a connection that cannot write. */
export class History {
  readonly #db: DatabaseSync
  readonly #names = new SeriesNames()
  readonly #chunks: ChunkTable
  readonly #tail: LogTail
  readonly #now: () => number
  #endsAt = Infinity

  /** `now` in real ms, for the time that one read may take; one that takes longer throws a Fault `too_large`. */
  constructor(db: DatabaseSync, now: () => number = monotonicNow) {
    this.#db = db
    this.#now = now
    this.#chunks = new ChunkTable(db)
    this.#tail = new LogTail(db)
  }

  get names(): SeriesNames {
    const rows = this.#db
      .prepare('select id, device, point from series where id >= ? order by id')
      .all(this.#names.size) as SeriesRow[]
    this.#names.add(rows)
    return this.#names
  }

  /** Source times between which something may be known of a point, both included; null where nothing is. */
  extentOf({ device, point }: SeriesName): Readonly<{ from: number; to: number }> | null {
    const series = this.names.find(device, point)
    if (series === undefined) return null
    return this.#atOnce(() => this.#extent(series))
  }

  #extent(series: number): Readonly<{ from: number; to: number }> | null {
    const { low, high } = this.#db
      .prepare('select min(from_at) as low, max(to_at) as high from chunks where grp = ?')
      .get(groupOf(series)) as { low: number | null; high: number | null }
    let [from, to] = [low ?? Infinity, high ?? -Infinity]
    for (const at of this.#logged(series).times) {
      from = Math.min(from, at)
      to = Math.max(to, at)
    }
    return from <= to ? { from, to } : null
  }

  /** Readings of one point with source time in [from, to), oldest first. */
  readingsOf(name: SeriesName, from: number, to: number): Reading[] {
    return [...readingsOf(name, this.runOf(name, from, to))]
  }

  /** The same as columns. */
  runOf({ device, point }: SeriesName, from: number, to: number): Run {
    const series = this.names.find(device, point)
    return series === undefined ? new Run(0) : this.#atOnce(() => this.#run(series, from, to))
  }

  /**
   * The same as so many buckets. Where they are wide, sums of minutes or hours serve, and the edges between buckets lie
   * on those; the first and the last one begin and end where they were asked to.
   */
  series({ device, point }: SeriesName, range: SeriesRange): Bucket[] {
    const series = this.names.find(device, point)
    const widthMs = (range.to - range.from) / range.buckets
    const tier = TIERS.findLastIndex((stretchMs) => widthMs >= stretchMs * STRETCHES_OF_BUCKET)
    const buckets = new Buckets(range, TIERS[tier] ?? 1)
    if (series === undefined) return buckets.result()
    this.#atOnce(() => {
      if (tier < 0) buckets.addRun(this.#run(series, range.from, range.to))
      else this.#addSummaries(buckets, series, tier, range)
    })
    return buckets.result()
  }

  /** Readings of all points by source time in [from, to), a span of one group of series after the other. */
  page(from: number, to: number, after: string | null): { points: LinePoint[]; after: string } | null {
    const names = this.names
    const [group, start] = after === null ? [0, from] : (after.split(':').map(Number) as [number, number])
    if (group > groupOf(names.size - 1)) return null
    if (start >= to) return { points: [], after: `${group + 1}:${from}` }
    const end = Math.min(to, start + PAGE_MS)
    return { points: this.#atOnce(() => this.#pointsOf(group, start, end)), after: `${group}:${end}` }
  }

  /** Each chunk is unpacked once, for all its series. */
  #pointsOf(group: number, from: number, to: number): LinePoint[] {
    const names = this.#names
    const runs = Array.from({ length: GROUP_SIZE }, (_, index) => ({
      series: group * GROUP_SIZE + index,
      run: new Run(),
    }))
    for (const { body } of this.#inTime(this.#chunks.overlapping(group, from, to - 1))) {
      const chunk = Chunk.tryReading(body)
      for (const { series, run } of runs) addEntry(run, chunk, series, from, to)
    }
    return runs
      .flatMap(({ series, run: gathered }) => {
        this.#addLog(gathered, series, from, to)
        const run = gathered.ordered()
        const { times, flags } = run
        return Array.from(times).flatMap(
          (at, i) => pointOf(names, { series, at, value: run.valueAt(i), flags: flags[i]! }) ?? [],
        )
      })
      .toSorted((a, b) => a.at - b.at)
  }

  /** Whole stretches from the rollups, what the edges cut and what is not summed up yet from the readings. */
  #addSummaries(buckets: Buckets, series: number, tier: number, { from, to }: SeriesRange): void {
    const stretchMs = TIERS[tier]!
    const [first, end] = [Math.ceil(from / stretchMs) * stretchMs, Math.floor(to / stretchMs) * stretchMs]
    const rows = this.#db
      .prepare('select body from rollups where tier = ? and grp = ? and to_at >= ? and from_at < ?')
      .iterate(tier, groupOf(series), first, end) as Iterable<{ body: Uint8Array }>
    for (const { body } of this.#inTime(rows)) {
      const chunk = Chunk.tryReading(body)
      const entry = chunk?.entryOf(series)
      if (!chunk || !entry) continue
      chunk.read(entry, (bytes) =>
        eachSummary(bytes, stretchMs, (start, summary) => {
          if (start >= first && start < end) buckets.addSummary(start, summary)
        }),
      )
    }
    buckets.addRun(this.#unsummed(series, tier, first, end))
    if (from < first) buckets.addRun(this.#run(series, from, first))
    if (to > end) buckets.addRun(this.#run(series, end, to))
  }

  /** All that is known of [from, to), in the order of time. */
  #run(series: number, from: number, to: number): Run {
    const run = new Run()
    this.#addChunks(run, series, from, to)
    this.#addLog(run, series, from, to)
    return run.ordered()
  }

  /** What no rollup of this tier holds. */
  #unsummed(series: number, tier: number, from: number, to: number): Run {
    const run = new Run()
    const levels = [FRESH, tier === MINUTES ? MERGED : FRESH] as const
    for (const { level, body } of this.#inTime(this.#chunks.overlapping(groupOf(series), from, to - 1, levels))) {
      const chunk = Chunk.tryReading(body)
      const entry = chunk?.entryOf(series)
      if (chunk && entry && !(level === MERGED && isSummed(tier, entry))) addEntry(run, chunk, series, from, to)
    }
    this.#addLog(run, series, from, to)
    const ordered = run.ordered()
    return ordered.length === 0 ? ordered : without(ordered, this.#chunks.knownTimes(series, ordered, tier))
  }

  #addChunks(run: Run, series: number, from: number, to: number): void {
    for (const { body } of this.#inTime(this.#chunks.overlapping(groupOf(series), from, to - 1)))
      addEntry(run, Chunk.tryReading(body), series, from, to)
  }

  /** The end of the log, which is not sealed yet. */
  #addLog(run: Run, series: number, from: number, to: number): void {
    run.pushFrom(this.#logged(series), from, to)
  }

  #logged(series: number): Run {
    return this.#tail.runOf(series, (rows) => this.#inTime(rows))
  }

  /** The writer goes on meanwhile: all that is read here is of one moment. */
  #atOnce<T>(read: () => T): T {
    this.#endsAt = this.#now() + LONGEST_READ_MS
    this.#db.exec('begin')
    try {
      return read()
    } finally {
      this.#db.exec('commit')
    }
  }

  *#inTime<T>(rows: Iterable<T>): Iterable<T> {
    for (const row of rows) {
      if (this.#now() > this.#endsAt) throw new Fault('too_large')
      yield row
    }
  }
}

function addEntry(run: Run, chunk: Chunk | null, series: number, from: number, to: number): void {
  const entry = chunk?.entryOf(series)
  if (!chunk || !entry || entry.to < from || entry.from >= to) return
  const isWithin = entry.from >= from && entry.to < to
  if (isWithin) chunk.read(entry, (bytes) => decodeRun(bytes, run))
  else run.pushFrom(chunk.read(entry, decodeRun), from, to)
}
