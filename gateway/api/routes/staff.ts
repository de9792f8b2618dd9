import { Fault } from '#devices/fault.ts'
import { perPlan } from '../../site/live.ts'
import type { Site } from '../../site/site.ts'

/** The core asks of orders and notices whether the person exists; of alarms it is asked here. */
export function knownStaff(site: Site): (person: string) => string {
  const staff = perPlan(site, (plan) => new Set(plan.staff.map(({ id }) => id)))
  return (person) => {
    if (!staff().has(person)) throw new Fault('unknown_person', { person })
    return person
  }
}
