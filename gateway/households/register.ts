import type { Random } from '#devices/clock.ts'
import type { HouseholdContact } from '../private/kinds.ts'
import type { PrivateRecord, PrivateStore } from '../private/private-store.ts'
import { normalPhone } from '../private/phone.ts'
import { readList, type RowFault } from './list-file.ts'
import { entryOf, type Road, type Roll, rollOf } from './roll.ts'
import { contactOf, type Estate } from './row.ts'

export type Contact = Readonly<{ id: string; version: number; updatedAt: number }> & HouseholdContact
export type Imported = Readonly<{
  faults: readonly RowFault[]
  added: number
  changed: number
  unchanged: number
  /** Columns that nobody here knows. */
  unread: readonly string[]
}>
export type Correction = Readonly<
  Partial<Pick<HouseholdContact, 'from' | 'to' | 'phone' | 'email' | 'consent' | 'livesHere'>>
>
/** Where one contact is reached, and in which language it reads. */
export type Addressee = Readonly<{ to: string; language: 'zh-CN' | 'en' }>

/** The households of the estate: read from the private store, changed in it, known by id everywhere else. */
export type Register = Readonly<{
  roll(): Roll
  /** All of it or nothing: with one bad row nothing is taken. `isDry`: only looked through. */
  importList(bytes: Uint8Array, by: string, options?: Readonly<{ isDry?: boolean }>): Imported
  ofHome(home: string): readonly Contact[]
  get(id: string): Contact | null
  add(contact: HouseholdContact, by: string): string
  /** Null when there is no such contact. */
  correct(id: string, change: Correction, by: string): Contact | null
  findByPhone(phone: string): readonly Contact[]
  all(): readonly Contact[]
  /** Everything of a person is gone for good. False when unknown. */
  erase(id: string, by: string): boolean
  /** Where a message goes at this moment; null when there is nowhere. */
  addressOf(id: string, road: Road): Addressee | null
}>

export function openRegister(secrets: PrivateStore, { random, estate }: { random: Random; estate: Estate }): Register {
  let known: Roll | null = null
  const contactFrom = ({ id, version, updatedAt, doc }: PrivateRecord<'household'>): Contact => ({
    ...doc,
    id,
    version,
    updatedAt,
  })
  const all = () => secrets.list('household').map(contactFrom)
  const roll = () => (known ??= rollOf(all().map(({ id, ...contact }) => entryOf(id, contact))))
  const put = (id: string, doc: HouseholdContact, by: string): boolean => {
    known = null
    return secrets.put({ kind: 'household', id, subject: id, doc }, by)
  }
  const newId = () => `C${random.token().replace(/[-_]/g, '').slice(0, 12)}`
  const get = (id: string) => {
    const record = secrets.get('household', id)
    return record && contactFrom(record)
  }

  return {
    roll,
    all,
    get,
    importList(bytes, by, { isDry = false } = {}) {
      const { rows, faults: unreadable, unread } = readList(bytes)
      const faults = [...unreadable]
      const contacts: HouseholdContact[] = []
      const lines = new Map<string, number>()
      for (const row of rows) {
        const contact = contactOf(row, estate)
        if (Array.isArray(contact)) {
          faults.push(...contact)
          continue
        }
        const key = keyOf(contact)
        const twice = lines.get(key)
        if (twice !== undefined) faults.push({ line: row.line, code: 'list_twice', params: { line: twice } })
        lines.set(key, row.line)
        contacts.push(contact)
      }
      if (faults.length > 0) {
        faults.sort((a, b) => a.line - b.line)
        return { faults, added: 0, changed: 0, unchanged: 0, unread }
      }
      const before = new Map(all().map((contact) => [keyOf(contact), contact.id]))
      const count = { added: 0, changed: 0, unchanged: 0 }
      const take = () => {
        for (const contact of contacts) {
          const id = before.get(keyOf(contact))
          if (id === undefined) count.added++
          if (isDry) continue
          const isDifferent = put(id ?? newId(), contact, by)
          if (id !== undefined) count[isDifferent ? 'changed' : 'unchanged']++
        }
      }
      if (isDry) take()
      else secrets.transaction(take)
      return { faults, ...count, unread }
    },
    ofHome: (home) =>
      roll()
        .of(home)
        .flatMap(({ id }) => get(id) ?? []),
    add(contact, by) {
      const id = newId()
      put(id, contact, by)
      return id
    },
    correct(id, change, by) {
      const contact = get(id)
      if (!contact) return null
      const { id: _, version: _v, updatedAt: _u, ...doc } = contact
      put(id, { ...doc, ...change }, by)
      return get(id)
    },
    findByPhone: (phone) =>
      normalPhone(phone) === null
        ? []
        : secrets.findByPhone(phone).flatMap(({ kind, id }) => (kind === 'household' ? (get(id) ?? []) : [])),
    erase(id, by) {
      known = null
      return get(id) !== null && secrets.erase(id, by)
    },
    addressOf(id, road) {
      const contact = get(id)
      if (!contact || contact.consent !== true) return null
      const to = { phone: contact.phone, email: contact.email ?? null, push: id }[road]
      return to === null ? null : { to, language: contact.language ?? 'zh-CN' }
    },
  }
}

/** Who this is, whatever else has changed: the number of the list it came from, or the name in its home. */
function keyOf({ home, ref, name, relation }: HouseholdContact): string {
  return ref ? `ref ${ref} ${home}` : `${home} ${relation} ${name}`
}
