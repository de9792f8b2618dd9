import type { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'
import { isRole, type Role, ROLES } from '../role.ts'
import { hashOf } from './database.ts'
import type { Identity } from './identity.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** Without a request for so long it ends: a phone left on a pump, a screen left at a desk. */
const IDLE_MS = Object.fromEntries(ROLES.map((role) => [role, 30 * MINUTE_MS])) as Readonly<Record<Role, number>>
/** It ends by then, used or not. */
const LONGEST_MS = 12 * HOUR_MS
/** Its last use is written down so seldom: a start after a crash may take a session for that much older. */
const NOTED_EVERY_MS = MINUTE_MS
/** Per account or link; the oldest goes first. */
const MOST_PER_OWNER = 100

/** Whose session it is: an account, or the link it came by. */
export type Owner = Readonly<{ id: string; role: Role; name: string; person: string | null }>
type Session = Owner & { readonly createdAt: number; seenAt: number; notedAt: number }

/** Durations are real time: a demonstration that runs faster signs nobody out sooner. */
export type SessionClock = Readonly<{ now(): number; speed: number }>

export type Sessions = Readonly<{
  /** The text goes into a cookie and is kept nowhere else. */
  open(owner: Owner): { token: string; identity: Identity }
  /** Counts as use. */
  find(token: string): Identity | null
  /** Does not count as use. `session` is the one of an identity. */
  isAlive(session: string): boolean
  /** Returns whose it was; null when there was none. */
  close(token: string): string | null
  /** All that this account or link has, but for the session of one identity: at once. */
  endOf(owner: string, except?: string | null): void
}>

/**
 * S08: opaque, 256 bits, kept as hashes, ended here and not in the browser: nothing to forge, and revoking takes effect
 * with the next request. All of them are in memory, and on disk so that a restart signs nobody out.
 */
export function openSessions(db: DatabaseSync, random: Random, { now, speed }: SessionClock): Sessions {
  const insert = db.prepare(
    'insert into sessions (hash, owner, role, name, person, created_at, seen_at) values (?, ?, ?, ?, ?, ?, ?)',
  )
  const note = db.prepare('update sessions set seen_at = ? where hash = ?')
  const remove = db.prepare('delete from sessions where hash = ?')
  const sessions = new Map<string, Session>()
  for (const row of db.prepare('select * from sessions order by created_at').all()) {
    const { hash, owner, role, name, person, created_at: createdAt, seen_at: seenAt } = row as Row
    if (isRole(role)) sessions.set(hash, { id: owner, role, name, person, createdAt, seenAt, notedAt: seenAt })
  }
  sweep()

  function endAt({ role, createdAt, seenAt }: Session): number {
    return Math.min(createdAt + LONGEST_MS * speed, seenAt + IDLE_MS[role] * speed)
  }
  function end(hash: string): void {
    sessions.delete(hash)
    remove.run(hash)
  }
  function live(hash: string): Session | null {
    const session = sessions.get(hash)
    if (!session) return null
    if (now() < endAt(session)) return session
    // Its times say that it is over, also after a restart.
    sessions.delete(hash)
    ifWritable(() => remove.run(hash))
    return null
  }
  function sweep(): void {
    for (const hash of sessions.keys()) live(hash)
  }
  function identityOf(hash: string, session: Session): Identity {
    const { id, role, name, person } = session
    return { id, role, name, person, expiresAt: endAt(session), session: hash }
  }

  return {
    open(owner) {
      sweep()
      const others = [...sessions].filter(([, { id }]) => id === owner.id)
      for (const [hash] of others.slice(0, Math.max(0, others.length - MOST_PER_OWNER + 1))) end(hash)
      const token = random.token()
      const hash = hashOf(token)
      const at = now()
      const { id, role, name, person } = owner
      const session = { id, role, name, person, createdAt: at, seenAt: at, notedAt: at }
      insert.run(hash, id, role, name, person, at, at)
      sessions.set(hash, session)
      return { token, identity: identityOf(hash, session) }
    },
    find(token) {
      const hash = hashOf(token)
      const session = live(hash)
      if (!session) return null
      session.seenAt = now()
      if (session.seenAt - session.notedAt >= NOTED_EVERY_MS * speed) {
        session.notedAt = session.seenAt
        ifWritable(() => note.run(session.seenAt, hash))
      }
      return identityOf(hash, session)
    },
    isAlive: (session) => live(session) !== null,
    close(token) {
      const hash = hashOf(token)
      const session = live(hash)
      if (session) end(hash)
      return session?.id ?? null
    },
    endOf(owner, except = null) {
      for (const [hash, { id }] of sessions) if (id === owner && hash !== except) end(hash)
    },
  }
}

/** F06: who only looks is let in, also where nothing can be written down. */
function ifWritable(write: () => void): void {
  try {
    write()
  } catch {
    // The store says so where it matters.
  }
}

type Row = {
  hash: string
  owner: string
  role: string
  name: string
  person: string | null
  created_at: number
  seen_at: number
}
