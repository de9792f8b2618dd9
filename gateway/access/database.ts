import { createHash } from 'node:crypto'
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '#devices/fault.ts'
import { sqliteErrorOf } from '../store/sqlite-error.ts'

/** S10: it holds the secrets of second factors, which cannot be kept as hashes: nobody else on this machine reads it. */
const MODE = 0o600

/**
 * Who may come in stands apart from the journal: a hash in an event could never be taken back. Small, and read on the
 * main thread: every request asks it. A damaged file is refused with words (F03).
 */
export function openDatabase(folder: string): DatabaseSync {
  const file = join(folder, 'access.db')
  // The files beside it get the mode of this one.
  closeSync(openSync(file, 'a', MODE))
  for (const part of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(part)) chmodSync(part, MODE)
  const db = new DatabaseSync(file)
  try {
    return prepared(db)
  } catch (error) {
    db.close()
    const code = sqliteErrorOf(error)
    if (code !== 'corrupt' && code !== 'notADatabase') throw error
    throw new Fault('store_corrupt', { detail: `${file}: ${(error as Error).message}` }, { cause: error })
  }
}

function prepared(db: DatabaseSync): DatabaseSync {
  // With its indexes: half a row must not pass for somebody's secret. It is small.
  const { integrity_check: said } = db.prepare('pragma integrity_check(1)').get() as { integrity_check: string }
  if (said !== 'ok') throw new Fault('store_corrupt', { detail: `access.db: ${said}` })
  db.exec(`pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000;
    create table if not exists tokens (id text primary key, hash text not null unique, role text not null, created_at integer not null) strict;
    create table if not exists accounts (id text primary key, name text not null, folded text not null unique, role text not null, person text,
      password text not null, is_disabled integer not null default 0, created_at integer not null) strict;
    create table if not exists sessions (hash text primary key, owner text not null, role text not null, name text not null, person text,
      created_at integer not null, seen_at integer not null) strict;
    create table if not exists links (hash text primary key, id text not null, role text not null, person text, expires_at integer, uses integer) strict;
    create table if not exists totp (account text primary key, secret blob not null, used_step integer not null) strict;
    create table if not exists resets (account text primary key, hash text not null unique, expires_at integer not null) strict;
    create table if not exists task_links (hash text primary key, task text not null, person text not null, expires_at integer not null) strict;
    create table if not exists trail (place integer primary key, event text not null) strict`)
  const columns = db.prepare('pragma table_info(accounts)').all() as { name: string }[]
  if (!columns.some(({ name }) => name === 'last_sign_in_at'))
    db.exec('alter table accounts add column last_sign_in_at integer')
  return db
}

/** Of 256 random bits: looking it up leaks nothing by its time, and a slow hash would protect nothing more. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
