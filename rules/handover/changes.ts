import { dayOf, wallTimeOn } from '../roster/calendar.ts'

/** The first change of shift after a moment on the wall; minutes count from local midnight. */
export function nextChange(minutes: readonly number[], timeZone: string, after: number): number {
  const today = dayOf(after, timeZone)
  for (const days of [0, 1, 2]) {
    const later = minutes.map((minute) => wallTimeOn(today, days, minute, timeZone)).filter((at) => at > after)
    if (later.length > 0) return Math.min(...later)
  }
  return Infinity
}

/** The last change of shift up to a moment on the wall. */
export function lastChange(minutes: readonly number[], timeZone: string, until: number): number {
  const today = dayOf(until, timeZone)
  for (const days of [0, -1, -2]) {
    const earlier = minutes.map((minute) => wallTimeOn(today, days, minute, timeZone)).filter((at) => at <= until)
    if (earlier.length > 0) return Math.max(...earlier)
  }
  return -Infinity
}
