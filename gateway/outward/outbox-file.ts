import { existsSync, renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** So many messages wait for one target; beyond, the oldest are given up, and counted. */
const MAX_WAITING = 20_000

/**
 * `queue`: what must arrive in order. `held`: topics under which a target keeps something of ours. `progress`: up to where
 * the journal was read.
 */
const TABLES = `
  create table if not exists queue (id integer primary key autoincrement, target text not null, topic text not null, payload text not null) strict;
  create index if not exists queue_by_target on queue (target, id);
  create table if not exists held (target text not null, topic text not null, primary key (target, topic)) strict, without rowid;
  create table if not exists progress (one integer primary key check (one = 1), seq integer not null) strict;
`
const VERSION = 1

export type OutwardMessage = Readonly<{ target: string; topic: string; payload: string }>
export type QueuedMessage = Readonly<{ id: number; topic: string; payload: string }>

/** What is on its way outward. Synchronous: it lives in a thread of its own. An empty payload takes a topic back. */
export class OutboxFile {
  readonly #db: DatabaseSync

  /** A file that cannot be read is set aside: what stands is told anew, and nothing else is in it. */
  constructor(path: string) {
    try {
      this.#db = opened(path)
    } catch (error) {
      if (error instanceof NewerFile || !existsSync(path)) throw error
      for (const suffix of ['', '-wal', '-shm'])
        if (existsSync(path + suffix)) renameSync(path + suffix, `${path}.damaged${suffix}`)
      this.#db = opened(path)
    }
  }

  /** Place in the journal of the last event that was made into messages; null before the first. */
  filledUpto(): number | null {
    const row = this.#db.prepare('select seq from progress').get() as { seq: number } | undefined
    return row?.seq ?? null
  }

  /** Messages, and up to where the journal was read for them: both or neither. Returns how many were given up, by target. */
  fill(seq: number, messages: readonly OutwardMessage[]): Record<string, number> {
    return this.#together(() => {
      const put = this.#db.prepare('insert into queue (target, topic, payload) values (?, ?, ?)')
      for (const { target, topic, payload } of messages) put.run(target, topic, payload)
      this.#db.prepare('insert or replace into progress (one, seq) values (1, ?)').run(seq)
      const givenUp: Record<string, number> = {}
      for (const target of new Set(messages.map((message) => message.target))) {
        const over = this.waiting(target) - MAX_WAITING
        if (over <= 0) continue
        this.#db
          .prepare('delete from queue where id in (select id from queue where target = ? order by id limit ?)')
          .run(target, over)
        givenUp[target] = over
      }
      return givenUp
    })
  }

  next(target: string, limit: number): QueuedMessage[] {
    const rows = this.#db
      .prepare('select id, topic, payload from queue where target = ? order by id limit ?')
      .all(target, limit)
    return rows.map((row) => ({ ...row }) as QueuedMessage)
  }

  waiting(target: string): number {
    const { count } = this.#db.prepare('select count(*) as count from queue where target = ?').get(target) as {
      count: number
    }
    return count
  }

  /** The target has confirmed: it keeps `kept`, and nothing any more under `cleared`. Queued ones are done up to `id`. */
  confirm(target: string, said: Readonly<{ id?: number; kept: readonly string[]; cleared: readonly string[] }>): void {
    this.#together(() => {
      if (said.id !== undefined) this.#db.prepare('delete from queue where target = ? and id <= ?').run(target, said.id)
      const [hold, release] = [
        this.#db.prepare('insert or ignore into held (target, topic) values (?, ?)'),
        this.#db.prepare('delete from held where target = ? and topic = ?'),
      ]
      for (const topic of said.kept) hold.run(target, topic)
      for (const topic of said.cleared) release.run(target, topic)
    })
  }

  held(target: string): string[] {
    const rows = this.#db.prepare('select topic from held where target = ?').all(target) as { topic: string }[]
    return rows.map(({ topic }) => topic)
  }

  /** What waits for a target that the site no longer has would wait for ever. */
  keepOnly(targets: readonly string[]): void {
    this.#together(() => {
      for (const table of ['queue', 'held'])
        this.#db
          .prepare(`delete from ${table} where target not in (select value from json_each(?))`)
          .run(JSON.stringify(targets))
    })
  }

  close(): void {
    this.#db.close()
  }

  #together<T>(work: () => T): T {
    this.#db.exec('begin immediate')
    try {
      const result = work()
      this.#db.exec('commit')
      return result
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('rollback')
      throw error
    }
  }
}

class NewerFile extends Error {}

function opened(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  try {
    db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 30000')
    const { user_version: version } = db.prepare('pragma user_version').get() as { user_version: number }
    if (version > VERSION) throw new NewerFile(`${path} was written by a newer program`)
    db.exec(`${TABLES} pragma user_version = ${VERSION}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}
