import type { HandoverPost, Person, Supervisors } from '#rules/plan.ts'
import type { SiteFile } from './schema.ts'

type Missing = (at: readonly (string | number)[], kind: string, id: string, known: Iterable<string>) => void

/** Whose shifts change when, in minutes since local midnight. */
export function handoversOf(
  written: NonNullable<SiteFile['handovers']>,
  staff: readonly Person[],
  missing: (post: object, i: number, id: string, known: readonly string[]) => void,
): readonly HandoverPost[] {
  const known = [...new Set(staff.flatMap(({ id, role }) => [id, role]))]
  return written.map((post) => {
    const { id, name = id, who, at } = post
    who.forEach((each, i) => {
      if (!known.includes(each)) missing(post, i, each, known)
    })
    return { id, name, who, at: at.map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))) }
  })
}

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
