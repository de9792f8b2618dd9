import type { Site } from '../site/site.ts'
import type { PrivateStore } from '../private/private-store.ts'
import { type BadRow, readPeople } from './people-file.ts'

/** How many contacts are new, other than before, or as they were. With a bad row nothing is done, and each is named. */
export type Imported = Readonly<{ added: number; changed: number; unchanged: number; bad: readonly BadRow[] }>

/** Whose everything private of a member of staff is. */
export function staffSubject(person: string): string {
  return `staff:${person}`
}

/** All or nothing, and the same file twice changes nothing. What the file has no column for stays as it is. Throws the trouble of the private store. */
export async function importPeople(
  text: string,
  { secrets, known, by }: Readonly<{ secrets: PrivateStore; known: ReadonlySet<string>; by: string }>,
): Promise<Imported> {
  const { rows, bad } = await readPeople(text, known)
  if (bad.length > 0) return { added: 0, changed: 0, unchanged: 0, bad }
  const count = { added: 0, changed: 0, unchanged: 0 }
  secrets.transaction(() => {
    for (const { id, name, phone, ...named } of rows) {
      const known = secrets.get('staff', id)?.doc
      const isKnown = known !== undefined
      const { email = null, wecom = null } = { ...known, ...named }
      const doc = { name, phone, ...(email === null ? {} : { email }), ...(wecom === null ? {} : { wecom }) }
      const isOther = secrets.put({ kind: 'staff', id, subject: staffSubject(id), doc }, by)
      count[isOther ? (isKnown ? 'changed' : 'added') : 'unchanged']++
    }
  })
  return { ...count, bad: [] }
}

/** The door of the command line: the people of the site in force, durable in the journal when it answers. */
export function peopleDoor({
  site,
  secrets,
  audit,
}: Readonly<{ site: Pick<Site, 'plan'>; secrets: PrivateStore; audit(): Promise<void> }>) {
  return async (csv: string): Promise<Imported> => {
    const known = new Set(site.plan.staff.map(({ id }) => id))
    const imported = await importPeople(csv, { secrets, known, by: 'command_line' })
    await audit()
    return imported
  }
}
