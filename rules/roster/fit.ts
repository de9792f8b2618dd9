import type { Person, Plan } from '../plan.ts'
import type { Roster } from './who.ts'

/** What an order asks of whoever does it. */
export type Wanted = Readonly<{
  skill: string
  region: string
  /** What it is about: a contractor is asked only for what it is listed for. */
  assets?: readonly string[]
  /** Asked for by this order itself; otherwise by its skill. */
  certificate?: string
}>

/** Region and skill, and of a contractor the equipment. Duty and certificates are another matter: they change by the day. */
export function isFitting(person: Person, { skill, region, assets = [] }: Wanted): boolean {
  if (!person.regions.includes(region) || !person.skills.includes(skill)) return false
  return !isContractor(person) || assets.every((asset) => person.assets?.includes(asset))
}

/** The certificate that the staff need for it, if any. */
export function certificateFor({ certificates }: Pick<Plan, 'certificates'>, wanted: Wanted): string | undefined {
  return wanted.certificate ?? certificates?.[wanted.skill]
}

/** Whether the person may do it at all: a contractor answers for the papers of its own people. */
export function isQualified(
  person: Person,
  wanted: Wanted,
  plan: Pick<Plan, 'certificates'>,
  roster: Pick<Roster, 'holds' | 'hasLeft'>,
  wall: number,
): boolean {
  if (!isFitting(person, wanted) || roster.hasLeft(person.id)) return false
  const certificate = certificateFor(plan, wanted)
  return certificate === undefined || isContractor(person) || roster.holds(person.id, certificate, wall)
}

export function isContractor({ role }: Pick<Person, 'role'>): boolean {
  return role === 'contractor'
}
