import type { Random } from '#devices/clock.ts'
import { type Accounts, openAccounts } from './accounts.ts'
import { openDatabase } from './database.ts'
import { type Links, openLinks } from './links.ts'
import { PasswordHashing } from './password.ts'
import { wordsOf } from './password-rules.ts'
import { openSessions, type SessionClock, type Sessions } from './sessions.ts'
import { NO_SETUP, type SetupSecret, setupSecret } from './setup-secret.ts'
import { SignIn } from './sign-in.ts'
import { openTokens, type Tokens } from './tokens.ts'
import { openTrail, type Trail } from './trail.ts'

export type Access = Readonly<{
  tokens: Tokens
  accounts: Accounts
  sessions: Sessions
  links: Links
  signIn: SignIn
  setup: SetupSecret
  hashing: PasswordHashing
  trail: Pick<Trail, 'flush'>
  close(): void
}>

export type AccessOptions = Readonly<{
  random: Random
  clock: SessionClock
  /** Names of the site: passwords made of them are guessed first. */
  siteNames?: readonly string[]
  /** Whether the first account is made on the page, by the one-time secret. A demonstration has its links instead. */
  hasSetup?: boolean
}>

/** Everything about who may come in, over one small database. */
export function openAccess(folder: string, { random, clock, siteNames = [], hasSetup = false }: AccessOptions): Access {
  const db = openDatabase(folder)
  const trail = openTrail(db)
  const hashing = new PasswordHashing(random)
  const sessions = openSessions(db, random, clock)
  const accounts = openAccounts(db, random, sessions, trail)
  const links = openLinks(db, random, clock)
  const secret = hasSetup && accounts.isEmpty() ? setupSecret(folder, random) : NO_SETUP
  const siteWords = wordsOf(siteNames)
  return {
    tokens: openTokens(db, random, trail),
    accounts,
    sessions,
    links,
    signIn: new SignIn({ accounts, sessions, links, hashing, secret, trail, clock, siteWords }),
    setup: secret,
    hashing,
    trail,
    close: () => db.close(),
  }
}
