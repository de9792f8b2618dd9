import type { Why } from '../event.ts'
import type { Person, Plan } from '../plan.ts'
import { isOnDuty, minuteOfDay } from './duty.ts'

export type Assignment = Readonly<{ assignee: string; why: Why }>

/**
 * Who gets an order: region, skill and duty filter, then the least load, then the id, so that the same state always
 * gives the same answer. Those who let it lie come last; with nobody left the fallback gets it at once.
 */
export function dispatch(
  plan: Pick<Plan, 'staff' | 'fallback' | 'timeZone'>,
  wanted: Readonly<{ skill: string; region: string; passedOver: readonly string[] }>,
  loadOf: (person: string) => number,
  at: number,
): Assignment {
  const minute = minuteOfDay(at, plan.timeZone)
  const fitting = plan.staff.filter((person) => isFitting(person, wanted) && isOnDuty(person, minute))
  const candidates = fitting.filter((person) => !wanted.passedOver.includes(person.id))
  const chosen = candidates.toSorted((a, b) => loadOf(a.id) - loadOf(b.id) || (a.id < b.id ? -1 : 1))[0]
  if (chosen) {
    const params = {
      skill: wanted.skill,
      region: wanted.region,
      load: loadOf(chosen.id),
      candidates: candidates.length,
    }
    return { assignee: chosen.id, why: { code: 'least_load', params } }
  }
  const code = fitting.length > 0 ? 'nobody_accepted' : 'nobody_on_duty'
  return { assignee: plan.fallback, why: { code, params: { skill: wanted.skill, region: wanted.region } } }
}

export function isFitting(person: Person, wanted: Readonly<{ skill: string; region: string }>): boolean {
  return person.regions.includes(wanted.region) && person.skills.includes(wanted.skill)
}
