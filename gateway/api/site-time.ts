import { Temporal } from 'temporal-polyfill'
import { Fault } from '#devices/fault.ts'

/** Site time as people and programs read it: ISO 8601 with the offset of the site's time zone. */
export function isoAt(at: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO(timeZone)
    .toString({ timeZoneName: 'never', smallestUnit: 'millisecond' })
}

/** Writes times of one site. Null stays null. */
export function timesOf(timeZone: string): (at: number | null) => string | null {
  return (at) => (at === null ? null : isoAt(at, timeZone))
}

/** ISO 8601 with offset or Z, or ms since the Unix epoch; null for anything else. */
export function parseTime(text: string): number | null {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  try {
    // A plus that was not escaped in an address arrives as a space.
    return Temporal.Instant.from(text.replace(' ', '+')).epochMilliseconds
  } catch {
    return null
  }
}

/** The time that a request names under `key`. What was written is not said again: it may be anything. */
export function timeUnder(key: string, text: string): number {
  const at = parseTime(text)
  if (at === null) throw new Fault('invalid_request', { detail: `${key}: ISO 8601 with offset or Z, or ms` })
  return at
}
