import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Reading } from '#devices/reading.ts'
import type { Event } from '#rules/event.ts'
import { type DeviceSeries, lineWriter } from '../historian/batch-lines.ts'
import type { Position } from './reading-log.ts'
import { type AlarmHealth, alarmHealth, type Standing, type Told } from '#rules/alarms/health.ts'
import { countMonth, type MonthAsked, type MonthCount } from './month-query.ts'
import type { MonthDocument } from './month-rows.ts'
import type { PageDocument } from './paging-rows.ts'
import type { CaseDocument, HandoverDocument } from './supervision-rows.ts'
import type { AlarmDocument, NoticeDocument, OrderDocument, SilenceDocument } from './documents.ts'
import type { Bucket, SeriesRange } from './history/buckets.ts'
import { History } from './history/history.ts'
import { LogSlices } from './history/log-slices.ts'
import { pack, type Packing, type Parcel } from './history/packing.ts'
import type { PackedRun } from './history/run.ts'
import { Scratch } from './history/scratch.ts'
import { type HomeReach, type ReachLedger, ReachQuery } from './reach-query.ts'
import type { ReachLine, TaskRow, Unaddressed } from './reach-rows.ts'
import {
  type DeadLetter,
  deadLetters,
  messageRow,
  type MessageRow,
  outboxCounts,
  type OutboxCount,
} from './outbox-query.ts'
import { newestBatch } from './reading-log.ts'
import { openForReading, walBytesOf } from './schema.ts'
import type { SeriesName } from './series-names.ts'

export type Page<T> = Readonly<{ items: readonly T[]; next: number | null }>
/** `before` is the `next` of the page before; open rows only, or ended rows only, or both. */
export type ListQuery = Readonly<{
  state?: 'open' | 'ended' | undefined
  before?: number | undefined
  limit: number
  /** Of alarms: the state as shown, … */
  is?: string | undefined
  priority?: string | undefined
  asset?: string | undefined
  /** … kept silent or not, and by which alarm. */
  silent?: boolean | undefined
  root?: string | undefined
  /** Of orders. */
  assignee?: string | undefined
  home?: string | undefined
  /** Of silences. */
  kind?: string | undefined
  /** Of pages: what they are about. */
  subject?: string | undefined
}>
/** `walBytes` is what both files have written ahead of themselves: much of it tells of a reader that holds them up. */
export type StoreSize = Readonly<{
  batches: number
  events: number
  readingsBytes: number
  journalBytes: number
  walBytes: number
}>
/** `at` is the site time at which the newest of them came, `points` how many readings the lines stand for. */
export type LineSlice = Readonly<{ lines: string[]; next: Position; at: number; points: number; undated: number }>
type Documents = {
  alarms: AlarmDocument
  orders: OrderDocument
  notices: NoticeDocument
  silences: SilenceDocument
  pages: PageDocument
  cases: CaseDocument
  handovers: HandoverDocument
  months: MonthDocument
}

/** Everything that is read, on connections that cannot write. Lives in the query worker. */
export class Queries {
  readonly #folder: string
  readonly #readings: DatabaseSync
  readonly #journal: DatabaseSync
  readonly #history: History
  readonly #slices: LogSlices
  readonly #scratch = new Scratch()
  readonly #reach: ReachQuery
  #linesOf = lineWriter('', new Map())

  constructor(folder: string) {
    this.#folder = folder
    this.#readings = openForReading(join(folder, 'readings.db'))
    this.#journal = openForReading(join(folder, 'journal.db'))
    this.#history = new History(this.#readings)
    this.#slices = new LogSlices(this.#readings, () => this.#history.names)
    this.#reach = new ReachQuery(this.#journal)
  }

  list<T extends keyof Documents>(table: T, query: ListQuery): Page<Documents[T]> {
    const { state, before, limit } = query
    const isOpen = state === 'open' ? 'open = 1' : state === 'ended' ? 'open = 0' : 'open in (0, 1)'
    const wanted = WANTED.filter(([key]) => query[key] !== undefined)
    const where = [isOpen, 'seq < ?', ...wanted.map(([, sql]) => sql)].join(' and ')
    const values = wanted.map(([key]) => (query[key] === true ? 1 : query[key] === false ? 0 : query[key]!))
    const rows = this.#journal
      .prepare(`select seq, doc from ${tableName(table)} where ${where} order by seq desc limit ?`)
      .all(before ?? Number.MAX_SAFE_INTEGER, ...values, limit + 1) as { seq: number; doc: string }[]
    const items = rows.slice(0, limit)
    return {
      items: items.map((row) => JSON.parse(row.doc) as Documents[T]),
      next: rows.length > limit ? items.at(-1)!.seq : null,
    }
  }

  /** What happened to one alarm, oldest first. */
  eventsOfAlarm(alarm: string): Event[] {
    const rows = this.#journal
      .prepare(
        'select events.body from alarm_history join events on events.seq = alarm_history.seq where alarm_history.alarm = ? order by alarm_history.seq limit 1000',
      )
      .all(alarm) as { body: string }[]
    return rows.map((row) => JSON.parse(row.body) as Event)
  }

  /** Counted from what was told, a line each: a year of alarms is some ten thousand of them. */
  alarmHealth(period: Readonly<{ from: number; to: number; now: number; operators: number }>): AlarmHealth {
    const told = this.#journal
      .prepare('select at, kind, rule, asset, priority from alarm_log where at >= ? and at <= ? order by at')
      .iterate(period.from, period.to) as Iterable<Told>
    const standing = this.#journal
      .prepare(
        "select doc ->> '$.raisedAt' as raisedAt, doc ->> '$.clearedAt' is null as isActive, doc ->> '$.shown' as shown from alarms where open = 1",
      )
      .all() as (Omit<Standing, 'isActive'> & { isActive: number })[]
    const active = standing.map((alarm): Standing => ({ ...alarm, isActive: alarm.isActive === 1 }))
    return alarmHealth(told, active, period)
  }

  /** Counted from what became of the orders that were opened in the month. */
  month(asked: MonthAsked): MonthCount {
    return countMonth(this.#journal, asked)
  }

  get<T extends keyof Documents>(table: T, id: string): Documents[T] | null {
    const row = this.#journal.prepare(`select doc from ${tableName(table)} where id = ?`).get(id) as
      | { doc: string }
      | undefined
    return row ? (JSON.parse(row.doc) as Documents[T]) : null
  }

  unaddressed(): Unaddressed[] {
    return this.#reach.unaddressed()
  }

  reachOf(notice: string): ReachLedger {
    return this.#reach.ofNotice(notice)
  }

  reachOfHome(home: string, since: number): HomeReach {
    return this.#reach.ofHome(home, since)
  }

  reachOfContact(contact: string, since: number): ReachLine[] {
    return this.#reach.ofContact(contact, since)
  }

  reachTasks(state: 'open' | 'ended', limit: number): TaskRow[] {
    return this.#reach.tasks(state, limit)
  }

  eventsAfter(seq: number, limit: number): Event[] {
    const rows = this.#journal
      .prepare('select body from events where seq > ? order by seq limit ?')
      .all(seq, limit) as { body: string }[]
    return rows.map((row) => JSON.parse(row.body) as Event)
  }

  /** All readings of one point with source time in [from, to), oldest first. */
  readingsOf(device: string, point: string, from: number, to: number): Reading[] {
    return this.#history.readingsOf({ device, point }, from, to)
  }

  /** The same as columns, for another thread. */
  columnsOf(device: string, point: string, from: number, to: number): PackedRun {
    return this.#history.runOf({ device, point }, from, to).packed()
  }

  /** Source times between which something may be known of a point; null where nothing is. */
  extentOf(device: string, point: string): Readonly<{ from: number; to: number }> | null {
    return this.#history.extentOf({ device, point })
  }

  /** The same, summed up here: a chart of a month leaves this thread as its buckets. */
  /** When the point stood still and was not to be believed; `to` is null while it does. Touching `from`…`to`. */
  stuck(device: string, point: string, from: number, to: number): { from: number; to: number | null }[] {
    return this.#journal
      .prepare(
        'select from_at as "from", to_at as "to" from stuck where device = ? and point = ? and from_at < ? and (to_at is null or to_at > ?)',
      )
      .all(device, point, to, from) as { from: number; to: number | null }[]
  }

  series(device: string, point: string, range: SeriesRange): Bucket[] {
    return this.#history.series({ device, point }, range)
  }

  /** Every point that was ever logged. */
  seriesNames(): readonly SeriesName[] {
    return this.#history.names.all()
  }

  /** Who the devices are, for the lines of `linesAfter`. */
  describe(site: string, devices: ReadonlyMap<string, DeviceSeries>): void {
    this.#linesOf = lineWriter(site, devices)
  }

  /** What follows a position of the log, as line protocol; about `limit` readings at most, null at the end. */
  linesAfter(position: Position, limit: number): LineSlice | null {
    const slice = this.#slices.after(position, limit)
    if (!slice) return null
    const { points, next, at, readings, undated } = slice
    return { lines: this.#linesOf(points), next, at, points: readings, undated }
  }

  logEnd(position: Position): Readonly<{ batch: number; at: number; points: number }> {
    return this.#slices.end(position)
  }

  skipTo(from: Position, at: number): Readonly<{ position: Position; dropped: number }> {
    return this.#slices.skipTo(from, at)
  }

  /** A page of lines by source time; `after` is null to begin, the answer is null at the end. */
  linesOfRange(from: number, to: number, after: string | null): Readonly<{ lines: string[]; after: string }> | null {
    const page = this.#history.page(from, to, after)
    return page && { lines: this.#linesOf(page.points), after: page.after }
  }

  cursorOf(target: string): Position | null {
    const row = this.#readings.prepare('select batch, skip as offset from cursors where target = ?').get(target) as
      | Position
      | undefined
    return row ? { ...row } : null
  }

  /** Both logs are numbered without holes from 1 on: their ends tell how many there were, whatever their size. */
  counts(): StoreSize {
    const { events } = this.#journal
      .prepare('select coalesce(max(seq) - min(seq) + 1, 0) as events from events')
      .get() as { events: number }
    return {
      batches: newestBatch(this.#readings),
      events,
      readingsBytes: bytesOf(this.#readings),
      journalBytes: bytesOf(this.#journal),
      walBytes: walBytesOf(this.#folder),
    }
  }

  outboxCounts(failedSince: number): OutboxCount[] {
    return outboxCounts(this.#journal, failedSince)
  }

  undelivered(failedSince: number, limit: number): DeadLetter[] {
    return deadLetters(this.#journal, failedSince, limit)
  }

  messageRow(id: string): MessageRow | null {
    return messageRow(this.#journal, id)
  }

  /** Packs what the writer is to put down, in pieces: what is asked for meanwhile comes between two of them. */
  async pack(packing: Packing): Promise<Parcel | null> {
    const work = pack(this.#readings, packing, this.#scratch)
    for (;;) {
      const { done, value } = work.next()
      if (done) return value
      await nextTurn()
    }
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

/** What a list may be narrowed by: each takes one value. */
const WANTED = [
  ['is', "doc ->> '$.shown' = ?"],
  ['priority', "doc ->> '$.priority' = ?"],
  ['asset', "doc ->> '$.asset' = ?"],
  ['silent', "(doc ->> '$.silence' is not null) = ?"],
  ['root', "doc ->> '$.silence.root' = ?"],
  ['assignee', "doc ->> '$.assignee' = ?"],
  ['home', "doc ->> '$.home' = ?"],
  ['kind', "doc ->> '$.kind' = ?"],
  ['subject', 'subject = ?'],
] as const satisfies readonly (readonly [keyof ListQuery, string])[]

/** Identifiers come from a list, never from a caller. */
const TABLES: { readonly [T in keyof Documents]: T } = {
  alarms: 'alarms',
  orders: 'orders',
  notices: 'notices',
  silences: 'silences',
  pages: 'pages',
  cases: 'cases',
  handovers: 'handovers',
  months: 'months',
}

function tableName(table: keyof Documents): string {
  return TABLES[table]
}
