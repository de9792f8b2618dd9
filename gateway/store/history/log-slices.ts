import type { DatabaseSync } from 'node:sqlite'
import type { LinePoint } from '../../historian/batch-lines.ts'
import { countOf, eachReading } from '../batch-codec.ts'
import { newestBatch, type Position, sealedUpto } from '../reading-log.ts'
import type { SeriesNames } from '../series-names.ts'
import { Chunk } from './chunk.ts'
import { decodeRun } from './columns.ts'
import { isTimed, qualityOf, type Run } from './run.ts'

/** Readings after a position. `next` is the position after them, `at` the site time at which the newest came. */
export type PointSlice = Readonly<{
  points: readonly LinePoint[]
  next: Position
  at: number
  readings: number
  /** Those that have a value, but no time that can be believed: they are not among the points. */
  undated: number
}>

type LogRow = Readonly<{ id: number; received_at: number; body: Uint8Array }>
type SegmentRow = Readonly<{ id: number; last_batch: number; to_received: number }>
type Entry = Readonly<{ series: number; at: number; value: Run['values'][number]; flags: number }>

const ROWS = 500

/**
 * The log from a position on, for those who copy it elsewhere: what still stands in the log batch by batch, what was
 * sealed chunk by chunk, each in the order of time. A position within a segment counts its readings in that order.
 */
export class LogSlices {
  readonly #db: DatabaseSync
  readonly #names: () => SeriesNames
  /** The chunk read last: the next slice is likely of it. */
  #unpacked: { id: number; entries: readonly Entry[] } | null = null

  constructor(db: DatabaseSync, names: () => SeriesNames) {
    this.#db = db
    this.#names = names
  }

  /** About `limit` readings at most, whole batches where they stand in the log; null at the end. */
  after(position: Position, limit: number): PointSlice | null {
    const rows = position.offset === 0 ? this.#batches(position.batch, limit) : []
    if (rows[0]?.id === position.batch + 1) return this.#ofLog(rows, limit)
    const segment = this.#segmentWith(position.batch + 1)
    if (segment) return this.#ofSegment(segment, segment.id === position.batch + 1 ? position.offset : 0, limit)
    const first = this.#firstAfter(position.batch)
    // What lay between was let go.
    return first === null ? null : this.after({ batch: first - 1, offset: 0 }, limit)
  }

  /** The end of the log, and how many readings lie between a position and it. */
  end(position: Position): Readonly<{ batch: number; at: number; points: number }> {
    const batch = newestBatch(this.#db)
    const row = this.#db
      .prepare(
        'select coalesce((select received_at from log where id = ?), (select max(to_received) from segments)) as at',
      )
      .get(batch) as { at: number | null }
    return { batch, at: row.at ?? 0, points: this.#countAfter(position) }
  }

  /** The position from which on everything came at `at` or later, and how many readings lie before it. */
  skipTo(from: Position, at: number): Readonly<{ position: Position; dropped: number }> {
    let [position, dropped] = [from, 0]
    const segments = this.#db
      .prepare('select last_batch, points from segments where last_batch > ? and to_received < ? order by id')
      .all(from.batch, at) as { last_batch: number; points: number }[]
    for (const { last_batch: batch, points } of segments) {
      dropped += points - position.offset
      position = { batch, offset: 0 }
    }
    const old = this.#db
      .prepare('select id, body from log where id > ? and received_at < ? order by id')
      .iterate(position.batch, at) as Iterable<{ id: number; body: Uint8Array }>
    for (const { id, body } of old) {
      dropped += countOf(body)
      position = { batch: id, offset: 0 }
    }
    return { position, dropped }
  }

  #countAfter({ batch, offset }: Position): number {
    const { points } = this.#db
      .prepare('select coalesce(sum(points), 0) as points from segments where last_batch > ?')
      .get(batch) as { points: number }
    const rows = this.#db.prepare('select body from log where id > ?').iterate(Math.max(batch, sealedUpto(this.#db)))
    let logged = 0
    for (const { body } of rows as Iterable<{ body: Uint8Array }>) logged += countOf(body)
    return points - offset + logged
  }

  #batches(after: number, limit: number): LogRow[] {
    return this.#db
      .prepare('select id, received_at, body from log where id > ? order by id limit ?')
      .all(after, Math.min(limit, ROWS)) as LogRow[]
  }

  #ofLog(rows: readonly LogRow[], limit: number): PointSlice {
    const names = this.#names()
    const points: LinePoint[] = []
    let [readings, undated, next, receivedAt] = [0, 0, rows[0]!.id - 1, 0]
    for (const { id, received_at: came, body } of rows) {
      // Rows that were let go leave a hole: what was in it is read from its segment.
      if (readings >= limit || id !== next + 1) break
      eachReading(body, came, (series, at, value, flags) => {
        readings++
        const point = pointOf(names, { series, at, value, flags })
        if (point) points.push(point)
        else if (value !== null) undated++
      })
      next = id
      receivedAt = came
    }
    return { points, next: { batch: next, offset: 0 }, at: receivedAt, readings, undated }
  }

  #segmentWith(batch: number): SegmentRow | undefined {
    return this.#db
      .prepare(
        'select id, last_batch, to_received from segments where id <= ? and last_batch >= ? order by id desc limit 1',
      )
      .get(batch, batch) as SegmentRow | undefined
  }

  #firstAfter(batch: number): number | null {
    const { id } = this.#db
      .prepare(
        'select min(id) as id from (select min(id) as id from segments where id > ? union all select min(id) from log where id > ?)',
      )
      .get(batch, batch) as { id: number | null }
    return id
  }

  #ofSegment({ id, last_batch: last, to_received: at }: SegmentRow, offset: number, limit: number): PointSlice {
    const chunks = this.#db.prepare('select id, points from chunks where segment = ? order by grp, id').all(id) as {
      id: number
      points: number
    }[]
    let before = 0
    for (const [index, chunk] of chunks.entries()) {
      if (before + chunk.points <= offset) {
        before += chunk.points
        continue
      }
      const entries = this.#entriesOf(chunk.id).slice(offset - before, offset - before + limit)
      // A damaged chunk has none: it is passed over.
      const done = entries.length > 0 ? offset + entries.length : before + chunk.points
      const isEnd = index === chunks.length - 1 && done >= before + chunk.points
      const next = isEnd ? { batch: last, offset: 0 } : { batch: id - 1, offset: done }
      const points = this.#pointsOf(entries)
      const undated = entries.filter(({ value }) => value !== null).length - points.length
      return { points, next, at, readings: entries.length, undated }
    }
    return { points: [], next: { batch: last, offset: 0 }, at, readings: 0, undated: 0 }
  }

  #entriesOf(id: number): readonly Entry[] {
    if (this.#unpacked?.id === id) return this.#unpacked.entries
    const { body } = this.#db.prepare('select body from chunks where id = ?').get(id) as { body: Uint8Array }
    const chunk = Chunk.tryReading(body)
    const entries: Entry[] = []
    for (const entry of chunk?.entries ?? []) {
      const run = chunk!.read(entry, decodeRun)
      const { times, flags } = run
      for (const [index, at] of times.entries())
        entries.push({ series: entry.series, at, value: run.valueAt(index), flags: flags[index]! })
    }
    this.#unpacked = { id, entries: entries.toSorted((a, b) => a.at - b.at || a.series - b.series) }
    return this.#unpacked.entries
  }

  #pointsOf(entries: readonly Entry[]): LinePoint[] {
    const names = this.#names()
    return entries.flatMap((entry) => pointOf(names, entry) ?? [])
  }
}

/** Without a value there is nothing to write, without a time no place to write it to (F17). */
export function pointOf(names: SeriesNames, { series, at, value, flags }: Entry): LinePoint | null {
  if (value === null || !isTimed(flags)) return null
  const { device, point } = names.nameOf(series)
  return { device, point, at, value, quality: qualityOf(flags) }
}
