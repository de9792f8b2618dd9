import { chmodSync, closeSync, copyFileSync, existsSync, openSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault, type Said } from '#devices/fault.ts'
import { backupFolder } from '../store/recovery.ts'
import { assertDurable } from '../store/schema.ts'
import { sqliteErrorOf } from '../store/sqlite-error.ts'

export const PRIVATE_FILE = 'private.db'
const VERSION = 1

/**
 * `subjects` holds a key for each person or thing, wrapped by the master key: without its row nothing of it can be read,
 * in no copy. `phones` finds without telling. What stands in the clear are ids, kinds and times.
 */
const TABLES = `
  create table if not exists meta (name text primary key, value blob not null) strict;
  create table if not exists subjects (id text primary key, key blob not null) strict, without rowid;
  create table if not exists records (kind text not null, id text not null, subject text not null, version integer not null,
    updated_at integer not null, doc blob not null, bytes blob, primary key (kind, id)) strict;
  create index if not exists records_by_subject on records (subject, kind);
  create table if not exists phones (mac blob not null, kind text not null, id text not null, primary key (mac, kind, id)) strict, without rowid;
  create index if not exists phones_by_record on phones (kind, id);
  create table if not exists trail (place integer primary key, event text not null) strict;
`

export type OpenedDatabase = Readonly<{ db: DatabaseSync | null; said: Said | null }>

/**
 * Opens the file; a damaged one is moved aside and its backup takes its place, said aloud. Without a backup it stays
 * where it is and closed: an empty one would look as if nobody lived here (F03, F09).
 */
export function openPrivateDatabase(folder: string): OpenedDatabase {
  const path = join(folder, PRIVATE_FILE)
  try {
    return { db: opened(path), said: null }
  } catch (error) {
    if (!isDamage(error)) throw error
    const saved = join(backupFolder(folder), PRIVATE_FILE)
    if (!existsSync(saved)) return { db: null, said: { code: 'private_damaged', params: { file: path } } }
    const aside = freeName(`${path}.damaged`)
    for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
    copyFileSync(saved, path)
    return { db: opened(path), said: { code: 'private_restored', params: { aside } } }
  }
}

function opened(path: string): DatabaseSync {
  closeSync(openSync(path, 'a', 0o600))
  for (const part of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(part)) chmodSync(part, 0o600)
  const db = new DatabaseSync(path)
  try {
    db.exec(
      'pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000; pragma secure_delete = on',
    )
    assertDurable(db)
    const { user_version: version } = db.prepare('pragma user_version').get() as { user_version: number }
    if (version > VERSION) throw new Fault('store_newer', { version })
    const { quick_check: said } = db.prepare('pragma quick_check(1)').get() as { quick_check: string }
    if (said !== 'ok') throw new Fault('private_damaged', { file: path })
    db.exec(`${TABLES} pragma user_version = ${VERSION}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** When its copy was last made, by the disk's clock; null when there is none. */
export function copiedAt(folder: string): number | null {
  return statSync(join(backupFolder(folder), PRIVATE_FILE), { throwIfNoEntry: false })?.mtimeMs ?? null
}

function isDamage(error: unknown): boolean {
  if (error instanceof Fault) return error.code === 'private_damaged'
  const code = sqliteErrorOf(error)
  return code === 'corrupt' || code === 'notADatabase'
}

function freeName(path: string): string {
  for (let n = 1; ; n++) if (!existsSync(`${path}-${n}`)) return `${path}-${n}`
}
