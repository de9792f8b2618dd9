import type { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'
import type { Role } from '../role.ts'
import { inTransaction } from '../store/schema.ts'
import { hashOf } from './database.ts'
import type { PasswordResets } from './password-resets.ts'
import type { Sessions } from './sessions.ts'
import type { Trail } from './trail.ts'

export type Account = Readonly<{
  id: string
  name: string
  role: Role
  person: string | null
  isDisabled: boolean
  createdAt: number
  /** Site time; null for who never did. */
  lastSignInAt: number | null
  /** A code of an authenticator is asked for at each sign-in. */
  hasTotp: boolean
}>
export type NewAccount = Readonly<{
  name: string
  role: Role
  person: string | null
  /** The hash of the password, in PHC form. */
  password: string
  at: number
  /** Who makes it: an identity, or the setup. */
  by: string
}>

/** People who sign in. An account is disabled, never deleted: the journal names it. */
export type Accounts = Readonly<{
  isEmpty(): boolean
  list(): Account[]
  /** Throws `name_taken`; names that differ in case only are one. */
  create(account: NewAccount): Account
  get(id: string): Account | null
  /** With the hash of its password; for the sign-in alone. */
  find(name: string): (Account & { password: string }) | null
  /** Throws `unknown_account`, and `last_admin` for who would leave nobody to run the site. Sessions end at once. */
  disable(id: string, by: string): Account
  /** Throws `unknown_account`. */
  enable(id: string, by: string): Account
  changeRole(id: string, role: Role, by: string): Account
  noteSignIn(id: string, at: number): void
  /** The hash; null for who is not there. For who checks it, alone. */
  passwordOf(id: string): string | null
  /** `password` is its hash. What follows from it is the caller's, in the same transaction. */
  setPassword(id: string, password: string): void
}>

const COLUMNS = `id, name, role, person, password, is_disabled as isDisabled, created_at as createdAt,
  last_sign_in_at as lastSignInAt, exists (select 1 from totp where account = accounts.id) as hasTotp`
type Row = Readonly<{
  id: string
  name: string
  role: Role
  person: string | null
  password: string
  isDisabled: number
  createdAt: number
  lastSignInAt: number | null
  hasTotp: number
}>

export function openAccounts(
  db: DatabaseSync,
  random: Random,
  sessions: Pick<Sessions, 'endOf'>,
  resets: Pick<PasswordResets, 'endOf'>,
  trail: Trail,
): Accounts {
  const byId = db.prepare(`select ${COLUMNS} from accounts where id = ?`)
  const byName = db.prepare(`select ${COLUMNS} from accounts where folded = ?`)
  const all = db.prepare(`select ${COLUMNS} from accounts order by rowid`)
  const insert = db.prepare(
    'insert into accounts (id, name, folded, role, person, password, created_at) values (?, ?, ?, ?, ?, ?, ?)',
  )
  const setDisabled = db.prepare('update accounts set is_disabled = ? where id = ?')
  const setRole = db.prepare('update accounts set role = ? where id = ?')
  const setPassword = db.prepare('update accounts set password = ? where id = ?')
  const setLastSignIn = db.prepare('update accounts set last_sign_in_at = ? where id = ?')
  const otherAdmins = db.prepare(
    "select count(*) as n from accounts where role = 'admin' and is_disabled = 0 and id <> ?",
  )

  const rowOf = (id: string) => byId.get(id) as Row | undefined
  function get(id: string): Account {
    const row = rowOf(id)
    if (!row) throw new Fault('unknown_account', { account: id })
    return accountOf(row)
  }
  function demandAnotherAdmin({ id, role, isDisabled }: Account): void {
    if (role !== 'admin' || isDisabled) return
    if ((otherAdmins.get(id) as { n: number }).n === 0) throw new Fault('last_admin')
  }

  return {
    isEmpty: () => all.get() === undefined,
    list: () => (all.all() as Row[]).map(accountOf),
    create({ name, role, person, password, at, by }) {
      return inTransaction(db, () => {
        if (byName.get(folded(name))) throw new Fault('name_taken', { name })
        // Never one that the journal has met before, even when this file was begun anew.
        const id = `U-${hashOf(random.token()).slice(0, 8)}`
        insert.run(id, name, folded(name), role, person, password, at)
        trail.note({ type: 'access.account_created', account: id, role, by })
        return get(id)
      })
    },
    get(id) {
      const row = rowOf(id)
      return row ? accountOf(row) : null
    },
    find(name) {
      const row = byName.get(folded(name)) as Row | undefined
      return row ? { ...accountOf(row), password: row.password } : null
    },
    disable(id, by) {
      return inTransaction(db, () => {
        const account = get(id)
        if (account.isDisabled) return account
        demandAnotherAdmin(account)
        setDisabled.run(1, id)
        sessions.endOf(id)
        resets.endOf(id)
        trail.note({ type: 'access.account_disabled', account: id, by })
        return get(id)
      })
    },
    enable(id, by) {
      return inTransaction(db, () => {
        if (!get(id).isDisabled) return get(id)
        setDisabled.run(0, id)
        trail.note({ type: 'access.account_enabled', account: id, by })
        return get(id)
      })
    },
    changeRole(id, role, by) {
      return inTransaction(db, () => {
        const account = get(id)
        if (account.role === role) return account
        demandAnotherAdmin(account)
        setRole.run(role, id)
        sessions.endOf(id)
        trail.note({ type: 'access.role_changed', account: id, role, by })
        return get(id)
      })
    },
    noteSignIn: (id, at) => void setLastSignIn.run(at, id),
    passwordOf: (id) => rowOf(id)?.password ?? null,
    setPassword: (id, password) => void setPassword.run(password, id),
  }
}

/** How a name is compared: as typed on any keyboard, in any case. */
export function folded(name: string): string {
  return name.trim().normalize('NFKC').toLowerCase()
}

function accountOf({ password: _password, isDisabled, hasTotp, ...row }: Row): Account {
  return { ...row, isDisabled: isDisabled === 1, hasTotp: hasTotp === 1 }
}
