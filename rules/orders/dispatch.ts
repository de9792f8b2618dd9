import type { Why } from '../event.ts'
import type { Plan } from '../plan.ts'
import { RosterBook } from '../roster/book.ts'
import { certificateFor, isFitting, isQualified, type Wanted } from '../roster/fit.ts'

export type Assignment = Readonly<{ assignee: string; why: Why }>

/**
 * Who gets an order: region, skill, equipment, certificate and duty filter, then the least load, then the id, so that the
 * same state always gives the same answer. Those who let it lie come last; with nobody left the head of the department
 * gets it at once, or the fallback. `at` is the wall's time.
 */
export function dispatch(
  plan: Pick<Plan, 'staff' | 'fallback' | 'supervisors' | 'timeZone' | 'calendar' | 'certificates'>,
  wanted: Wanted & Readonly<{ passedOver: readonly string[] }>,
  loadOf: (person: string) => number,
  at: number,
  roster = new RosterBook(plan),
): Assignment {
  const onDuty = plan.staff.filter((person) => isFitting(person, wanted) && roster.isOnDuty(person.id, at))
  const fitting = onDuty.filter((person) => isQualified(person, wanted, plan, roster, at))
  const candidates = fitting.filter((person) => !wanted.passedOver.includes(person.id))
  const chosen = candidates.toSorted((a, b) => loadOf(a.id) - loadOf(b.id) || (a.id < b.id ? -1 : 1))[0]
  const { skill, region } = wanted
  if (chosen) {
    const params = { skill, region, load: loadOf(chosen.id), candidates: candidates.length }
    return { assignee: chosen.id, why: { code: 'least_load', params } }
  }
  const assignee = fallbackOf(plan, roster, wanted)
  if (fitting.length > 0) return { assignee, why: { code: 'nobody_accepted', params: { skill, region } } }
  const certificate = certificateFor(plan, wanted)
  if (onDuty.length > 0 && certificate !== undefined)
    return { assignee, why: { code: 'no_certificate', params: { skill, region, certificate } } }
  return { assignee, why: { code: 'nobody_on_duty', params: { skill, region } } }
}

/** Whether the roster is to blame that the fallback has it: its owner is told. */
export function isGap({ code }: Why): boolean {
  return code === 'nobody_on_duty' || code === 'no_certificate'
}

/**
 * The head whom the site names for this skill, who may decline; else the fallback of the site. F64: who has left gets
 * nothing, not even as the last resort.
 */
export function fallbackOf(
  { staff, fallback, supervisors }: Pick<Plan, 'staff' | 'fallback' | 'supervisors'>,
  roster: Pick<RosterBook, 'hasLeft'>,
  { skill, passedOver }: Readonly<{ skill: string; passedOver: readonly string[] }>,
): string {
  const heads = supervisors?.heads[skill] ?? []
  const head = staff.find(({ id, role }) => heads.includes(id) || heads.includes(role))
  if (head && !roster.hasLeft(head.id) && !passedOver.includes(head.id)) return head.id
  if (!roster.hasLeft(fallback)) return fallback
  const stillHere = staff.filter(({ id }) => !roster.hasLeft(id))
  const next = stillHere.find(({ role }) => role === 'manager') ?? stillHere.find(({ role }) => role === 'chief')
  return next?.id ?? fallback
}
