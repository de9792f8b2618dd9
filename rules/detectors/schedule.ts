import { Temporal } from 'temporal-polyfill'
import type { LimitWatch } from '../plan.ts'

const QUARTER_MS = 15 * 60_000
const DAY_MINUTES = 1_440
/** 1970-01-01 was a Thursday. */
const FIRST_DAY = 4

/**
 * The limit that holds at a moment of source time, by the clock on the wall of the site. Null: not watched then.
 * The distance to UTC is asked for once a quarter of an hour: no zone changes its clock within one.
 */
export function limitAt({ limit, schedule }: Pick<LimitWatch, 'limit' | 'schedule'>): (at: number) => number | null {
  if (!schedule) return () => limit
  const { timeZone, spans } = schedule
  let quarter = NaN
  let offsetMs = 0
  return (at) => {
    const now = Math.floor(at / QUARTER_MS)
    if (now !== quarter) {
      quarter = now
      offsetMs = offsetAt(at, timeZone)
    }
    const minutes = Math.floor((at + offsetMs) / 60_000)
    const day = Math.floor(minutes / DAY_MINUTES)
    const minute = minutes - day * DAY_MINUTES
    const span = spans.find(({ days, from, to }) => {
      if (days.includes(weekday(day)) && minute >= from && minute < to) return true
      // Since yesterday evening.
      return days.includes(weekday(day - 1)) && minute + DAY_MINUTES < to
    })
    return span ? span.limit : limit
  }
}

/** 1 is Monday. */
function weekday(day: number): number {
  return ((((day + FIRST_DAY - 1) % 7) + 7) % 7) + 1
}

function offsetAt(at: number, timeZone: string): number {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).offsetNanoseconds / 1e6
}
