import { Temporal } from 'temporal-polyfill'
import type { Person } from '../plan.ts'

/** Whether a person's daily duty covers this moment, in the site's time zone. A duty may run past midnight. */
export function isOnDuty(person: Pick<Person, 'duty'>, at: number, timeZone: string): boolean {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone)
  const minute = local.hour * 60 + local.minute
  return person.duty.some(({ from, to }) => (minute >= from && minute < to) || minute + 1_440 < to)
}
