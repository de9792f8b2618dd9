import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'

/** How residents come in: by a link of their home, or by the link of one notice. Neither stands in the journal. */
export type ResidentLinks = Readonly<{
  /** The path of a page for one home. Shown this once; only its hash is kept. */
  create(home: string, by: string, at: number): string
  /** All links of a home end: somebody moved out, or lost one. */
  revoke(home: string): number
  homeOf(token: string): string | null
  /** The same by what is kept of the link. */
  homeBy(hash: string): string | null
  /** The path of the living page of a notice: the same for everybody, and guessed by nobody. */
  pathOf(notice: string): string
  noticeOf(token: string): string | null
}>

const MAC_LENGTH = 22

export function residentLinks(db: DatabaseSync, key: string, random: Random): ResidentLinks {
  const insert = db.prepare('insert into links (hash, home, made_by, made_at) values (?, ?, ?, ?)')
  const find = db.prepare('select home from links where hash = ?')
  const end = db.prepare('delete from links where home = ?')
  const macOf = (notice: string) =>
    createHmac('sha256', key).update(`notice:${notice}`).digest('base64url').slice(0, MAC_LENGTH)
  const homeBy = (hash: string) => (find.get(hash) as { home: string } | undefined)?.home ?? null
  return {
    create(home, by, at) {
      const token = random.token()
      insert.run(hashOf(token), home, by, at)
      return `/r/${token}`
    },
    revoke: (home) => Number(end.run(home).changes),
    homeOf: (token) => homeBy(hashOf(token)),
    homeBy,
    pathOf: (notice) => `/n/${notice}.${macOf(notice)}`,
    noticeOf(token) {
      const [notice = '', mac = ''] = token.split('.')
      const [given, known] = [Buffer.from(mac), Buffer.from(macOf(notice))]
      return given.length === known.length && timingSafeEqual(given, known) ? notice : null
    },
  }
}

/** Of 256 random bits: looking it up leaks nothing by its time. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
