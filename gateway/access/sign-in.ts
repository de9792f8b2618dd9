import { Fault } from '#devices/fault.ts'
import { type Accounts, folded } from './accounts.ts'
import type { Denials } from './denials.ts'
import type { Identity } from './identity.ts'
import type { Links } from './links.ts'
import type { PasswordHashing } from './password.ts'
import { demandStrength, wordsOf } from './password-rules.ts'
import type { SecondFactors } from './second-factors.ts'
import type { Owner, SessionClock, Sessions } from './sessions.ts'
import type { SetupSecret } from './setup-secret.ts'
import { addressKey, Throttle, tooMany } from './throttle.ts'
import type { Trail } from './trail.ts'
import type { Role } from '../role.ts'

const FREE_PER_ACCOUNT = 5
const FREE_PER_ADDRESS = 20

type Attempt = Readonly<{
  /** Of the socket: no header is believed. */
  address: string
  /** The session that the browser had before; it ends when another begins. */
  before: string | null
}>
export type SignedIn = Readonly<{ token: string; identity: Identity }>
export type Credentials = Readonly<{ name: string; password: string }>
/** `code`: of the account's authenticator, where it has one. */
type Proof = Credentials & Readonly<{ code?: string | undefined }>
export type Newcomer = Credentials & Readonly<{ role: Role; person: string | null; by: string }>

type Parts = Readonly<{
  accounts: Accounts
  sessions: Sessions
  factors: SecondFactors
  denials: Denials
  links: Links
  hashing: PasswordHashing
  secret: SetupSecret
  trail: Trail
  clock: SessionClock
  /** What people who guess know of this site. */
  siteWords: readonly string[]
}>

/** The ways in. Each counts its attempts by the address, and by the name, known or not. */
export class SignIn {
  readonly #parts: Parts
  readonly #byName: Throttle
  readonly #byAddress: Throttle
  readonly #decoy: string

  constructor(parts: Parts) {
    this.#parts = parts
    const realMs = () => parts.clock.now() / parts.clock.speed
    this.#byName = new Throttle(FREE_PER_ACCOUNT, realMs)
    this.#byAddress = new Throttle(FREE_PER_ADDRESS, realMs)
    this.#decoy = parts.hashing.decoy()
  }

  /**
   * Throws `wrong_credentials` or `too_many_attempts`: the same words and the same work, whether the name is there or
   * not. With the right password of an account that has a second factor: `totp_required` or `wrong_code`.
   */
  async withPassword({ name, password, code }: Proof, attempt: Attempt): Promise<SignedIn> {
    const { accounts, hashing, factors, denials, clock } = this.#parts
    const byAddress = this.#take('sign_in', attempt.address)
    const account = accounts.find(name)
    const key = folded(name)
    const { waitMs, tried, isBurst } = this.#byName.take(key)
    // Also for a name that is not there: what is written takes time, and time tells.
    if (isBurst) this.#note('sign_in', account?.id ?? null, tried)
    if (waitMs > 0) throw tooMany(waitMs)
    const isRight = await hashing.verify(account?.password ?? this.#decoy, password)
    // While the hash was computed the account may have been disabled, or its role changed.
    const now = isRight ? accounts.find(name) : null
    if (!now || now.isDisabled || now.password !== account?.password) {
      denials.add({ what: 'sign_in', account: account?.id ?? null, route: null })
      throw new Fault('wrong_credentials')
    }
    if (now.hasTotp && code === undefined) {
      // Half of a sign-in is no guess.
      this.#byName.takeBack(key)
      byAddress.takeBack()
      throw new Fault('totp_required')
    }
    if (now.hasTotp && !factors.use(now.id, code!)) {
      denials.add({ what: 'code', account: now.id, route: null })
      throw new Fault('wrong_code')
    }
    this.#byName.forgive(key)
    byAddress.takeBack()
    accounts.noteSignIn(now.id, clock.now())
    return this.#begin(now, attempt)
  }

  /** Throws `too_many_attempts`; null for a link that opens nothing. */
  withLink(link: string, attempt: Attempt): SignedIn | null {
    const byAddress = this.#take('link', attempt.address)
    const owner = this.#parts.links.use(link)
    if (!owner) return null
    byAddress.takeBack()
    return this.#begin(owner, attempt)
  }

  /** The first account, by the one-time secret: an admin, signed in. */
  async setUp({ secret, name, password }: Credentials & { secret: string }, attempt: Attempt): Promise<SignedIn> {
    const { secret: expected, accounts } = this.#parts
    if (!accounts.isEmpty()) throw new Fault('already_set_up')
    const byAddress = this.#take('setup', attempt.address)
    if (!expected.is(secret)) {
      this.#note('setup', null, 1)
      throw new Fault('wrong_setup_secret')
    }
    byAddress.takeBack()
    const account = await this.create({ name, password, role: 'admin', person: null, by: 'setup' }, () => {
      // Two at once: while one's hash was computed the other became the first.
      if (!accounts.isEmpty()) throw new Fault('already_set_up')
    })
    expected.destroy()
    accounts.noteSignIn(account.id, this.#parts.clock.now())
    return this.#begin(account, attempt)
  }

  /** Throws `weak_password` or `name_taken`. `last` is asked when the hash is there. */
  async create({ name, password, role, person, by }: Newcomer, last: () => void = () => {}) {
    const { hashing, accounts, clock, siteWords } = this.#parts
    demandStrength(password, [...siteWords, ...wordsOf([name])])
    const hash = await hashing.hash(password)
    last()
    return accounts.create({ name: name.trim(), role, person, password: hash, at: clock.now(), by })
  }

  signOut(token: string): void {
    const { sessions, trail } = this.#parts
    const account = sessions.close(token)
    if (account !== null) trail.note({ type: 'access.signed_out', account })
  }

  /** S08: never the session that was there before, which somebody else may have put there. */
  #begin(owner: Owner, { before }: Attempt): SignedIn {
    const { sessions, trail } = this.#parts
    if (before !== null) sessions.close(before)
    const signedIn = sessions.open(owner)
    trail.note({ type: 'access.signed_in', account: owner.id, role: owner.role })
    return signedIn
  }

  #take(what: Refused, address: string): { takeBack(): void } {
    const key = addressKey(address)
    const { waitMs, tried, isBurst } = this.#byAddress.take(key)
    if (isBurst) this.#note(what, null, tried)
    if (waitMs > 0) throw tooMany(waitMs)
    return { takeBack: () => this.#byAddress.takeBack(key) }
  }

  #note(what: Refused, account: string | null, count: number): void {
    this.#parts.trail.note({ type: 'access.refused', what, account, count })
  }
}

type Refused = 'sign_in' | 'link' | 'setup'
