import type { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'
import { isRole, type Role } from '../role.ts'
import { inTransaction } from '../store/schema.ts'
import { hashOf } from './database.ts'
import type { Identity } from './identity.ts'
import type { Trail } from './trail.ts'

export type Tokens = Readonly<{
  /** A new machine token; its text is shown this once, only its hash is kept. */
  create(role: Role, at: number): { id: string; token: string }
  /** Whose token this is; null for none of ours. */
  find(token: string): Identity | null
}>

const PREFIX = 'ct_'

export function openTokens(db: DatabaseSync, random: Random, trail: Trail): Tokens {
  const insert = db.prepare('insert into tokens (id, hash, role, created_at) values (?, ?, ?, ?)')
  const select = db.prepare('select id, role from tokens where hash = ?')
  return {
    create(role, at) {
      const token = PREFIX + random.token()
      const id = `T-${hashOf(token).slice(0, 8)}`
      inTransaction(db, () => {
        insert.run(id, hashOf(token), role, at)
        trail.note({ type: 'token.created', token: id, role })
      })
      return { id, token }
    },
    find(token) {
      if (!token.startsWith(PREFIX)) return null
      const row = select.get(hashOf(token)) as { id: string; role: string } | undefined
      if (!row || !isRole(row.role)) return null
      return { id: row.id, role: row.role, name: row.id, person: null, expiresAt: null, session: null }
    },
  }
}
