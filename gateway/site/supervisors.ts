import type { Person, Supervisors } from '#rules/plan.ts'
import type { SiteFile } from './schema.ts'

type Missing = (at: readonly (string | number)[], kind: string, id: string, known: Iterable<string>) => void

/** Who stands above whom: as the site file says it, by role where it says nothing. */
export function supervisorsOf(
  written: NonNullable<SiteFile['supervisors']>,
  staff: readonly Person[],
  missing: Missing,
): Supervisors {
  const known = [...new Set(staff.flatMap(({ id, role }) => [id, role]))]
  const named = (at: readonly (string | number)[], who: readonly string[]) => {
    who.forEach((id, i) => {
      if (!known.includes(id)) missing(['supervisors', ...at, i], 'person or role', id, known)
    })
    return who
  }
  return {
    head: named(['head'], written.head ?? []).length > 0 ? written.head! : ['chief'],
    heads: Object.fromEntries(
      Object.entries(written.heads ?? {}).map(([skill, who]) => [skill, named(['heads', skill], who)]),
    ),
    manager: named(['manager'], written.manager ?? []).length > 0 ? written.manager! : ['manager'],
    quality: named(['quality'], written.quality ?? []).length > 0 ? written.quality! : ['quality'],
  }
}
