const FIRST_MS = 1_000
const LONGEST_MS = 60_000
/** Chance may say zero; a broker that fails at once is still not asked in a loop. */
const LEAST_MS = 100

/**
 * F47: how long to wait before the next attempt, after so many that failed one after the other (0: the first). Full jitter
 * around a mean that doubles from 1 s to 60 s: anywhere between nothing and twice the mean, so that hundreds of gateways
 * that lost one broker in the same second come back over minutes.
 *
 * @param chance uniform in [0, 1)
 */
export function reconnectDelayMs(failures: number, chance: number): number {
  const meanMs = Math.min(FIRST_MS * 2 ** Math.min(failures, 16), LONGEST_MS)
  return Math.max(LEAST_MS, chance * 2 * meanMs)
}
