import type { Plan } from '../plan.ts'
import type { Level } from './order-clocks.ts'

/** Who supervises, unless the site says otherwise: by role, or by person. */
const BY_ROLE: NonNullable<Plan['supervisors']> = {
  head: ['chief'],
  manager: ['manager'],
  quality: ['quality'],
  heads: {},
}

/** The ids of those who stand above an order that asks for a skill, by level; nobody is an empty list. */
export type SupervisorsOf = (skill: string, level: Level) => readonly string[]

export function supervisorsIn(plan: Pick<Plan, 'staff' | 'supervisors'>): SupervisorsOf {
  const written = plan.supervisors ?? BY_ROLE
  const named = (who: readonly string[]) =>
    plan.staff.filter(({ id, role }) => who.includes(id) || who.includes(role)).map(({ id }) => id)
  const head = named(written.head)
  const headsOf = new Map(Object.entries(written.heads).map(([skill, who]) => [skill, named(who)]))
  const [manager, quality] = [named(written.manager), named(written.quality)]
  return (skill, level) => ({ 1: headsOf.get(skill) ?? head, 2: manager, 3: quality })[level]
}
