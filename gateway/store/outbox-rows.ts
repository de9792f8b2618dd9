import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { EventOf } from '#rules/event.ts'
import type { OutboxDocument } from './documents.ts'

export type NewMessage = Readonly<{ id: string; seq: number; channel: string; doc: OutboxDocument }>

/**
 * What the journal says of messages, as rows that wait to be sent. `failed` are the dead letters; `rerouted` failed here
 * and go by another channel.
 */
export class OutboxRows {
  readonly #insert: StatementSync
  readonly #settle: StatementSync
  readonly #docOf: StatementSync
  readonly #requeue: StatementSync
  readonly #move: StatementSync

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      `insert or ignore into outbox (id, seq, channel, notice, contact, state, attempts, queued_at, next_at, doc)
       values (?, ?, ?, ?, ?, 'queued', 0, ?, ?, ?)`,
    )
    this.#settle = db.prepare(
      `update outbox set state = ?, reason = ?, ref = coalesce(?, ref), settled_at = ?, attempts = 0, next_at = ?
       where id = ?`,
    )
    this.#docOf = db.prepare('select doc from outbox where id = ?')
    this.#requeue = db.prepare(
      `update outbox set state = 'queued', reason = null, ref = null, settled_at = null, attempts = 0, doubtful = 0,
       round = round + 1, queued_at = ?, next_at = ? where id = ? and state = 'failed'`,
    )
    this.#move = db.prepare(
      "update outbox set next_at = max(?, next_at - ?) where state = 'queued' and attempts = 0 and next_at > ?",
    )
  }

  queue({ id, seq, channel, doc }: NewMessage, queuedAt = doc.at): void {
    const { notice, contact = '' } = doc
    this.#insert.run(id, seq, channel, notice, contact, queuedAt, queuedAt, JSON.stringify(doc))
  }

  /** The message that takes its place on another channel, if there is one. */
  settle(event: EventOf<'message.settled'>): { id: string; channel: string } | null {
    const { message, result, next, reason = null, ref = null, seq, at, notice } = event
    const state = result === 'failed' && next !== undefined ? 'rerouted' : result
    this.#settle.run(state, reason, ref, at, at, message)
    if (next === undefined) return null
    const row = this.#docOf.get(message) as { doc: string } | undefined
    if (!row) return null
    const id = `${notice}-${seq}-${next}`
    this.queue({ id, seq, channel: next, doc: JSON.parse(row.doc) as OutboxDocument }, at)
    return { id, channel: next }
  }

  /** What waits for a morning waits for that of the wall. A pause after an attempt is a length of time, and stays. */
  wallStepped({ at, byMs }: EventOf<'clock.stepped'>): void {
    this.#move.run(at, byMs, at)
  }

  requeue({ message, at }: EventOf<'message.requeued'>): void {
    this.#requeue.run(at, at, message)
  }
}
