import { Temporal } from 'temporal-polyfill'
import type { DailyHours } from '../clocks/day-stretches.ts'
import type { HolidayCalendar, Person } from '../plan.ts'

/**
 * The hours that a person's duty has on a day, as the site file says it: those of the rotation, else those of each day.
 * A week knows public holidays, and days off that are worked like another weekday; a round of days knows neither.
 */
export function hoursOf(
  { duty, rotation }: Pick<Person, 'duty' | 'rotation'>,
  calendar?: HolidayCalendar,
): (day: Temporal.PlainDate) => DailyHours {
  if (!rotation) {
    const daily = inOrder(duty)
    return () => daily
  }
  const days = rotation.days.map(inOrder)
  if (rotation.from !== null) {
    const first = Temporal.PlainDate.from(rotation.from)
    return (day) => days[modulo(first.until(day).days, days.length)]!
  }
  const holidays = new Set(calendar?.holidays)
  const holiday = inOrder(rotation.holiday ?? [])
  return (day) => {
    const written = day.toString()
    const like = calendar?.workdays[written]
    if (like === undefined && holidays.has(written)) return holiday
    return days[(like ?? day.dayOfWeek) - 1]!
  }
}

/** The day on the calendar of the site, YYYY-MM-DD; such texts sort like days. */
export function dayOf(wall: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(wall).toZonedDateTimeISO(timeZone).toPlainDate().toString()
}

/** When the clocks of the site show this, so many days after `day`; an hour that is left out is passed over. */
export function wallTimeOn(day: string, days: number, minute: number, timeZone: string): number {
  const plainTime = { hour: Math.floor(minute / 60), minute: minute % 60 }
  return Temporal.PlainDate.from(day).add({ days }).toZonedDateTime({ timeZone, plainTime }).epochMilliseconds
}

function inOrder(hours: DailyHours): DailyHours {
  return hours.toSorted((a, b) => a.from - b.from)
}

function modulo(n: number, length: number): number {
  return ((n % length) + length) % length
}
