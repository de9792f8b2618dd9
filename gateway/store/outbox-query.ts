import type { DatabaseSync } from 'node:sqlite'
import type { OutboxDocument } from './documents.ts'

/** Of one channel: what waits, since when the oldest of it, what is with the provider, what failed lately. Site time. */
export type OutboxCount = Readonly<{
  channel: string
  waiting: number
  oldestAt: number | null
  accepted: number
  undelivered: number
}>

/** A message that nobody got, and why. */
export type DeadLetter = Readonly<{
  id: string
  channel: string
  reason: string | null
  failedAt: number
  doc: OutboxDocument
}>
export type MessageRow = DeadLetter & Readonly<{ state: string; round: number; ref: string | null }>

/**
 * Nobody to write to, a number that is none and a telephone that is off are no fault of a channel, and nothing to mend
 * there: somebody goes to that home, and the notice's ledger says so.
 */
const OF_THE_HOME = "'no_address', 'bad_number', 'not_delivered'"
const IS_DEAD = `state = 'failed' and settled_at > ? and coalesce(reason, '') not in (${OF_THE_HOME})`
const LETTER = 'id, channel, state, reason, round, ref, settled_at as failedAt, doc'

export function outboxCounts(db: DatabaseSync, failedSince: number): OutboxCount[] {
  const rows = db
    .prepare(
      `select channel, sum(state = 'queued') as waiting, min(iif(state = 'queued', queued_at, null)) as oldestAt,
       sum(state = 'accepted') as accepted, sum(${IS_DEAD}) as undelivered
       from outbox where state in ('queued', 'accepted', 'failed') group by channel order by channel`,
    )
    .all(failedSince)
  return rows.map((row) => ({ ...row })) as unknown as OutboxCount[]
}

/** Dead letters, the newest first. */
export function deadLetters(db: DatabaseSync, failedSince: number, limit: number): DeadLetter[] {
  const rows = db
    .prepare(`select ${LETTER} from outbox where ${IS_DEAD} order by settled_at desc, id limit ?`)
    .all(failedSince, limit) as unknown as (Omit<DeadLetter, 'doc'> & { doc: string })[]
  return rows.map((row) => ({ ...row, doc: JSON.parse(row.doc) as OutboxDocument }))
}

export function messageRow(db: DatabaseSync, id: string): MessageRow | null {
  const row = db.prepare(`select ${LETTER} from outbox where id = ?`).get(id) as
    | (Omit<MessageRow, 'doc'> & { doc: string })
    | undefined
  return row ? { ...row, doc: JSON.parse(row.doc) as OutboxDocument } : null
}
