/** 2000-01-01: what is older comes from a clock that was never set. */
const FIRST_PLAUSIBLE_MS = 946_684_800_000
/** With an offset: local time without one says nothing. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/

/** A time as a device wrote it, ms since the Unix epoch; null when it is none, or before 2000. */
export function sourceTimeMs(written: unknown, unit: 'ms' | 's' = 'ms'): number | null {
  const ms =
    typeof written === 'string' && ISO_TIME.test(written)
      ? Date.parse(written)
      : typeof written === 'number'
        ? written * (unit === 's' ? 1_000 : 1)
        : NaN
  return ms >= FIRST_PLAUSIBLE_MS && ms !== Infinity ? ms : null
}
