import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '#devices/fault.ts'
import { MONTH_TABLE_NAMES, MONTH_TABLES } from './month-rows.ts'
import { REACH_TABLE_NAMES, REACH_TABLES } from './reach-rows.ts'
import { readingsFromVersion1 } from './version1.ts'

/**
 * First of the two files to be durable. `log` holds whole batches in the order in which they were judged. Stretches of
 * it are sealed into `segments`: the same readings by point, compressed, in `chunks` of neighbouring series, with
 * `rollups` over them. A segment's number is its first batch.
 */
const READINGS = `
  create table if not exists series (id integer primary key, device text not null, point text not null, unique (device, point)) strict;
  create table if not exists log (id integer primary key, source text not null, received_at integer not null, body blob not null) strict;
  create table if not exists keys (batch integer primary key, key text not null) strict;
  create table if not exists segments (id integer primary key, level integer not null, last_batch integer not null, from_received integer not null, to_received integer not null, points integer not null) strict;
  create table if not exists chunks (id integer primary key, segment integer not null, level integer not null, grp integer not null, from_at integer not null, to_at integer not null, points integer not null, body blob not null) strict;
  create index if not exists chunks_by_time on chunks (grp, to_at, from_at);
  create index if not exists chunks_by_segment on chunks (segment, grp);
  create table if not exists rollups (id integer primary key, tier integer not null, grp integer not null, from_at integer not null, to_at integer not null, body blob not null) strict;
  create index if not exists rollups_by_time on rollups (tier, grp, to_at, from_at);
  create table if not exists marks (name text primary key, value integer not null) strict;
  create table if not exists cursors (target text primary key, batch integer not null, skip integer not null default 0) strict;
  create table if not exists quarantine (id integer primary key, at integer not null, origin text not null, reason text not null, body text not null) strict;
`

/** The truth for decisions; all but `events` can be made again from it. Second of the two files to be durable. */
const JOURNAL = `
  create table if not exists events (seq integer primary key, at integer not null, type text not null, body text not null, hash blob not null) strict;
  create table if not exists meta (key text primary key, value text not null) strict;
  create table if not exists snapshots (seq integer primary key, body text not null) strict;
  create table if not exists keyframes (batch integer primary key, plan text not null, body text not null) strict;
  create table if not exists answers (id text primary key, fingerprint text not null, at integer not null, body text not null) strict;
  create index if not exists answers_by_time on answers (at);
  create table if not exists sends (account text not null, at integer not null) strict;
  create index if not exists sends_by_account on sends (account, at);
`

export const PROJECTIONS_VERSION = 11
export const PROJECTIONS = `
  create table if not exists alarms (id text primary key, seq integer not null, open integer not null, doc text not null) strict;
  create table if not exists orders (id text primary key, seq integer not null, open integer not null, doc text not null) strict;
  create table if not exists notices (id text primary key, seq integer not null, open integer not null, doc text not null) strict;
  create index if not exists alarms_by_seq on alarms (open, seq);
  create index if not exists orders_by_seq on orders (open, seq);
  create index if not exists notices_by_seq on notices (open, seq);
  create index if not exists orders_by_home on orders (doc ->> '$.home', seq);
  create index if not exists orders_by_assignee on orders (doc ->> '$.assignee', seq);
  create index if not exists orders_by_home on orders (doc ->> '$.home', seq);
  create table if not exists silences (id text primary key, seq integer not null, open integer not null, doc text not null) strict;
  create index if not exists silences_by_seq on silences (open, seq);
  create table if not exists alarm_history (alarm text not null, seq integer not null, primary key (alarm, seq)) strict, without rowid;
  create table if not exists alarm_log (seq integer primary key, at integer not null, kind text not null, alarm text, rule text not null, asset text not null, priority text not null) strict;
  create index if not exists alarm_log_by_time on alarm_log (at);
  create table if not exists stuck (rule text not null, device text not null, point text not null, from_at integer not null, to_at integer, primary key (rule, from_at)) strict, without rowid;
  create index if not exists stuck_by_point on stuck (device, point, from_at);
  create table if not exists cases (id text primary key, seq integer not null, open integer not null, doc text not null) strict;
  create index if not exists cases_by_seq on cases (open, seq);
  create table if not exists handovers (id text primary key, seq integer not null, open integer not null, doc text not null) strict;
  create index if not exists handovers_by_seq on handovers (open, seq);
  create table if not exists pages (id text primary key, seq integer not null, open integer not null, call text not null, subject text not null, doc text not null) strict;
  create index if not exists pages_by_subject on pages (subject, seq);
  create index if not exists pages_by_call on pages (call);
  create table if not exists letters (id text primary key, seq integer not null, road text not null, state text not null, attempts integer not null, next_at integer not null, doc text not null) strict;
  create index if not exists letters_waiting on letters (road, state, next_at);
  create table if not exists outbox (id text primary key, seq integer not null, channel text not null, notice text not null, contact text not null, state text not null, attempts integer not null, doubtful integer not null default 0, round integer not null default 0, queued_at integer not null, next_at integer not null, settled_at integer, reason text, ref text, doc text not null) strict;
  create index if not exists outbox_order on outbox (channel, state, seq);
  create index if not exists outbox_due on outbox (state, channel, next_at);
  create index if not exists outbox_thread on outbox (notice, channel, contact, seq);
  ${REACH_TABLES}
  ${MONTH_TABLES}
`

export const DROP_PROJECTIONS = [
  'alarms',
  'orders',
  'notices',
  'silences',
  'alarm_history',
  'alarm_log',
  'stuck',
  'cases',
  'handovers',
  // Of an older version.
  'score_log',
  'pages',
  'letters',
  'outbox',
  ...REACH_TABLE_NAMES,
  ...MONTH_TABLE_NAMES,
]
  .map((table) => `drop table if exists ${table};`)
  .join(' ')

/** Raised with every change of shape; an older program refuses a newer file, with words. */
export const STORE_VERSION = 3

export type StoreFile = 'readings.db' | 'journal.db'
export const STORE_FILES: readonly StoreFile[] = ['readings.db', 'journal.db']

/**
 * F07: so long another program may hold a file's lock before what waits to be written is refused. Only the writer's thread
 * waits; a connection goes on polling until so many of its batches wait as may, and nothing is lost.
 */
const WRITER_WAITS_MS = 30_000

/**
 * Opens one of the two files for writing, and refuses to go on with less safety than was promised. A file of an older
 * program is brought up to this one's shape in one transaction: killed half-way, it begins again.
 */
export function openForWriting(path: string, file: StoreFile, { isSuspect = false } = {}): DatabaseSync {
  const db = new DatabaseSync(path)
  try {
    return prepared(db, file, isSuspect)
  } catch (error) {
    db.close()
    throw error
  }
}

function prepared(db: DatabaseSync, file: StoreFile, isSuspect: boolean): DatabaseSync {
  // Before the first table, or never: what the history gives up can then go back to the disk.
  db.exec('pragma auto_vacuum = incremental')
  db.exec(
    `pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = ${WRITER_WAITS_MS}; pragma foreign_keys = on`,
  )
  assertDurable(db)
  const { user_version: version } = db.prepare('pragma user_version').get() as { user_version: number }
  if (version > STORE_VERSION) throw new Fault('store_newer', { version })
  checkPages(db, file, isSuspect)
  settle(db)
  inTransaction(db, () => {
    if (file === 'journal.db') dropOldOutbox(db)
    db.exec(file === 'readings.db' ? READINGS : JOURNAL + PROJECTIONS)
    if (file === 'readings.db' && version === 1) readingsFromVersion1(db)
    db.exec(`pragma user_version = ${STORE_VERSION}`)
  })
  return db
}

/** The write-ahead file is cut to so much when it is begun anew: a reader that held it up leaves no large file behind. */
const WAL_KEPT_BYTES = 8 * 1_048_576

/**
 * F04: what stands in the write-ahead file since a failed fsync is perhaps only in the memory of the operating system.
 * Written to the database, and that one synced, it is on the disk, or this fails. Another program's long query may be in
 * the way; then the next checkpoint does it.
 */
function settle(db: DatabaseSync): void {
  db.exec(`pragma journal_size_limit = ${WAL_KEPT_BYTES}; pragma wal_checkpoint(truncate)`)
}

/** Chunks carry checksums of their own and may be many; the rest is looked through at every start. */
const CHECKED_AT_START: Readonly<Record<StoreFile, readonly string[]>> = {
  'readings.db': ['log', 'series', 'segments', 'marks', 'cursors', 'keys'],
  'journal.db': [],
}

function checkPages(db: DatabaseSync, file: StoreFile, isSuspect: boolean): void {
  const present = db.prepare("select name from sqlite_schema where type = 'table'").all() as { name: string }[]
  const tables = (isSuspect ? [] : CHECKED_AT_START[file]).filter((table) => present.some(({ name }) => name === table))
  const checks = tables.length > 0 ? tables.map((table) => `quick_check(${table})`) : ['quick_check(1)']
  for (const check of checks) {
    const { quick_check: said } = db.prepare(`pragma ${check}`).get() as { quick_check: string }
    if (said !== 'ok') throw new Fault('store_corrupt', { detail: `${file}: ${said}` })
  }
}

/** Rows of a shape that has no place for today's: they are made again from the journal, with all other projections. */
function dropOldOutbox(db: DatabaseSync): void {
  const columns = db.prepare("select name from pragma_table_info('outbox')").all() as { name: string }[]
  if (columns.length > 0 && !columns.some(({ name }) => name === 'notice')) db.exec('drop table outbox')
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

/** F10: it grows for as long as a reader stays in one transaction. */
export function walBytesOf(folder: string): number {
  return STORE_FILES.reduce(
    (sum, file) => sum + (statSync(join(folder, `${file}-wal`), { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
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
