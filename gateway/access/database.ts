import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Who may come in stands apart from the journal: a hash in an event could never be taken back. Small, and read on the
 * main thread: every request asks it.
 */
export function openDatabase(folder: string): DatabaseSync {
  const db = new DatabaseSync(join(folder, 'access.db'))
  db.exec(`pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000;
    create table if not exists tokens (id text primary key, hash text not null unique, role text not null, created_at integer not null) strict;
    create table if not exists accounts (id text primary key, name text not null, folded text not null unique, role text not null, person text,
      password text not null, is_disabled integer not null default 0, created_at integer not null) strict;
    create table if not exists sessions (hash text primary key, owner text not null, role text not null, name text not null, person text,
      created_at integer not null, seen_at integer not null) strict;
    create table if not exists links (hash text primary key, id text not null, role text not null, person text, expires_at integer, uses integer) strict;
    create table if not exists trail (place integer primary key, event text not null) strict`)
  return db
}

/** Of 256 random bits: looking it up leaks nothing by its time, and a slow hash would protect nothing more. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
