import { Temporal } from 'temporal-polyfill'

/**
 * The first change of shift after a moment on the wall; minutes count from local midnight. A time that the clocks leave
 * out is the moment at which they go on; one that they repeat is the first.
 */
export function nextChange(minutes: readonly number[], timeZone: string, after: number): number {
  const today = Temporal.Instant.fromEpochMilliseconds(after).toZonedDateTimeISO(timeZone).toPlainDate()
  let first = Infinity
  for (const days of [0, 1, 2]) {
    for (const minute of minutes) {
      const plainTime = { hour: Math.floor(minute / 60), minute: minute % 60 }
      const at = today.add({ days }).toZonedDateTime({ timeZone, plainTime }).epochMilliseconds
      if (at > after && at < first) first = at
    }
    if (first < Infinity) break
  }
  return first
}
