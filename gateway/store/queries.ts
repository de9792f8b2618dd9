import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Reading } from '#devices/reading.ts'
import type { Event } from '#rules/event.ts'
import { type BatchRow, decodeReadings } from './batch-codec.ts'
import type { AlarmDocument, NoticeDocument, OrderDocument } from './documents.ts'
import { openForReading } from './schema.ts'
import { type Bucket, bucketsOf, type SeriesRange } from './series.ts'

export type Page<T> = Readonly<{ items: readonly T[]; next: number | null }>
/** `before` is the `next` of the page before; open rows only, or ended rows only, or both. */
export type ListQuery = Readonly<{ state?: 'open' | 'ended' | undefined; before?: number | undefined; limit: number }>
export type StoreSize = Readonly<{ batches: number; events: number; readingsBytes: number; journalBytes: number }>
type Documents = { alarms: AlarmDocument; orders: OrderDocument; notices: NoticeDocument }

/** Everything that is read, on connections that cannot write. Lives in the query worker. */
export class Queries {
  readonly #readings: DatabaseSync
  readonly #journal: DatabaseSync

  constructor(folder: string) {
    this.#readings = openForReading(join(folder, 'readings.db'))
    this.#journal = openForReading(join(folder, 'journal.db'))
  }

  list<T extends keyof Documents>(table: T, { state, before, limit }: ListQuery): Page<Documents[T]> {
    const isOpen = state === 'open' ? 'open = 1' : state === 'ended' ? 'open = 0' : 'open in (0, 1)'
    const rows = this.#journal
      .prepare(`select seq, doc from ${tableName(table)} where ${isOpen} and seq < ? order by seq desc limit ?`)
      .all(before ?? Number.MAX_SAFE_INTEGER, limit + 1) as { seq: number; doc: string }[]
    const items = rows.slice(0, limit)
    return {
      items: items.map((row) => JSON.parse(row.doc) as Documents[T]),
      next: rows.length > limit ? items.at(-1)!.seq : null,
    }
  }

  get<T extends keyof Documents>(table: T, id: string): Documents[T] | null {
    const row = this.#journal.prepare(`select doc from ${tableName(table)} where id = ?`).get(id) as
      | { doc: string }
      | undefined
    return row ? (JSON.parse(row.doc) as Documents[T]) : null
  }

  eventsAfter(seq: number, limit: number): Event[] {
    const rows = this.#journal
      .prepare('select body from events where seq > ? order by seq limit ?')
      .all(seq, limit) as { body: string }[]
    return rows.map((row) => JSON.parse(row.body) as Event)
  }

  batchesAfter(id: number, limit: number): BatchRow[] {
    return this.#readings
      .prepare('select id, source, received_at, key, body from batches where id > ? order by id limit ?')
      .all(id, limit) as BatchRow[]
  }

  newestBatch(): number {
    return (this.#readings.prepare('select max(id) as id from batches').get() as { id: number | null }).id ?? 0
  }

  /** All readings of one point with source time in [from, to), oldest first. Scans the log of that time. */
  readingsOf(device: string, point: string, from: number, to: number): Reading[] {
    return [...this.#scan(device, point, from, to)].toSorted((a, b) => a.at - b.at)
  }

  /** The same, summed up here: a chart of a month leaves this thread as its buckets. */
  series(device: string, point: string, range: SeriesRange): Bucket[] {
    return bucketsOf(this.#scan(device, point, range.from, range.to), range)
  }

  *#scan(device: string, point: string, from: number, to: number): Generator<Reading> {
    // A backlog arrives after its time: what was received within a day of the range may belong to it.
    const rows = this.#readings
      .prepare('select body from batches where received_at >= ? and received_at < ? and instr(body, ?) > 0 order by id')
      .iterate(from, to + 86_400_000, `["${device}","${point}",`) as Iterable<{ body: string }>
    for (const { body } of rows) {
      for (const reading of decodeReadings(body)) {
        if (reading.device === device && reading.point === point && reading.at >= from && reading.at < to) yield reading
      }
    }
  }

  cursorOf(target: string): number {
    const row = this.#readings.prepare('select batch from cursors where target = ?').get(target) as
      | { batch: number }
      | undefined
    return row?.batch ?? 0
  }

  /** Both logs are numbered without holes: their ends tell how many there are, whatever their size. */
  counts(): StoreSize {
    const { events } = this.#journal
      .prepare('select coalesce(max(seq) - min(seq) + 1, 0) as events from events')
      .get() as { events: number }
    const { batches } = this.#readings
      .prepare('select coalesce(max(id) - min(id) + 1, 0) as batches from batches')
      .get() as { batches: number }
    return { batches, events, readingsBytes: bytesOf(this.#readings), journalBytes: bytesOf(this.#journal) }
  }

  close(): void {
    this.#readings.close()
    this.#journal.close()
  }
}

/** What the database needs: pages that still stand in the write-ahead file count, their older copies do not. */
function bytesOf(db: DatabaseSync): number {
  const { bytes } = db
    .prepare('select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()')
    .get() as { bytes: number }
  return bytes
}

/** Identifiers come from a list, never from a caller. */
function tableName(table: keyof Documents): string {
  return { alarms: 'alarms', orders: 'orders', notices: 'notices' }[table]
}
