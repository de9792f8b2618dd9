/** Of a time that is a number: since the Unix epoch, or since the beginning of 2000. */
export const TIME_UNITS = ['ms', 's', 's_since_2000'] as const
export type TimeUnit = (typeof TIME_UNITS)[number]

/** 2000-01-01: what is older comes from a clock that was never set. */
const FIRST_PLAUSIBLE_MS = 946_684_800_000
/** With an offset: local time without one says nothing. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/

/** A time as a device wrote it, ms since the Unix epoch; null when it is none, or before 2000. */
export function sourceTimeMs(written: unknown, unit: TimeUnit = 'ms'): number | null {
  const ms =
    typeof written === 'string' && ISO_TIME.test(written)
      ? Date.parse(written)
      : typeof written === 'number'
        ? msOf(written, unit)
        : NaN
  return ms >= FIRST_PLAUSIBLE_MS && ms !== Infinity ? ms : null
}

function msOf(written: number, unit: TimeUnit): number {
  if (unit === 'ms') return written
  return written * 1_000 + (unit === 's_since_2000' ? FIRST_PLAUSIBLE_MS : 0)
}
