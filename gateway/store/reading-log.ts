import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { batchOf, type BatchRow, encodeReadings } from './batch-codec.ts'
import { inTransaction } from './schema.ts'
import { SeriesNames, type SeriesRow } from './series-names.ts'

/** Where a reader of the log stands: it has done all of `batch`, and of what follows the first `offset` readings. */
export type Position = Readonly<{ batch: number; offset: number }>

/** The log of whole batches and what belongs to it, as its one writer sees it. */
export class ReadingLog {
  readonly #db: DatabaseSync
  readonly #insertBatch: StatementSync
  readonly #insertKey: StatementSync
  readonly #insertSeries: StatementSync
  readonly #after: StatementSync

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#insertBatch = db.prepare('insert into log (id, source, received_at, body) values (?, ?, ?, ?)')
    this.#insertKey = db.prepare('insert into keys (batch, key) values (?, ?)')
    this.#insertSeries = db.prepare('insert into series (id, device, point) values (?, ?, ?)')
    this.#after = db.prepare(
      'select id, source, received_at, key, body from log left join keys on keys.batch = log.id where id > ? order by id limit ?',
    )
  }

  append(batches: readonly BatchRow[], series: readonly SeriesRow[]): void {
    if (batches.length === 0) return
    inTransaction(this.#db, () => {
      this.addSeries(series)
      for (const { id, source, received_at: receivedAt, key, body } of batches) {
        this.#insertBatch.run(id, source, receivedAt, body)
        if (key !== null) this.#insertKey.run(id, key)
      }
    })
  }

  addSeries(series: readonly SeriesRow[]): void {
    for (const { id, device, point } of series) this.#insertSeries.run(id, device, point)
  }

  series(): SeriesRow[] {
    return this.#db.prepare('select id, device, point from series order by id').all() as SeriesRow[]
  }

  /** Those of the batches after `id` that still stand in the log as they came, at most `limit`, in order. */
  after(id: number, limit: number): BatchRow[] {
    return this.#after.all(id, limit) as BatchRow[]
  }

  /** Number of the newest batch ever; 0 in a new log. */
  newest(): number {
    return newestBatch(this.#db)
  }

  /** The next batch's number is higher than `batch`, whatever stands in the log. */
  goOnFrom(batch: number): void {
    if (this.newest() < batch) markSealed(this.#db, batch)
  }

  /**
   * F17: gives the readings that were logged after a batch without a believable time the time they were taken at. Once:
   * `by` is the event that says so. What is sealed already stays as it is. Of what the core is never fed again (up to
   * `settled`) the time of receipt follows, so that it is not taken for older than anybody wants it.
   */
  date({ after, byMs }: Readonly<{ after: number; byMs: number }>, by: number, settled: number): void {
    if (markOf(this.#db, 'dated') >= by) return
    const names = new SeriesNames(this.series())
    const rows = this.#db
      .prepare('select id, source, received_at, null as key, body from log where id > ? order by id')
      .all(Math.max(after, sealedUpto(this.#db))) as BatchRow[]
    const write = this.#db.prepare('update log set received_at = ?, body = ? where id = ?')
    inTransaction(this.#db, () => {
      for (const row of rows) {
        const readings = batchOf(row, names).readings.map(({ timeQuality, ...reading }) =>
          timeQuality === 'bad' ? { ...reading, at: reading.at + byMs } : reading,
        )
        const receivedAt = row.received_at + (row.id <= settled ? byMs : 0)
        write.run(receivedAt, encodeReadings(readings, receivedAt, names), row.id)
      }
      setMark(this.#db, 'dated', by)
    })
  }

  /** Site time at which the newest batch came; null in a new log. */
  newestAt(): number | null {
    const { sealed, logged } = this.#db
      .prepare(
        `select (select max(to_received) from segments) as sealed,
                (select received_at from log order by id desc limit 1) as logged`,
      )
      .get() as { sealed: number | null; logged: number | null }
    return sealed === null ? logged : Math.max(sealed, logged ?? 0)
  }

  /** Keys of the newest batches that carry one: what a re-sent message is recognised by. */
  recentKeys(limit: number): string[] {
    const rows = this.#db
      .prepare('select key from (select batch, key from keys order by batch desc limit ?) order by batch')
      .all(limit) as { key: string }[]
    return rows.map((row) => row.key)
  }

  saveCursor(target: string, { batch, offset }: Position): void {
    this.#db
      .prepare(
        `insert into cursors (target, batch, skip) values (?, ?, ?)
         on conflict (target) do update set batch = excluded.batch, skip = excluded.skip`,
      )
      .run(target, batch, offset)
  }

  /** Input that cannot be taken, kept with its reason. */
  quarantine(at: number, origin: string, reason: string, body: string): void {
    this.#db
      .prepare('insert into quarantine (at, origin, reason, body) values (?, ?, ?, ?)')
      .run(at, origin, reason, body)
  }
}

/** What stands in the log, or, where all of it was sealed and let go, the end of what was sealed. */
export function newestBatch(db: DatabaseSync): number {
  const row = db
    .prepare(
      "select max(coalesce((select max(id) from log), 0), coalesce((select value from marks where name = 'sealed'), 0)) as id",
    )
    .get() as { id: number }
  return row.id
}

export function markSealed(db: DatabaseSync, upto: number): void {
  setMark(db, 'sealed', upto)
}

export function sealedUpto(db: DatabaseSync): number {
  return markOf(db, 'sealed')
}

/** `sealed`: the last batch that stands in a segment. `dated`: the last event by which readings were dated. */
type Mark = 'sealed' | 'dated'

function setMark(db: DatabaseSync, name: Mark, value: number): void {
  db.prepare(
    'insert into marks (name, value) values (?, ?) on conflict (name) do update set value = excluded.value',
  ).run(name, value)
}

function markOf(db: DatabaseSync, name: Mark): number {
  const row = db.prepare('select value from marks where name = ?').get(name) as { value: number } | undefined
  return row?.value ?? 0
}
