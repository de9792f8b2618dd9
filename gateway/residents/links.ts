import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { chmodSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'
import { writeDurably } from '../durable-file.ts'

/** How residents come in: by a link of their home, or by the link of one notice. Neither stands in the journal. */
export type ResidentLinks = Readonly<{
  /** The path of a page for one home. Shown this once; only its hash is kept. */
  create(home: string, by: string, at: number): string
  /** All links of a home end: somebody moved out, or lost one. */
  revoke(home: string): number
  homeOf(token: string): string | null
  /** The path of the living page of a notice: the same for everybody, and guessed by nobody. */
  pathOf(notice: string): string
  noticeOf(token: string): string | null
  close(): void
}>

const LEAST_KEY_LENGTH = 43
const MAC_LENGTH = 22

export function openResidentLinks(folder: string, random: Random): ResidentLinks {
  const db = openDatabase(join(folder, 'residents.db'))
  const key = keyIn(join(folder, 'residents.key'), random)
  const insert = db.prepare('insert into links (hash, home, made_by, made_at) values (?, ?, ?, ?)')
  const find = db.prepare('select home from links where hash = ?')
  const end = db.prepare('delete from links where home = ?')
  const macOf = (notice: string) =>
    createHmac('sha256', key).update(`notice:${notice}`).digest('base64url').slice(0, MAC_LENGTH)
  return {
    create(home, by, at) {
      const token = random.token()
      insert.run(hashOf(token), home, by, at)
      return `/r/${token}`
    },
    revoke: (home) => Number(end.run(home).changes),
    homeOf(token) {
      const row = find.get(hashOf(token)) as { home: string } | undefined
      return row?.home ?? null
    },
    pathOf: (notice) => `/n/${notice}.${macOf(notice)}`,
    noticeOf(token) {
      const [notice = '', mac = ''] = token.split('.')
      const [given, known] = [Buffer.from(mac), Buffer.from(macOf(notice))]
      return given.length === known.length && timingSafeEqual(given, known) ? notice : null
    },
    close: () => db.close(),
  }
}

/** Of 256 random bits: looking it up leaks nothing by its time. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Which home has a link is personal: nobody else on this machine reads it. */
function openDatabase(file: string): DatabaseSync {
  closeSync(openSync(file, 'a', 0o600))
  for (const part of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(part)) chmodSync(part, 0o600)
  const db = new DatabaseSync(file)
  try {
    db.exec(`pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000;
      create table if not exists links (hash text primary key, home text not null, made_by text not null, made_at integer not null) strict`)
    return db
  } catch (error) {
    db.close()
    throw new Fault('store_corrupt', { detail: `${file}: ${(error as Error).message}` }, { cause: error })
  }
}

function keyIn(file: string, random: Random): string {
  if (!existsSync(file)) writeDurably(file, `${random.token()}\n`)
  const key = readFileSync(file, 'utf8').trim()
  // A torn key file would make every link a guess.
  if (key.length < LEAST_KEY_LENGTH)
    throw new Fault('store_corrupt', { detail: `${file} holds no key; remove it to make a new one` })
  return key
}
