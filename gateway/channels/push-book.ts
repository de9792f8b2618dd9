import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Language } from '../texts.ts'

/** A browser that asked to be told: of these homes, or of everything (`null`, for staff). */
export type Subscription = Readonly<{
  endpoint: string
  p256dh: string
  auth: string
  homes: readonly string[] | null
  language: Language
}>
export type PushBook = Readonly<{
  /** Whether there was room; the same browser again is its newest wish. */
  add(subscription: Subscription, at: number): boolean
  remove(endpoint: string): void
  /** Who is to be told of something that concerns these homes. */
  of(homes: readonly string[]): readonly Subscription[]
  close(): void
}>

/** Nobody fills the disk by asking: so many browsers, and so many for one home. */
const MOST = 20_000
const MOST_OF_A_HOME = 20
type Row = { endpoint: string; p256dh: string; auth: string; homes: string | null; language: Language }

/** Where browsers are reached: a file of its own, for nobody else on this machine. It can be lost: browsers ask again. */
export function openPushBook(folder: string): PushBook {
  const file = join(folder, 'push.db')
  closeSync(openSync(file, 'a', 0o600))
  const db = new DatabaseSync(file)
  db.exec(`pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000;
    create table if not exists subscriptions (endpoint text primary key, p256dh text not null, auth text not null,
      homes text, language text not null, created_at integer not null) strict`)
  const all = () => db.prepare('select endpoint, p256dh, auth, homes, language from subscriptions').all() as Row[]
  const subscriptions = () => all().map((row) => ({ ...row, homes: row.homes === null ? null : homesIn(row.homes) }))
  return {
    add({ endpoint, p256dh, auth, homes, language }, at) {
      const others = subscriptions().filter((known) => known.endpoint !== endpoint)
      const ofHome = (home: string) => others.filter((known) => known.homes?.includes(home)).length
      if (others.length >= MOST || homes?.some((home) => ofHome(home) >= MOST_OF_A_HOME)) return false
      const written = homes && JSON.stringify(homes)
      db.prepare('insert or replace into subscriptions values (?, ?, ?, ?, ?, ?)').run(
        endpoint,
        p256dh,
        auth,
        written,
        language,
        at,
      )
      return true
    },
    remove: (endpoint) => void db.prepare('delete from subscriptions where endpoint = ?').run(endpoint),
    of(homes) {
      const concerned = new Set(homes)
      return subscriptions().filter((each) => each.homes === null || each.homes.some((home) => concerned.has(home)))
    },
    close: () => db.close(),
  }
}

function homesIn(text: string): string[] {
  return JSON.parse(text) as string[]
}
