import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '#devices/fault.ts'
import type { Sealing } from '../private/sealing.ts'
import type { Language } from '../texts.ts'

/** By what a browser came to be told: the hash of a home's link, an account, a session without one, a machine token. */
export type Right = Readonly<{ kind: 'link' | 'account' | 'session' | 'token'; id: string; session: string | null }>
/** A browser that asked to be told: of these homes, or of everything (`null`, for staff). */
export type Subscription = Readonly<{
  endpoint: string
  p256dh: string
  auth: string
  homes: readonly string[] | null
  language: Language
  right: Right
}>
export type PushBook = Readonly<{
  /** Whether there was room; the same browser again is its newest wish. */
  add(subscription: Subscription, at: number): boolean
  remove(endpoint: string): void
  /** Somebody signed out there. */
  endSession(session: string): void
  /** Its password is another: nobody is told any more by what was asked for in its name, but in one session. */
  endAccount(account: string, except?: string | null): void
  /** Who is to be told of something that concerns these homes. Whose right has ended is forgotten. */
  of(homes: readonly string[]): readonly Subscription[]
  close(): void
}>

/** Nobody fills the disk by asking: so many browsers, and so many for one home. */
const MOST = 20_000
const MOST_OF_A_HOME = 20
const PURPOSE = 'push'
type Row = Readonly<{ place: Uint8Array; doc: Uint8Array }>
type Seal = Pick<Sealing, 'seal' | 'open' | 'fingerprint'>

/**
 * Where browsers are reached: a file of its own, for nobody else on this machine, sealed, for it says which home and which
 * account has which browser. It can be lost: browsers ask again. Without the key nobody is known, and nobody taken.
 */
export function openPushBook(
  folder: string,
  mayHear: (subscription: Subscription) => boolean,
  sealing: Seal | null,
): PushBook {
  const file = join(folder, 'push.db')
  closeSync(openSync(file, 'a', 0o600))
  const db = new DatabaseSync(file)
  db.exec(`pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000; pragma secure_delete = on`)
  forgetUnsealed(db)
  db.exec(`create table if not exists browsers (place blob primary key, doc blob not null, created_at integer not null)
    strict, without rowid`)
  const insert = db.prepare('insert or replace into browsers (place, doc, created_at) values (?, ?, ?)')
  const drop = db.prepare('delete from browsers where place = ?')
  const known = new Map<string, Subscription>()
  for (const { place, doc } of sealing
    ? (db.prepare('select place, doc from browsers').all() as unknown as Row[])
    : []) {
    const subscription = opened(sealing!, place, doc)
    // What another key sealed waits for it.
    if (subscription) known.set(subscription.endpoint, subscription)
  }
  const remove = (endpoint: string) => {
    known.delete(endpoint)
    if (sealing) drop.run(sealing.fingerprint(endpoint))
  }
  const removeWhere = (isMeant: (right: Right) => boolean) => {
    for (const { endpoint, right } of known.values()) if (isMeant(right)) remove(endpoint)
  }
  return {
    add(subscription, at) {
      if (!sealing) return false
      const { endpoint, homes } = subscription
      const others = [...known.values()].filter((other) => other.endpoint !== endpoint)
      const ofHome = (home: string) => others.filter((other) => other.homes?.includes(home)).length
      if (others.length >= MOST || homes?.some((home) => ofHome(home) >= MOST_OF_A_HOME)) return false
      const place = sealing.fingerprint(endpoint)
      insert.run(place, sealing.seal(PURPOSE, hexOf(place), Buffer.from(JSON.stringify(subscription))), at)
      known.set(endpoint, subscription)
      return true
    },
    remove,
    endSession: (session) => removeWhere((right) => right.session === session),
    endAccount: (account, except = null) =>
      removeWhere(({ kind, id, session }) => kind === 'account' && id === account && session !== except),
    of(homes) {
      const concerned = new Set(homes)
      const asked = [...known.values()].filter(
        (each) => each.homes === null || each.homes.some((home) => concerned.has(home)),
      )
      const heard = asked.filter(mayHear)
      for (const { endpoint } of asked.filter((each) => !heard.includes(each))) remove(endpoint)
      return heard
    },
    close: () => db.close(),
  }
}

function opened(sealing: Seal, place: Uint8Array, doc: Uint8Array): Subscription | null {
  try {
    return JSON.parse(sealing.open(PURPOSE, hexOf(place), doc).toString('utf8')) as Subscription
  } catch (error) {
    if (error instanceof Fault) return null
    throw error
  }
}

function hexOf(place: Uint8Array): string {
  return Buffer.from(place).toString('hex')
}

/** Of an earlier version, in the clear: they ask again. */
function forgetUnsealed(db: DatabaseSync): void {
  if (db.prepare("select 1 from sqlite_schema where name = 'subscriptions'").get() === undefined) return
  db.exec('drop table subscriptions; vacuum; pragma wal_checkpoint(truncate)')
}
