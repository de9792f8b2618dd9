import type { DatabaseSync } from 'node:sqlite'
import { sealedUpto } from '../reading-log.ts'
import { inTransaction } from '../schema.ts'
import type { HistoryPolicy } from './policy.ts'

const ROWS = 2_000

type LogRow = Readonly<{ id: number; received_at: number }>

/**
 * Lets go of batches that are sealed, older than the policy asks for, and no longer needed to rebuild the core
 * (`neededFrom`). Where a cursor stands within a segment, the rest of that segment stays in the log: it is read from here.
 */
export function* trimLog(db: DatabaseSync, now: number, neededFrom: number, policy: HistoryPolicy): Generator<void> {
  const upto = Math.min(sealedUpto(db), neededFrom)
  const kept = db
    .prepare(
      `select cursors.batch as after, segments.last_batch as upto from cursors join segments
       on cursors.batch >= segments.id and cursors.batch < segments.last_batch`,
    )
    .all() as { after: number; upto: number }[]
  const next = db.prepare('select id, received_at from log where id > ? and id <= ? order by id limit ?')
  const remove = db.prepare('delete from log where id = ?')
  const isKept = (id: number) => kept.some((range) => id > range.after && id <= range.upto)
  for (let last = 0; ;) {
    const old: number[] = []
    for (const { id, received_at: receivedAt } of next.iterate(last, upto, ROWS) as Iterable<LogRow>) {
      // The log is in the order of receipt: behind the first that is young enough, all are.
      if (receivedAt >= now - policy.logKeptMs) break
      old.push(id)
    }
    last = old.at(-1) ?? last
    const gone = old.filter((id) => !isKept(id))
    if (gone.length > 0) inTransaction(db, () => gone.forEach((id) => remove.run(id)))
    if (old.length < ROWS) break
    yield
  }
  db.prepare('delete from keys where batch <= (select batch from keys order by batch desc limit 1 offset ?)').run(
    policy.keysKept,
  )
  db.prepare('delete from quarantine where id <= (select id from quarantine order by id desc limit 1 offset ?)').run(
    policy.quarantineKept,
  )
}

/** Lets go of what is older than the policy keeps it, by source time. */
export function* expire(db: DatabaseSync, now: number, policy: HistoryPolicy): Generator<void> {
  const readingsFrom = now - policy.readingsKeptMs
  const chunks = db.prepare('delete from chunks where id in (select id from chunks where to_at < ? limit 100)')
  while (chunks.run(readingsFrom).changes > 0) yield
  db.prepare(
    'delete from segments where to_received < ? and not exists (select 1 from chunks where chunks.segment = segments.id)',
  ).run(readingsFrom)
  const rollups = db.prepare(
    'delete from rollups where id in (select id from rollups where tier = ? and to_at < ? limit 100)',
  )
  for (const [tier, keptMs] of policy.rollupsKeptMs.entries()) while (rollups.run(tier, now - keptMs).changes > 0) yield
}
