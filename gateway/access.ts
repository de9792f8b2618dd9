import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'
import { isRole, type Role } from './role.ts'

export type Identity = Readonly<{ id: string; role: Role }>
export type Access = Readonly<{
  /** A new machine token; its text is shown this once, only its hash is kept. */
  create(role: Role, at: number): { id: string; token: string }
  /** Tokens that the journal does not know of yet: made while no gateway was running. */
  unjournaled(): readonly Identity[]
  journaled(id: string): void
  /** Whose token this is; null for none of ours. */
  find(token: string): Identity | null
  close(): void
}>

const PREFIX = 'ct_'

/** Machine tokens. They stand apart from the journal: a hash in an event could never be taken back. */
export function openAccess(folder: string, random: Random): Access {
  const db = new DatabaseSync(join(folder, 'access.db'))
  db.exec(`pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000;
    create table if not exists tokens (id text primary key, hash text not null unique, role text not null, created_at integer not null, journaled integer not null default 0) strict`)
  const insert = db.prepare('insert into tokens (id, hash, role, created_at) values (?, ?, ?, ?)')
  const select = db.prepare('select id, role from tokens where hash = ?')
  return {
    create(role, at) {
      const token = PREFIX + random.token()
      const id = `T-${hashOf(token).slice(0, 8)}`
      insert.run(id, hashOf(token), role, at)
      return { id, token }
    },
    unjournaled: () => db.prepare('select id, role from tokens where journaled = 0').all() as Identity[],
    journaled(id) {
      db.prepare('update tokens set journaled = 1 where id = ?').run(id)
    },
    find(token) {
      if (!token.startsWith(PREFIX)) return null
      // Looking up a hash of 256 random bits leaks nothing by its time.
      const row = select.get(hashOf(token)) as { id: string; role: string } | undefined
      return row && isRole(row.role) ? { id: row.id, role: row.role } : null
    },
    close: () => db.close(),
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
