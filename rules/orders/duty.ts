import { Temporal } from 'temporal-polyfill'
import type { Person } from '../plan.ts'

/** Minutes since midnight on the clocks of the site. */
export function minuteOfDay(at: number, timeZone: string): number {
  const { hour, minute } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone)
  return hour * 60 + minute
}

/** Whether a person's daily duty covers this minute of the day. A duty may run past midnight. */
export function isOnDuty(person: Pick<Person, 'duty'>, minute: number): boolean {
  return person.duty.some(({ from, to }) => (minute >= from && minute < to) || minute + 1_440 < to)
}
