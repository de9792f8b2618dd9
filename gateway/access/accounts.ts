import type { DatabaseSync } from 'node:sqlite'
import type { Random } from '#devices/clock.ts'
import { Fault } from '#devices/fault.ts'
import type { Role } from '../role.ts'
import { inTransaction } from '../store/schema.ts'
import { hashOf } from './database.ts'
import type { Sessions } from './sessions.ts'
import type { Trail } from './trail.ts'

export type Account = Readonly<{
  id: string
  name: string
  role: Role
  person: string | null
  isDisabled: boolean
  createdAt: number
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
  /** With the hash of its password; for the sign-in alone. */
  find(name: string): (Account & { password: string }) | null
  /** Throws `unknown_account`, and `last_admin` for who would leave nobody to run the site. Sessions end at once. */
  disable(id: string, by: string): Account
  changeRole(id: string, role: Role, by: string): Account
}>

const COLUMNS = 'id, name, role, person, password, is_disabled as isDisabled, created_at as createdAt'
type Row = Readonly<{
  id: string
  name: string
  role: Role
  person: string | null
  password: string
  isDisabled: number
  createdAt: number
}>

export function openAccounts(
  db: DatabaseSync,
  random: Random,
  sessions: Pick<Sessions, 'endOf'>,
  trail: Trail,
): Accounts {
  const byId = db.prepare(`select ${COLUMNS} from accounts where id = ?`)
  const byName = db.prepare(`select ${COLUMNS} from accounts where folded = ?`)
  const all = db.prepare(`select ${COLUMNS} from accounts order by rowid`)
  const insert = db.prepare(
    'insert into accounts (id, name, folded, role, person, password, created_at) values (?, ?, ?, ?, ?, ?, ?)',
  )
  const setDisabled = db.prepare('update accounts set is_disabled = 1 where id = ?')
  const setRole = db.prepare('update accounts set role = ? where id = ?')
  const otherAdmins = db.prepare(
    "select count(*) as n from accounts where role = 'admin' and is_disabled = 0 and id <> ?",
  )

  function get(id: string): Account {
    const row = byId.get(id) as Row | undefined
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
    find(name) {
      const row = byName.get(folded(name)) as Row | undefined
      return row ? { ...accountOf(row), password: row.password } : null
    },
    disable(id, by) {
      return inTransaction(db, () => {
        const account = get(id)
        if (account.isDisabled) return account
        demandAnotherAdmin(account)
        setDisabled.run(id)
        sessions.endOf(id)
        trail.note({ type: 'access.account_disabled', account: id, by })
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
  }
}

/** How a name is compared: as typed on any keyboard, in any case. */
export function folded(name: string): string {
  return name.trim().normalize('NFKC').toLowerCase()
}

function accountOf({ id, name, role, person, isDisabled, createdAt }: Row): Account {
  return { id, name, role, person, isDisabled: isDisabled === 1, createdAt }
}
