import { chmodSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'
import { writeDurably } from '../durable-file.ts'

const LEAST_KEY_LENGTH = 43

/**
 * By which link, and by which telephone, a home is opened: personal, so nobody else on this machine reads it. Hashes only;
 * numbers are hashed under `residents.key`.
 */
export function openDatabase(folder: string): DatabaseSync {
  const file = join(folder, 'residents.db')
  closeSync(openSync(file, 'a', 0o600))
  for (const part of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(part)) chmodSync(part, 0o600)
  const db = new DatabaseSync(file)
  try {
    db.exec(`pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000;
      create table if not exists links (hash text primary key, home text not null, made_by text not null, made_at integer not null) strict;
      create table if not exists codes (challenge text primary key, phone text not null, code text not null, tries integer not null, asked_at integer not null, sent integer not null) strict;
      create index if not exists codes_by_time on codes (asked_at);
      create index if not exists codes_by_phone on codes (phone, asked_at);
      create table if not exists visits (hash text primary key, phone text not null, contacts text not null, begun_at integer not null) strict`)
    return db
  } catch (error) {
    db.close()
    throw new Fault('store_corrupt', { detail: `${file}: ${(error as Error).message}` }, { cause: error })
  }
}

export function keyIn(folder: string, random: Random): string {
  const file = join(folder, 'residents.key')
  if (!existsSync(file)) writeDurably(file, `${random.token()}\n`)
  const key = readFileSync(file, 'utf8').trim()
  // A torn key file would make every link a guess.
  if (key.length < LEAST_KEY_LENGTH)
    throw new Fault('store_corrupt', { detail: `${file} holds no key; remove it to make a new one` })
  return key
}
