import type { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'
import type { MasterKey } from '../private/master-key.ts'
import type { Sealing } from '../private/sealing.ts'
import { inTransaction } from '../store/schema.ts'
import type { SessionClock } from './sessions.ts'
import { stepOf } from './totp.ts'

const SECRET_BYTES = 20
const CONFIRM_WITHIN_MS = 600_000
const PURPOSE = 'second-factors'

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

/**
 * `wallNow`: authenticators follow the wall, whatever the site's time does. Secrets are sealed (S10); without the key
 * whoever has a second factor is told why it cannot be looked at, and nobody gets a new one.
 */
export function openSecondFactors(
  db: DatabaseSync,
  random: Random,
  { now, speed }: SessionClock,
  wallNow: () => number,
  key: MasterKey,
): SecondFactors {
  const select = db.prepare('select secret from totp where account = ?')
  const insert = db.prepare('insert into totp (account, secret, used_step) values (?, ?, ?)')
  // One statement: two who send the same code at once are not both let in; an older code is over with a newer one.
  const spend = db.prepare('update totp set used_step = ? where account = ? and used_step < ?')
  const remove = db.prepare('delete from totp where account = ?')
  /** Gone with a restart: the person begins again. */
  const begun = new Map<string, Begun>()

  function sealing(): Sealing {
    if (!key.sealing) throw new Fault(key.trouble.code, key.trouble.params)
    return key.sealing
  }
  function rowOf(account: string): { secret: Uint8Array } | undefined {
    return select.get(account) as { secret: Uint8Array } | undefined
  }
  function secretOf(account: string): Buffer | null {
    const row = rowOf(account)
    if (!row) return null
    // As an earlier version kept it, while there is no key to seal it with.
    if (row.secret.length === SECRET_BYTES) return Buffer.from(row.secret)
    return sealing().open(PURPOSE, account, row.secret)
  }
  function demandNone(account: string): void {
    if (rowOf(account)) throw new Fault('totp_enrolled')
  }
  /** Those that an earlier version kept in the clear. Their bytes are overwritten. */
  function sealOld(): void {
    const old = db.prepare('select account, secret from totp where length(secret) = ?').all(SECRET_BYTES)
    if (old.length === 0 || !key.sealing) return
    const update = db.prepare('update totp set secret = ? where account = ?')
    db.exec('pragma secure_delete = on')
    inTransaction(db, () => {
      for (const { account, secret } of old as { account: string; secret: Uint8Array }[])
        update.run(sealing().seal(PURPOSE, account, secret), account)
    })
    db.exec('vacuum; pragma wal_checkpoint(truncate)')
  }
  sealOld()

  return {
    has: (account) => rowOf(account) !== undefined,
    begin(account) {
      demandNone(account)
      sealing()
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
      insert.run(account, sealing().seal(PURPOSE, account, started.secret), step)
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
