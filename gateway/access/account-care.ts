import type { DatabaseSync } from 'node:sqlite'
import { Fault } from '#devices/fault.ts'
import { inTransaction } from '../store/schema.ts'
import type { Account, Accounts } from './accounts.ts'
import type { Denials } from './denials.ts'
import type { Identity } from './identity.ts'
import type { PasswordHashing } from './password.ts'
import type { PasswordResets } from './password-resets.ts'
import { demandStrength, wordsOf } from './password-rules.ts'
import type { SecondFactors } from './second-factors.ts'
import type { SessionClock, Sessions } from './sessions.ts'
import { addressKey, Throttle, tooMany } from './throttle.ts'
import { otpauthUri } from './totp.ts'
import type { Trail } from './trail.ts'

const FREE_PER_ACCOUNT = 5
const FREE_PER_ADDRESS = 20

/** Who looks after an account: its own person, in a session. */
type Person = Pick<Identity, 'id' | 'session'>
export type Enrolment = Readonly<{ secret: Buffer; uri: string; expiresAt: number }>

type Parts = Readonly<{
  db: DatabaseSync
  accounts: Accounts
  sessions: Sessions
  factors: SecondFactors
  resets: PasswordResets
  hashing: PasswordHashing
  trail: Trail
  denials: Denials
  clock: SessionClock
  siteWords: readonly string[]
  /** The name of the site, as the authenticator shows it. */
  issuer: string
}>

/** Passwords and second factors of accounts that exist. A session alone changes neither: each asks for the password. */
export class AccountCare {
  readonly #parts: Parts
  readonly #byAccount: Throttle
  readonly #byAddress: Throttle

  constructor(parts: Parts) {
    this.#parts = parts
    const realMs = () => parts.clock.now() / parts.clock.speed
    this.#byAccount = new Throttle(FREE_PER_ACCOUNT, realMs)
    this.#byAddress = new Throttle(FREE_PER_ADDRESS, realMs)
  }

  /** Throws `no_account` for who came in by a link or a token. */
  of({ id }: Pick<Identity, 'id'>): Account {
    const account = this.#parts.accounts.get(id)
    if (!account) throw new Fault('no_account')
    return account
  }

  /** The other sessions end. Throws `wrong_password`, `weak_password`, `too_many_attempts`. */
  async changePassword(person: Person, change: Readonly<{ old: string; new: string }>): Promise<void> {
    const { db, accounts, sessions, resets, trail, hashing } = this.#parts
    const { id, name } = this.of(person)
    await this.#demandPassword(id, change.old)
    this.#demandStrength(change.new, name)
    const hash = await hashing.hash(change.new)
    inTransaction(db, () => {
      this.#demandSession(person)
      accounts.setPassword(id, hash)
      resets.endOf(id)
      trail.note({ type: 'access.password_changed', account: id, by: id })
      sessions.endOf(id, person.session)
    })
  }

  /** Throws `totp_enrolled`, `wrong_password`, `too_many_attempts`. The secret is shown this once. */
  async beginTotp(person: Person, password: string): Promise<Enrolment> {
    const { factors, issuer } = this.#parts
    const { id, name } = this.of(person)
    if (factors.has(id)) throw new Fault('totp_enrolled')
    await this.#demandPassword(id, password)
    this.#demandSession(person)
    const { secret, expiresAt } = factors.begin(id)
    return { secret, uri: otpauthUri(secret, { issuer, name }), expiresAt }
  }

  /** From here on this account signs in with a code; its other sessions, begun without one, end. */
  confirmTotp(person: Person, code: string): Account {
    const { db, factors, sessions, trail } = this.#parts
    const { id } = this.of(person)
    this.#take(id)
    inTransaction(db, () => {
      factors.confirm(id, code)
      trail.note({ type: 'access.totp_enrolled', account: id })
      sessions.endOf(id, person.session)
    })
    this.#byAccount.forgive(id)
    return this.of(person)
  }

  /** Throws `totp_not_enrolled`, `wrong_password`, `wrong_code`, `too_many_attempts`. */
  async removeTotp(person: Person, { password, code }: Readonly<{ password: string; code: string }>): Promise<Account> {
    const { db, factors, denials, trail } = this.#parts
    const { id } = this.of(person)
    if (!factors.has(id)) throw new Fault('totp_not_enrolled')
    const isRightCode = await this.#demandPassword(id, password, () => factors.use(id, code))
    if (!isRightCode) {
      denials.add({ what: 'code', account: id, route: null })
      throw new Fault('wrong_code')
    }
    this.#demandSession(person)
    inTransaction(db, () => {
      if (factors.clear(id)) trail.note({ type: 'access.totp_cleared', account: id, by: id })
    })
    return this.of(person)
  }

  /** For who lost the authenticator: an admin, or the command line. Sessions end at once. Throws `unknown_account`. */
  clearTotp(id: string, by: string): Account {
    const { db, accounts, factors, sessions, trail } = this.#parts
    const account = accounts.get(id)
    if (!account) throw new Fault('unknown_account', { account: id })
    inTransaction(db, () => {
      if (!factors.clear(id)) return
      sessions.endOf(id)
      trail.note({ type: 'access.totp_cleared', account: id, by })
    })
    return accounts.get(id) ?? account
  }

  /** The same from the command line, by name. */
  clearTotpOf(name: string): Account {
    const account = this.#parts.accounts.find(name)
    if (!account) throw new Fault('unknown_account', { account: name })
    return this.clearTotp(account.id, 'command_line')
  }

  /** Throws `unknown_account`, `account_disabled`. The old password is good until the link is used. */
  makeReset(id: string, by: string): Readonly<{ link: string; expiresAt: number }> {
    const { db, accounts, resets, trail } = this.#parts
    const account = accounts.get(id)
    if (!account) throw new Fault('unknown_account', { account: id })
    if (account.isDisabled) throw new Fault('account_disabled', { account: id })
    return inTransaction(db, () => {
      trail.note({ type: 'access.reset_link_made', account: id, by })
      return resets.create(id)
    })
  }

  /** Throws `reset_expired`, `weak_password` (the link stays good), `too_many_attempts`. Sessions end at once. */
  async resetPassword({ link, password, address }: Readonly<Record<'link' | 'password' | 'address', string>>) {
    const { db, accounts, sessions, resets, hashing, trail } = this.#parts
    const key = addressKey(address)
    const { waitMs } = this.#byAddress.take(key)
    if (waitMs > 0) throw tooMany(waitMs)
    const id = resets.find(link)
    const account = id === null ? null : accounts.get(id)
    if (!account || account.isDisabled) throw new Fault('reset_expired')
    this.#byAddress.takeBack(key)
    this.#demandStrength(password, account.name)
    const hash = await hashing.hash(password)
    inTransaction(db, () => {
      // While the hash was computed it may have been used, or the account disabled.
      if (!resets.use(link)) throw new Fault('reset_expired')
      accounts.setPassword(account.id, hash)
      sessions.endOf(account.id)
      trail.note({ type: 'access.password_changed', account: account.id, by: 'reset_link' })
    })
  }

  #demandStrength(password: string, name: string): void {
    demandStrength(password, [...this.#parts.siteWords, ...wordsOf([name])])
  }

  /** `also` is asked while the attempt counts: what it finds wrong is a wrong attempt as well. */
  async #demandPassword(id: string, password: string, also: () => boolean = () => true): Promise<boolean> {
    const { accounts, hashing } = this.#parts
    this.#take(id)
    const stored = accounts.passwordOf(id)
    if (stored === null || !(await hashing.verify(stored, password))) throw new Fault('wrong_password')
    if (!also()) return false
    this.#byAccount.forgive(id)
    return true
  }

  /** While a hash was computed the session may have ended: whoever was shut out changes nothing any more. */
  #demandSession({ session }: Person): void {
    if (session === null || !this.#parts.sessions.isAlive(session)) throw new Fault('unauthenticated', { setup: false })
  }

  #take(id: string): void {
    const { waitMs } = this.#byAccount.take(id)
    if (waitMs > 0) throw tooMany(waitMs)
  }
}
