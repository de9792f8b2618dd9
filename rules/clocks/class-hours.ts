import type { OrderClass } from '#devices/alarm-definition.ts'
import type { Plan } from '../plan.ts'
import { OpeningHours } from './opening-hours.ts'
import { CALENDARS, type CalendarName, circumstanceOf, policyOf } from './policy.ts'

/** When a class is at work for an asset; planned work, which has no clocks yet, in the hours of service. */
export function hoursOfClasses(
  plan: Pick<Plan, 'timeZone' | 'assets'>,
): (ofClass: OrderClass, asset: string) => OpeningHours {
  const calendars = Object.entries(CALENDARS).map(([name, hours]) => [name, new OpeningHours(hours, plan.timeZone)])
  const hours = Object.fromEntries(calendars) as Record<CalendarName, OpeningHours>
  return (ofClass, asset) => hours[policyOf(ofClass, circumstanceOf(plan.assets.get(asset)))?.calendar ?? 'service']
}
