import { createHmac, timingSafeEqual } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'
import { normalPhone } from '../private/phone.ts'
import { inTransaction } from '../store/schema.ts'
import { hashOf } from './links.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** A code is good for so long, and for so many tries. */
const GOOD_FOR_MS = 10 * MINUTE_MS
const TRIES = 5
/** One number is asked for so seldom, known or not: nobody makes somebody else's telephone ring all day. */
const BETWEEN_MS = MINUTE_MS
const A_DAY = 5
/** Nobody fills the disk by asking. */
const MOST_ASKED = 20_000
/** Who signed in by a code need not do so again for so long; nor longer, used or not. */
const VISIT_MS = 30 * DAY_MS
const MOST_VISITS_OF_A_PHONE = 10

/** What goes out once, to the telephone, and what the browser holds meanwhile. */
export type Asked = Readonly<{ challenge: string; code: string }> | Readonly<{ waitMs: number }>
export type Visit = Readonly<{ id: string; phone: string; contacts: readonly string[] }>

/** Signing in by a telephone number and a code that is sent to it. Times are site time in ms. */
export type ResidentCodes = Readonly<{
  /**
   * A code for whoever types this number, whether anybody here has it or not: what is done for both is the same. `waitMs`:
   * it was asked for a moment ago, or too often today.
   */
  ask(phone: string, at: number): Asked
  /** Whether one more message may be paid today, and counts it. */
  mayPay(challenge: string, mostADay: number, at: number): boolean
  /** Whether this is the code of this challenge and number; each look is a try. It is used up by being right. */
  isRight(given: Readonly<{ challenge: string; phone: string; code: string }>, at: number): boolean
  /** The text goes into a cookie and is kept nowhere else. */
  begin(phone: string, contacts: readonly string[], at: number): string
  visitOf(token: string, at: number): Visit | null
  /** Which one it was; null when there was none. */
  end(token: string): string | null
  /** Names a number without saying it. */
  keyOf(phone: string): string
}>

export function residentCodes(
  db: DatabaseSync,
  key: string,
  { random, speed }: Readonly<{ random: Random; speed: number }>,
): ResidentCodes {
  const keyed = (text: string) => createHmac('sha256', key).update(text).digest('base64url')
  const keyOf = (phone: string) => keyed(`phone:${normalPhone(phone) ?? ''}`)
  const sealOf = (challenge: string, code: string) => keyed(`code:${challenge}:${code}`)
  const forget = db.prepare('delete from codes where asked_at <= ?')
  const count = db.prepare('select count(*) as n from codes')
  const lately = db.prepare('select asked_at as at from codes where phone = ? order by asked_at')
  const spend = db.prepare('update codes set tries = ? where phone = ?')
  const insert = db.prepare('insert into codes values (?, ?, ?, 0, ?, 0)')
  const sent = db.prepare('select count(*) as n from codes where sent = 1')
  const noteSent = db.prepare('update codes set sent = 1 where challenge = ?')
  const take = db.prepare(
    'update codes set tries = tries + 1 where challenge = ? and phone = ? and tries < ? and asked_at > ? returning code',
  )
  const insertVisit = db.prepare('insert into visits values (?, ?, ?, ?)')
  const oldVisits = db.prepare('delete from visits where begun_at <= ?')
  const crowded = db.prepare(
    'delete from visits where hash in (select hash from visits where phone = ? order by begun_at desc limit -1 offset ?)',
  )
  const findVisit = db.prepare('select phone, contacts from visits where hash = ? and begun_at > ?')
  const endVisit = db.prepare('delete from visits where hash = ?')
  const numberOf = (row: unknown) => (row as { n: number }).n

  return {
    keyOf,
    ask: (phone, at) =>
      inTransaction(db, () => {
        forget.run(at - DAY_MS * speed)
        const who = keyOf(phone)
        const before = (lately.all(who) as { at: number }[]).map((row) => row.at)
        const freeAt = Math.max(
          (before.at(-1) ?? -Infinity) + BETWEEN_MS * speed,
          before.length < A_DAY ? -Infinity : before.at(-A_DAY)! + DAY_MS * speed,
        )
        if (freeAt > at) return { waitMs: (freeAt - at) / speed }
        if (numberOf(count.get()) >= MOST_ASKED) return { waitMs: BETWEEN_MS }
        const [challenge, code] = [random.token(), digits(random)]
        insert.run(hashOf(challenge), who, sealOf(challenge, code), at)
        return { challenge, code }
      }),
    mayPay: (challenge, mostADay, at) =>
      inTransaction(db, () => {
        forget.run(at - DAY_MS * speed)
        if (numberOf(sent.get()) >= mostADay) return false
        noteSent.run(hashOf(challenge))
        return true
      }),
    isRight({ challenge, phone, code }, at) {
      const hash = hashOf(challenge)
      // Counted before it is looked at: a hundred at once are a hundred tries.
      const row = take.get(hash, keyOf(phone), TRIES, at - GOOD_FOR_MS * speed) as { code: string } | undefined
      const isRight = isSame(sealOf(challenge, code), row?.code ?? '') && row !== undefined
      if (isRight) spend.run(TRIES, keyOf(phone))
      return isRight
    },
    begin(phone, contacts, at) {
      const token = random.token()
      oldVisits.run(at - VISIT_MS * speed)
      insertVisit.run(hashOf(token), keyOf(phone), JSON.stringify(contacts), at)
      crowded.run(keyOf(phone), MOST_VISITS_OF_A_PHONE)
      return token
    },
    visitOf(token, at) {
      const id = hashOf(token)
      const row = findVisit.get(id, at - VISIT_MS * speed) as { phone: string; contacts: string } | undefined
      return row ? { id, phone: row.phone, contacts: JSON.parse(row.contacts) as string[] } : null
    },
    end(token) {
      const id = hashOf(token)
      return endVisit.run(id).changes > 0 ? id : null
    },
  }
}

function digits(random: Random): string {
  return String(Math.floor(random.next() * 1_000_000)).padStart(6, '0')
}

function isSame(given: string, known: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(known)]
  return a.length === b.length && timingSafeEqual(a, b)
}
