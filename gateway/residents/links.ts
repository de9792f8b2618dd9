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
  /**
   * The path of the living page of a notice, guessed by nobody. For one home it ends in a sign by which only this gateway
   * knows which home it was sent to; the page is the same.
   */
  pathOf(notice: string, home?: string): string
  noticeOf(token: string): string | null
  /** Which of these homes the link was sent to; null for none. */
  sentTo(token: string, homes: readonly string[]): string | null
}>

const MAC_LENGTH = 22
/** Every character is paid for in a text message; it opens nothing. */
const SIGN_LENGTH = 6

export function residentLinks(db: DatabaseSync, key: string, random: Random): ResidentLinks {
  const insert = db.prepare('insert into links (hash, home, made_by, made_at) values (?, ?, ?, ?)')
  const find = db.prepare('select home from links where hash = ?')
  const end = db.prepare('delete from links where home = ?')
  const macOf = (notice: string) =>
    createHmac('sha256', key).update(`notice:${notice}`).digest('base64url').slice(0, MAC_LENGTH)
  const signOf = (notice: string, home: string) =>
    createHmac('sha256', key).update(`home:${notice}:${home}`).digest('base64url').slice(0, SIGN_LENGTH)
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
    pathOf: (notice, home) => `/n/${notice}.${macOf(notice)}${home === undefined ? '' : `.${signOf(notice, home)}`}`,
    noticeOf(token) {
      const [notice = '', mac = ''] = token.split('.')
      const [given, known] = [Buffer.from(mac), Buffer.from(macOf(notice))]
      return given.length === known.length && timingSafeEqual(given, known) ? notice : null
    },
    sentTo(token, homes) {
      const [notice = '', , sign] = token.split('.')
      return sign?.length === SIGN_LENGTH ? (homes.find((home) => signOf(notice, home) === sign) ?? null) : null
    },
  }
}

/** Of 256 random bits: looking it up leaks nothing by its time. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
