import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { Fault } from '#devices/fault.ts'
import { openForReading, openForWriting, type StoreFile } from './schema.ts'
import { sqliteErrorOf } from './sqlite-error.ts'

/** A file that was damaged, moved aside, and replaced by the newest backup, or where there was none by an empty one. */
export type Restored = Readonly<{ file: StoreFile; detail: string; aside: string; isFromBackup: boolean }>

/** Pages in one step: another program's commits would make a backup in many begin again each time. */
const ALL_AT_ONCE = 2 ** 31 - 1

export function backupFolder(folder: string): string {
  return join(folder, 'backup')
}

/**
 * Opens a file of the store; a damaged one is moved aside and its backup takes its place (F09). Without a backup of the
 * journal nothing is opened: what was decided is never silently forgotten. Without one of the readings an empty file
 * begins, and whoever opened it is told.
 */
export function openOrRestore(folder: string, file: StoreFile): { db: DatabaseSync; restored: Restored | null } {
  const path = join(folder, file)
  const isSuspect = existsSync(suspectName(folder, file))
  try {
    const db = openForWriting(path, file, { isSuspect })
    if (isSuspect) rmSync(suspectName(folder, file))
    return { db, restored: null }
  } catch (error) {
    const damage = damageOf(error)
    if (!damage) throw error
    const saved = join(backupFolder(folder), file)
    const isFromBackup = existsSync(saved)
    if (!isFromBackup && file === 'journal.db') throw new Fault('store_corrupt', { detail: damage }, { cause: error })
    const aside = freeName(`${path}.damaged`)
    for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
    if (isFromBackup) copyFileSync(saved, path)
    rmSync(suspectName(folder, file), { force: true })
    return { db: openForWriting(path, file), restored: { file, detail: damage, aside, isFromBackup } }
  }
}

/** Copies the file a little at a time, while the same connection writes on. */
export function backupOf(db: DatabaseSync, file: StoreFile, into: string): Promise<void> {
  return copyDatabase(db, file, into)
}

/** The copy takes its name when it is complete. */
export async function copyDatabase(db: DatabaseSync, file: string, into: string, rate = 500): Promise<void> {
  mkdirSync(into, { recursive: true, mode: 0o700 })
  const growing = join(into, `${file}.growing`)
  await backup(db, growing, { rate })
  chmodSync(growing, 0o600)
  const copy = new DatabaseSync(growing)
  // One file: a copy with a write-ahead file beside it is half a copy.
  copy.exec('pragma journal_mode = delete')
  copy.close()
  renameSync(growing, join(into, file))
}

/** Notes that damage was met while the file was in use: the next start looks through all of it. */
export function suspect(folder: string, file: StoreFile): void {
  writeFileSync(suspectName(folder, file), '', { mode: 0o600 })
}

/** The journal before the readings, so that none it judged is missing. */
const COPIED_DATABASES = ['journal.db', 'readings.db', 'access.db', 'private.db', 'residents.db']
/** By which devices, tags on the equipment, links of residents and browsers know this gateway. */
const COPIED_KEYS = ['mqtt.key', 'tags.key', 'residents.key', 'push.key']
/** With one of these a copy would be as good as one in the clear: they open what is private, and numbers that were written to. */
export const KEYS_KEPT_APART = ['private.key', 'outbox.key'] as const

/**
 * Copies what a gateway cannot make again into a folder, beside the running gateway or without one: each file as of one
 * moment. What opens it stays behind.
 */
export async function copyStore(folder: string, into: string): Promise<void> {
  for (const file of COPIED_DATABASES) {
    if (!existsSync(join(folder, file))) continue
    const db = openForReading(join(folder, file))
    try {
      await copyDatabase(db, file, into, ALL_AT_ONCE)
    } finally {
      db.close()
    }
  }
  for (const file of COPIED_KEYS) {
    if (!existsSync(join(folder, file))) continue
    copyFileSync(join(folder, file), join(into, file))
    chmodSync(join(into, file), 0o600)
  }
  // By what servers know the gateway, and which of them it believes.
  for (const part of ['opcua'])
    if (existsSync(join(folder, part))) cpSync(join(folder, part), join(into, part), { recursive: true })
}

function suspectName(folder: string, file: StoreFile): string {
  return join(folder, `${file}.suspect`)
}

/** When the journal's copy was last made, by the disk's clock; null when there is none. */
export function backedUpAt(folder: string): number | null {
  const saved = join(backupFolder(folder), 'journal.db')
  return existsSync(saved) ? statSync(saved).mtimeMs : null
}

function freeName(path: string): string {
  for (let n = 1; ; n++) if (!existsSync(`${path}-${n}`)) return `${path}-${n}`
}

/** What is wrong with the file, when it is the file that is wrong. */
function damageOf(error: unknown): string | null {
  if (error instanceof Fault && error.code === 'store_corrupt') return String(error.params['detail'] ?? '')
  const code = sqliteErrorOf(error)
  return code === 'corrupt' || code === 'notADatabase' ? (error as Error).message : null
}
