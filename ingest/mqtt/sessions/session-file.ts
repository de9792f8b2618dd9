import { existsSync, renameSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

/** `head`: all of a packet but its payload, as JSON. `at`: site time, ms. */
const TABLES = `
  create table if not exists retained (topic text primary key, head text not null, payload blob not null) strict;
  create table if not exists subscriptions (client text not null, topic text not null, options text not null, primary key (client, topic)) strict;
  create table if not exists outgoing (id integer primary key, client text not null, at integer not null, head text not null, payload blob not null) strict;
  create table if not exists incoming (client text not null, message_id integer not null, head text not null, payload blob not null, primary key (client, message_id)) strict;
`
const VERSION = 1

const STATEMENTS = {
  retain: 'insert or replace into retained (topic, head, payload) values (?, ?, ?)',
  unretain: 'delete from retained where topic = ?',
  subscribe: 'insert or replace into subscriptions (client, topic, options) values (?, ?, ?)',
  unsubscribe: 'delete from subscriptions where client = ? and topic = ?',
  unsubscribeAll: 'delete from subscriptions where client = ?',
  enqueue: 'insert or replace into outgoing (id, client, at, head, payload) values (?, ?, ?, ?, ?)',
  dequeue: 'delete from outgoing where id = ?',
  receive: 'insert or replace into incoming (client, message_id, head, payload) values (?, ?, ?, ?)',
  release: 'delete from incoming where client = ? and message_id = ?',
  releaseAll: 'delete from incoming where client = ?',
} as const

export type Change = readonly [keyof typeof STATEMENTS, ...SQLInputValue[]]
export type PacketRow = Readonly<{ head: string; payload: Uint8Array }>
export type Content = Readonly<{
  retained: readonly PacketRow[]
  subscriptions: readonly Readonly<{ client: string; topic: string; options: string }>[]
  outgoing: readonly (PacketRow & Readonly<{ id: number; client: string; at: number }>)[]
  incoming: readonly (PacketRow & Readonly<{ client: string }>)[]
}>

/** What the broker must still know after a restart. Synchronous: it lives in a thread of its own. */
export type SessionFile = Readonly<{
  content: Content
  /** Where a file that could not be read was moved to; null when it could. */
  setAside: string | null
  /** All or none, and on the disk when it returns. */
  commit(changes: readonly Change[]): void
  close(): void
}>

/**
 * A damaged file is set aside and a new one begun: readings and decisions stand elsewhere, and a broker without its
 * memory is better than none. A file of a newer program is refused.
 */
export function openSessionFile(path: string): SessionFile {
  try {
    return opened(path, null)
  } catch (error) {
    if (error instanceof NewerFile || !existsSync(path)) throw error
    const setAside = `${path}.damaged`
    for (const suffix of ['', '-wal', '-shm'])
      if (existsSync(path + suffix)) renameSync(path + suffix, setAside + suffix)
    return opened(path, setAside)
  }
}

class NewerFile extends Error {}

function opened(path: string, setAside: string | null): SessionFile {
  const db = new DatabaseSync(path)
  try {
    db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 30000')
    const { synchronous } = db.prepare('pragma synchronous').get() as { synchronous: number }
    if (synchronous !== 2) throw new Error('the file of sessions is not written durably')
    const { user_version: version } = db.prepare('pragma user_version').get() as { user_version: number }
    if (version > VERSION) throw new NewerFile(`${path} was written by a newer program`)
    db.exec(`${TABLES} pragma user_version = ${VERSION}`)
    const content = contentOf(db)
    const statements = Object.fromEntries(Object.entries(STATEMENTS).map(([name, sql]) => [name, db.prepare(sql)]))
    return {
      content,
      setAside,
      commit(changes) {
        db.exec('begin immediate')
        try {
          for (const [name, ...values] of changes) statements[name]!.run(...values)
          db.exec('commit')
        } catch (error) {
          if (db.isTransaction) db.exec('rollback')
          throw error
        }
      },
      close: () => db.close(),
    }
  } catch (error) {
    db.close()
    throw error
  }
}

function contentOf(db: DatabaseSync): Content {
  const all = <T>(sql: string): T[] =>
    db
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }) as T)
  return {
    retained: all('select head, payload from retained'),
    subscriptions: all('select client, topic, options from subscriptions order by rowid'),
    outgoing: all('select id, client, at, head, payload from outgoing order by id'),
    incoming: all('select client, head, payload from incoming'),
  }
}
