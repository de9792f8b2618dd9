import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
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
type Row = {
  endpoint: string
  p256dh: string
  auth: string
  homes: string | null
  language: Language
  kind: Right['kind']
  holder: string
  session: string | null
}

/** Where browsers are reached: a file of its own, for nobody else on this machine. It can be lost: browsers ask again. */
export function openPushBook(folder: string, mayHear: (subscription: Subscription) => boolean): PushBook {
  const file = join(folder, 'push.db')
  closeSync(openSync(file, 'a', 0o600))
  const db = new DatabaseSync(file)
  forgetWithoutRight(db)
  db.exec(`pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000;
    create table if not exists subscriptions (endpoint text primary key, p256dh text not null, auth text not null,
      homes text, language text not null, created_at integer not null,
      kind text not null, holder text not null, session text) strict`)
  const all = db.prepare('select endpoint, p256dh, auth, homes, language, kind, holder, session from subscriptions')
  const remove = db.prepare('delete from subscriptions where endpoint = ?')
  const endSession = db.prepare('delete from subscriptions where session = ?')
  const endAccount = db.prepare(
    "delete from subscriptions where kind = 'account' and holder = ? and session is not nullif(?, '')",
  )
  const subscriptions = () => (all.all() as Row[]).map(subscriptionOf)
  return {
    add({ endpoint, p256dh, auth, homes, language, right }, at) {
      const others = subscriptions().filter((known) => known.endpoint !== endpoint)
      const ofHome = (home: string) => others.filter((known) => known.homes?.includes(home)).length
      if (others.length >= MOST || homes?.some((home) => ofHome(home) >= MOST_OF_A_HOME)) return false
      const written = homes && JSON.stringify(homes)
      db.prepare('insert or replace into subscriptions values (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
        endpoint,
        p256dh,
        auth,
        written,
        language,
        at,
        right.kind,
        right.id,
        right.session,
      )
      return true
    },
    remove: (endpoint) => void remove.run(endpoint),
    endSession: (session) => void endSession.run(session),
    endAccount: (account, except = null) => void endAccount.run(account, except ?? ''),
    of(homes) {
      const concerned = new Set(homes)
      const asked = subscriptions().filter(
        (each) => each.homes === null || each.homes.some((home) => concerned.has(home)),
      )
      const heard = asked.filter(mayHear)
      for (const { endpoint } of asked.filter((each) => !heard.includes(each))) remove.run(endpoint)
      return heard
    },
    close: () => db.close(),
  }
}

function subscriptionOf({ homes, kind, holder, session, ...row }: Row): Subscription {
  return {
    ...row,
    homes: homes === null ? null : (JSON.parse(homes) as string[]),
    right: { kind, id: holder, session },
  }
}

/** Of a file in which it did not stand who asked: they ask again. */
function forgetWithoutRight(db: DatabaseSync): void {
  const columns = db.prepare('pragma table_info(subscriptions)').all() as { name: string }[]
  if (columns.length > 0 && !columns.some(({ name }) => name === 'holder')) db.exec('drop table subscriptions')
}
