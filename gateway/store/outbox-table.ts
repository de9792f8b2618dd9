import type { DatabaseSync } from 'node:sqlite'
import type { OutboxDocument } from './documents.ts'

/** A message in the outbox, as its channel's sender takes it. */
export type OutboxRow = Readonly<{
  id: string
  channel: string
  /** `accepted`: with the provider, whose receipt is waited for. */
  state: 'queued' | 'accepted'
  attempts: number
  /** It went out once without an answer. */
  isDoubtful: boolean
  /** How often a person had it tried again. */
  round: number
  /** Since when it waits, or since when its receipt is waited for; site time. */
  since: number
  nextAt: number
  ref: string | null
  /** What became of the messages before it, of the same notice to the same people on the same channel. */
  earlier: readonly string[]
  doc: OutboxDocument
}>

type Stored = Omit<OutboxRow, 'doc' | 'earlier' | 'isDoubtful'> & {
  doc: string
  earlier: string | null
  doubtful: number
}

const OF_THREAD = 'earlier.notice = own.notice and earlier.channel = own.channel and earlier.contact = own.contact'
/** No earlier message of the same notice to the same people still waits for the same channel. */
const UNPRECEDED = `not exists (select 1 from outbox as earlier where ${OF_THREAD} and earlier.state = 'queued'
  and earlier.seq < own.seq)`
const COLUMNS = `id, channel, state, attempts, doubtful, round, coalesce(settled_at, queued_at) as since, next_at as nextAt, ref, doc,
  (select group_concat(distinct earlier.state) from outbox as earlier where ${OF_THREAD} and earlier.seq < own.seq) as earlier`
/** No provider counts over a longer time than a day. */
const SENDS_KEPT_MS = 26 * 3_600_000

/** What waits to be sent. Read by the writer's thread, not the query thread, where a chart may take long. */
export class OutboxTable {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /**
   * Messages of one channel whose time has come, oldest first. One that follows another of the same notice to the same
   * people waits for it: nobody must hear of the end before the beginning.
   */
  waiting(channel: string, now: number, limit: number): OutboxRow[] {
    return this.#rows(
      `select ${COLUMNS} from outbox as own where state = 'queued' and channel = ? and next_at <= ? and ${UNPRECEDED}
       order by seq, id limit ?`,
      channel,
      now,
      limit,
    )
  }

  /** Messages with the provider whose receipt is to be asked for. */
  unconfirmed(channel: string, now: number, limit: number): OutboxRow[] {
    return this.#rows(
      `select ${COLUMNS} from outbox as own where state = 'accepted' and channel = ? and next_at <= ?
       order by next_at limit ?`,
      channel,
      now,
      limit,
    )
  }

  /** When the next message has its time, of those that wait for nothing else. */
  nextAt(channel: string): number | null {
    const row = this.#db
      .prepare(
        `select next_at as at from outbox as own where state = 'queued' and channel = ? and ${UNPRECEDED}
         order by next_at limit 1`,
      )
      .get(channel) as { at: number } | undefined
    return row?.at ?? null
  }

  /** When the next receipt is to be asked for. */
  nextReceiptAt(channel: string): number | null {
    const row = this.#db
      .prepare("select min(next_at) as at from outbox where state = 'accepted' and channel = ?")
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
  noteAttempt(id: string, attempts: number, nextAt: number, isDoubtful = false): void {
    this.#db
      .prepare('update outbox set attempts = ?, next_at = ?, doubtful = max(doubtful, ?) where id = ?')
      .run(attempts, nextAt, isDoubtful ? 1 : 0, id)
  }

  /** Something is about to be sent on these accounts: noted before it is, so that no restart forgets it. */
  noteSend(accounts: readonly string[], at: number): void {
    const insert = this.#db.prepare('insert into sends (account, at) values (?, ?)')
    for (const account of accounts) {
      this.#db.prepare('delete from sends where account = ? and at < ?').run(account, at - SENDS_KEPT_MS)
      insert.run(account, at)
    }
  }

  /** When something was sent on an account, after `since` and at most so many, oldest first. */
  sendsOf(account: string, since: number, most: number): number[] {
    const rows = this.#db
      .prepare('select at from sends where account = ? and at > ? order by at desc limit ?')
      .all(account, since, most) as { at: number }[]
    return rows.map(({ at }) => at).toReversed()
  }

  #rows(sql: string, ...values: (string | number)[]): OutboxRow[] {
    const rows = this.#db.prepare(sql).all(...values) as unknown as Stored[]
    return rows.map(({ doc, earlier, doubtful, ...row }) => ({
      ...row,
      isDoubtful: doubtful === 1,
      earlier: earlier === null ? [] : earlier.split(','),
      doc: JSON.parse(doc) as OutboxDocument,
    }))
  }
}
