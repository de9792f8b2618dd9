import { dayOf, wallTimeOn } from '../roster/calendar.ts'

/** The first change of shift after a moment on the wall; minutes count from local midnight. */
export function nextChange(minutes: readonly number[], timeZone: string, after: number): number {
  const today = dayOf(after, timeZone)
  let first = Infinity
  for (const days of [0, 1, 2]) {
    for (const minute of minutes) {
      const at = wallTimeOn(today, days, minute, timeZone)
      if (at > after && at < first) first = at
    }
    if (first < Infinity) break
  }
  return first
}
