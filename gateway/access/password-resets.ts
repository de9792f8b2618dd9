import type { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'
import { hashOf } from './database.ts'
import type { SessionClock } from './sessions.ts'

const TTL_MS = 3_600_000

/** Links by which a person sets a password that nobody else ever knew. One per account, good once, for an hour. */
export type PasswordResets = Readonly<{
  /** The text of the link is shown this once, only its hash is kept. An older link of the account is over. */
  create(account: string): { link: string; expiresAt: number }
  /** The account it is for; null when it is unknown, used or over. It is not used by this. */
  find(link: string): string | null
  /** Whether it was still good. It is used by this. */
  use(link: string): boolean
  endOf(account: string): void
}>

export function openPasswordResets(db: DatabaseSync, random: Random, { now, speed }: SessionClock): PasswordResets {
  const put = db.prepare(
    'insert into resets (account, hash, expires_at) values (?, ?, ?) on conflict (account) do update set hash = excluded.hash, expires_at = excluded.expires_at',
  )
  const select = db.prepare('select account from resets where hash = ? and expires_at > ?')
  // One statement: of two who use it at once, one does.
  const take = db.prepare('delete from resets where hash = ? and expires_at > ?')
  const remove = db.prepare('delete from resets where account = ?')
  return {
    create(account) {
      const link = random.token()
      const expiresAt = now() + TTL_MS * speed
      put.run(account, hashOf(link), expiresAt)
      return { link, expiresAt }
    },
    find(link) {
      const row = select.get(hashOf(link), now()) as { account: string } | undefined
      return row?.account ?? null
    },
    use: (link) => take.run(hashOf(link), now()).changes === 1,
    endOf: (account) => void remove.run(account),
  }
}
