import type { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'
import type { SessionClock } from './sessions.ts'
import { stepOf } from './totp.ts'

const SECRET_BYTES = 20
const CONFIRM_WITHIN_MS = 600_000

/** S10: what an account's authenticator shows. A secret leaves once, when it is begun; codes are good once. */
export type SecondFactors = Readonly<{
  has(account: string): boolean
  /** A new secret that counts nothing until it is confirmed. Throws `totp_enrolled`. `expiresAt` is site time. */
  begin(account: string): { secret: Buffer; expiresAt: number }
  /** From here on a code is asked for. Throws `totp_enrolled`, `totp_not_begun`, `wrong_code`. The code is used by this. */
  confirm(account: string, code: string): void
  /** Whether the code is right, of now, and was not used. It is used by this. */
  use(account: string, code: string): boolean
  /** Whether there was one. */
  clear(account: string): boolean
}>

type Begun = Readonly<{ secret: Buffer; expiresAt: number }>

/** `wallNow`: authenticators follow the wall, whatever the site's time does. */
export function openSecondFactors(
  db: DatabaseSync,
  random: Random,
  { now, speed }: SessionClock,
  wallNow: () => number,
): SecondFactors {
  const select = db.prepare('select secret from totp where account = ?')
  const insert = db.prepare('insert into totp (account, secret, used_step) values (?, ?, ?)')
  // One statement: two who send the same code at once are not both let in; an older code is over with a newer one.
  const spend = db.prepare('update totp set used_step = ? where account = ? and used_step < ?')
  const remove = db.prepare('delete from totp where account = ?')
  /** Gone with a restart: the person begins again. */
  const begun = new Map<string, Begun>()

  function secretOf(account: string): Buffer | null {
    const row = select.get(account) as { secret: Uint8Array } | undefined
    return row ? Buffer.from(row.secret) : null
  }
  function demandNone(account: string): void {
    if (secretOf(account)) throw new Fault('totp_enrolled')
  }

  return {
    has: (account) => secretOf(account) !== null,
    begin(account) {
      demandNone(account)
      const secret = Buffer.from(random.token(), 'base64url').subarray(0, SECRET_BYTES)
      const started = { secret, expiresAt: now() + CONFIRM_WITHIN_MS * speed }
      begun.set(account, started)
      return started
    },
    confirm(account, code) {
      demandNone(account)
      const started = begun.get(account)
      if (!started || now() >= started.expiresAt) throw new Fault('totp_not_begun')
      const step = stepOf(started.secret, code, wallNow())
      if (step === null) throw new Fault('wrong_code')
      insert.run(account, started.secret, step)
      begun.delete(account)
    },
    use(account, code) {
      const secret = secretOf(account)
      const step = secret && stepOf(secret, code, wallNow())
      return step !== null && spend.run(step, account, step).changes === 1
    },
    clear(account) {
      begun.delete(account)
      return remove.run(account).changes === 1
    },
  }
}
