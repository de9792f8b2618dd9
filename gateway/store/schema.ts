import { DatabaseSync } from 'node:sqlite'
import { Fault } from '#devices/fault.ts'

/** The log of whole batches, in the order in which they were judged. First of the two files to be durable. */
const READINGS = `
  create table if not exists batches (id integer primary key, source text not null, received_at integer not null, key text, body text not null) strict;
  create index if not exists batches_with_key on batches (id) where key is not null;
  create index if not exists batches_by_time on batches (received_at);
  create table if not exists cursors (target text primary key, batch integer not null) strict;
  create table if not exists quarantine (id integer primary key, at integer not null, origin text not null, reason text not null, body text not null) strict;
`

/** The truth for decisions; all but \`events\` can be made again from it. Second of the two files to be durable. */
const JOURNAL = `
  create table if not exists events (seq integer primary key, at integer not null, type text not null, body text not null, hash blob not null) strict;
  create table if not exists meta (key text primary key, value text not null) strict;
  create table if not exists snapshots (seq integer primary key, body text not null) strict;
  create table if not exists keyframes (batch integer primary key, plan text not null, body text not null) strict;
  create table if not exists answers (id text primary key, fingerprint text not null, at integer not null, body text not null) strict;
  create index if not exists answers_by_time on answers (at);
`

export const PROJECTIONS_VERSION = 2
export const PROJECTIONS = `
  create table if not exists alarms (id text primary key, seq integer not null, open integer not null, doc text not null) strict;
  create table if not exists orders (id text primary key, seq integer not null, open integer not null, doc text not null) strict;
  create table if not exists notices (id text primary key, seq integer not null, open integer not null, doc text not null) strict;
  create index if not exists alarms_by_seq on alarms (open, seq);
  create index if not exists orders_by_seq on orders (open, seq);
  create index if not exists notices_by_seq on notices (open, seq);
  create table if not exists outbox (id text primary key, seq integer not null, channel text not null, state text not null, attempts integer not null, next_at integer not null, doc text not null) strict;
  create index if not exists outbox_waiting on outbox (state, next_at);
`

/** Raised with every change of shape; an older program refuses a newer file, with words. */
export const STORE_VERSION = 1

export type StoreFile = 'readings.db' | 'journal.db'
export const STORE_FILES: readonly StoreFile[] = ['readings.db', 'journal.db']

/** Opens one of the two files for writing, and refuses to go on with less safety than was promised. */
export function openForWriting(path: string, file: StoreFile): DatabaseSync {
  const db = new DatabaseSync(path)
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000; pragma foreign_keys = on')
  assertDurable(db)
  const { user_version: version } = db.prepare('pragma user_version').get() as { user_version: number }
  if (version > STORE_VERSION) throw new Fault('store_newer', { version })
  const checked = db.prepare('pragma quick_check(1)').get() as { quick_check: string }
  if (checked.quick_check !== 'ok') throw new Fault('store_corrupt', { detail: `${file}: ${checked.quick_check}` })
  db.exec(
    `begin; ${file === 'readings.db' ? READINGS : JOURNAL + PROJECTIONS} pragma user_version = ${STORE_VERSION}; commit`,
  )
  return db
}

/** F02: with less than FULL a power cut could take back what was acknowledged. */
export function assertDurable(db: DatabaseSync): void {
  const { synchronous } = db.prepare('pragma synchronous').get() as { synchronous: number }
  if (synchronous !== 2) throw new Fault('store_corrupt', { detail: `synchronous is ${synchronous}, must be 2 (FULL)` })
}

export function openForReading(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true })
  db.exec('pragma busy_timeout = 5000; pragma query_only = on')
  return db
}

/** Runs `work` in one transaction: all of it, or nothing. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('begin immediate')
  try {
    const result = work()
    db.exec('commit')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}
