import type { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'
import { hashOf } from './database.ts'
import type { SessionClock } from './sessions.ts'
import { addressKey, Throttle, tooMany } from './throttle.ts'

/** A rescue that nobody accepted for so long has gone other ways. */
const TTL_MS = 3_600_000
const FREE_ATTEMPTS = 10

/** One task, and who is asked for it. `id` names the link where it is spoken of. */
export type TaskLink = Readonly<{ id: string; task: string; person: string }>

/**
 * Links by which somebody without an account accepts one task, and nothing else: a contractor who is called at night. Good
 * for an hour, once; all of one task are over with the first that was used.
 */
export type TaskLinks = Readonly<{
  /** The text of the link goes out with a page and is not kept: each page has its own. */
  create(about: Readonly<{ task: string; person: string }>): string
  /** Throws `task_link_over` or `too_many_attempts`. It is not used by this. */
  open(link: string, address: string): TaskLink
  spend(link: TaskLink): void
}>

export function openTaskLinks(db: DatabaseSync, random: Random, { now, speed }: SessionClock): TaskLinks {
  const throttle = new Throttle(FREE_ATTEMPTS, () => now() / speed)
  const insert = db.prepare('insert into task_links (hash, task, person, expires_at) values (?, ?, ?, ?)')
  const select = db.prepare('select task, person from task_links where hash = ? and expires_at > ?')
  const removeOver = db.prepare('delete from task_links where expires_at <= ?')
  const removeOf = db.prepare('delete from task_links where task = ?')
  return {
    create({ task, person }) {
      removeOver.run(now())
      const link = random.token()
      insert.run(hashOf(link), task, person, now() + TTL_MS * speed)
      return link
    },
    open(link, address) {
      const key = addressKey(address)
      const { waitMs } = throttle.take(key)
      if (waitMs > 0) throw tooMany(waitMs)
      const hash = hashOf(link)
      const row = select.get(hash, now()) as { task: string; person: string } | undefined
      if (!row) throw new Fault('task_link_over')
      throttle.takeBack(key)
      return { id: `TL-${hash.slice(0, 16)}`, ...row }
    },
    spend: ({ task }) => void removeOf.run(task),
  }
}
