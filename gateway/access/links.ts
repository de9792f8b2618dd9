import type { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'
import { isRole, type Role } from '../role.ts'
import { hashOf } from './database.ts'
import type { Owner, SessionClock } from './sessions.ts'

/** `ttlMs` null: as long as this process runs. `uses` null: as often as people like. */
export type LinkOptions = Readonly<{ role: Role; person: string | null; ttlMs: number | null; uses: number | null }>

/** A link that signs in whoever opens it, as one role: for a demonstration, later for contractors and residents. */
export type Links = Readonly<{
  /** The text of the link is shown this once, only its hash is kept. */
  create(options: LinkOptions): string
  /** Whom it signs in; null when it is unknown, over, or used up. It is used by this. */
  use(link: string): Owner | null
}>

export function openLinks(db: DatabaseSync, random: Random, { now, speed }: SessionClock): Links {
  // Those of an earlier run ended with it.
  db.prepare('delete from links where expires_at is null or expires_at <= ?').run(now())
  const insert = db.prepare('insert into links (hash, id, role, person, expires_at, uses) values (?, ?, ?, ?, ?, ?)')
  // One statement: two who open the last use at once are not both let in.
  const take = db.prepare(
    'update links set uses = uses - 1 where hash = ? and (expires_at is null or expires_at > ?) and (uses is null or uses > 0) returning id, role, person',
  )
  return {
    create({ role, person, ttlMs, uses }) {
      const link = random.token()
      const hash = hashOf(link)
      insert.run(hash, `L-${hash.slice(0, 8)}`, role, person, ttlMs === null ? null : now() + ttlMs * speed, uses)
      return link
    },
    use(link) {
      const row = take.get(hashOf(link), now()) as { id: string; role: string; person: string | null } | undefined
      if (!row || !isRole(row.role)) return null
      return { id: row.id, role: row.role, name: row.person ?? row.role, person: row.person }
    },
  }
}
