/** 10^0 to 10^9, each an exact float64. */
const POWERS = [1, 10, 100, 1_000, 10_000, 100_000, 1e6, 1e7, 1e8, 1e9] as const
export const MOST_DECIMALS = POWERS.length - 1
/** Differences of two mantissas stay below 2^53. */
const LARGEST_MANTISSA = 2 ** 51

export function powerOf(decimals: number): number {
  return POWERS[decimals]!
}

/** The whole number m with m / 10^decimals === value, bit for bit; null when there is none. -0, NaN and ±∞ have none. */
export function mantissaOf(value: number, decimals: number): number | null {
  const power = POWERS[decimals]!
  const mantissa = Math.round(value * power)
  if (mantissa / power !== value || mantissa > LARGEST_MANTISSA || mantissa < -LARGEST_MANTISSA) return null
  return mantissa === 0 && Object.is(value, -0) ? null : mantissa
}
