import type { DatabaseSync } from 'node:sqlite'
import type { OutboxDocument } from './documents.ts'

/** A message in the outbox, as its channel's sender takes it. */
export type OutboxRow = Readonly<{ id: string; channel: string; attempts: number; nextAt: number; doc: OutboxDocument }>

/** No earlier message of the same notice still waits for the same channel. */
const UNPRECEDED = `not exists (select 1 from outbox as earlier where earlier.state = 'queued' and earlier.channel = own.channel
  and earlier.seq < own.seq and earlier.doc ->> 'notice' = own.doc ->> 'notice')`

/** What waits to be sent. Read by the writer's thread, not the query thread, where a chart may take long. */
export class OutboxTable {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /**
   * Messages of one channel whose time has come, oldest first. One that follows another of the same notice waits for
   * it: nobody must hear of the end before the beginning.
   */
  waiting(channel: string, now: number, limit: number): OutboxRow[] {
    const rows = this.#db
      .prepare(
        `select id, channel, attempts, next_at as nextAt, doc from outbox as own
         where state = 'queued' and channel = ? and next_at <= ? and ${UNPRECEDED} order by seq limit ?`,
      )
      .all(channel, now, limit) as { id: string; channel: string; attempts: number; nextAt: number; doc: string }[]
    return rows.map((row) => ({ ...row, doc: JSON.parse(row.doc) as OutboxDocument }))
  }

  /** Of those that wait for nothing but their time. */
  nextAt(channel: string): number | null {
    const row = this.#db
      .prepare(`select min(next_at) as at from outbox as own where state = 'queued' and channel = ? and ${UNPRECEDED}`)
      .get(channel)
    return (row as { at: number | null }).at
  }

  /** Channels that have something queued; one of them may no longer be configured. */
  channels(): string[] {
    const rows = this.#db.prepare("select distinct channel from outbox where state = 'queued'").all() as {
      channel: string
    }[]
    return rows.map((row) => row.channel)
  }

  /** The outbox notes an attempt; the final outcome comes by an event. */
  noteAttempt(id: string, attempts: number, nextAt: number): void {
    this.#db.prepare('update outbox set attempts = ?, next_at = ? where id = ?').run(attempts, nextAt, id)
  }
}
