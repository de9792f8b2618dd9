import type { Random } from '#devices/clock.ts'
import { type MasterKey, masterKey } from '../private/master-key.ts'
import { AccountCare } from './account-care.ts'
import { type Accounts, openAccounts } from './accounts.ts'
import { openDatabase } from './database.ts'
import { Denials } from './denials.ts'
import { type Links, openLinks } from './links.ts'
import { PasswordHashing } from './password.ts'
import { openPasswordResets } from './password-resets.ts'
import { wordsOf } from './password-rules.ts'
import { openSecondFactors } from './second-factors.ts'
import { openSessions, type SessionClock, type Sessions } from './sessions.ts'
import { NO_SETUP, type SetupSecret, setupSecret } from './setup-secret.ts'
import { SignIn } from './sign-in.ts'
import { openTaskLinks, type TaskLinks } from './task-links.ts'
import { openTokens, type Tokens } from './tokens.ts'
import { openTrail, type Trail } from './trail.ts'

export type Access = Readonly<{
  tokens: Tokens
  accounts: Accounts
  sessions: Sessions
  links: Links
  taskLinks: TaskLinks
  signIn: SignIn
  care: AccountCare
  denials: Denials
  setup: SetupSecret
  hashing: PasswordHashing
  trail: Pick<Trail, 'flush'>
  close(): void
}>

export type AccessOptions = Readonly<{
  random: Random
  clock: SessionClock
  /** Authenticators follow the wall's time, not the site's. */
  wallNow(): number
  /** Names of the site: passwords made of them are guessed first. */
  siteNames?: readonly string[]
  /** Whether the first account is made on the page, by the one-time secret. A demonstration has its links instead. */
  hasSetup?: boolean
  /** What secrets are sealed with; the one in the folder, if nothing else is said. */
  key?: MasterKey
}>

/** Everything about who may come in, over one small database. */
export function openAccess(
  folder: string,
  { random, clock, wallNow, siteNames = [], hasSetup = false, key = masterKey(folder, random) }: AccessOptions,
): Access {
  const db = openDatabase(folder)
  const trail = openTrail(db)
  const hashing = new PasswordHashing(random)
  const sessions = openSessions(db, random, clock)
  const resets = openPasswordResets(db, random, clock)
  const accounts = openAccounts(db, random, sessions, resets, trail)
  const factors = openSecondFactors(db, random, clock, wallNow, key)
  const denials = new Denials(trail)
  const links = openLinks(db, random, clock)
  const secret = hasSetup && accounts.isEmpty() ? setupSecret(folder, random) : NO_SETUP
  const siteWords = wordsOf(siteNames)
  const issuer = ['Caretaker', ...siteNames.slice(0, 1)].join(' ')
  const shared = { accounts, sessions, factors, denials, hashing, trail, clock, siteWords }
  return {
    tokens: openTokens(db, random, trail),
    accounts,
    sessions,
    links,
    taskLinks: openTaskLinks(db, random, clock),
    signIn: new SignIn({ ...shared, links, secret }),
    care: new AccountCare({ ...shared, db, resets, issuer }),
    denials,
    setup: secret,
    hashing,
    trail,
    close: () => db.close(),
  }
}
