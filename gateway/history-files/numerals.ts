/** What the time of a line counts. */
export const PRECISIONS = ['s', 'ms', 'us', 'ns'] as const
export type Precision = (typeof PRECISIONS)[number]

/** The furthest a time can be from 1970, in ms (ECMA-262 §21.4.1.1). */
export const FURTHEST_MS = 8.64e15

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }
const UINT64_MAX = 2n ** 64n - 1n
/** Fewer digits than this are in range whatever they are. */
const SAFE_DIGITS = 19

export function isInt64(digits: string): boolean {
  if (digits.length < SAFE_DIGITS) return true
  const value = BigInt(digits)
  return value >= INT64.min && value <= INT64.max
}

export function isUint64(digits: string): boolean {
  return digits.length < SAFE_DIGITS || BigInt(digits) <= UINT64_MAX
}

/**
 * A whole number as time in ms, rounded down. Without a precision its size tells it: seconds, milli-, micro- and
 * nanoseconds of any day between 1973 and 5138 lie apart. Null: no day that a calendar knows.
 */
export function timeMs(digits: string, precision: Precision | null): number | null {
  if (!isInt64(digits)) return null
  const at = toMs(digits, precision ?? precisionOf(digits))
  return Math.abs(at) <= FURTHEST_MS ? at : null
}

function precisionOf(digits: string): Precision {
  const size = Math.abs(Number(digits))
  return size < 1e11 ? 's' : size < 1e14 ? 'ms' : size < 1e17 ? 'us' : 'ns'
}

function toMs(digits: string, precision: Precision): number {
  if (precision === 's') return Number(digits) * 1_000
  if (precision === 'ms') return Number(digits)
  // Nanoseconds of today are beyond what a double counts exactly: the digits are cut, not divided.
  const dropped = precision === 'us' ? 3 : 6
  const isNegative = digits.startsWith('-')
  const size = isNegative ? digits.slice(1) : digits
  const whole = Number(size.slice(0, -dropped) || '0')
  if (!isNegative) return whole
  const isExact = /^0*$/.test(size.slice(-dropped))
  return (isExact ? 0 : -1) - whole
}
