import type { Random } from '#devices/clock.ts'

const FIRST_MS = 1_000
const LONGEST_MS = 5 * 60_000
/** Full jitter may say zero; a provider that fails at once is still not asked in a loop. */
const LEAST_MS = 250
/** No provider may park a message for longer, whatever it asks for. */
const LONGEST_WISH_MS = 3_600_000

/**
 * How long to wait after so many attempts (real ms): anywhere below a limit that doubles from 1 s to 5 min, so that what
 * failed together does not come back as one. A provider's own wish is honoured, and not undercut.
 */
export function patience(attempts: number, wishMs: number | undefined, random: Pick<Random, 'next'>): number {
  const limitMs = Math.min(FIRST_MS * 2 ** Math.min(attempts, 20), LONGEST_MS)
  const jitteredMs = Math.max(LEAST_MS, random.next() * limitMs)
  return wishMs === undefined ? jitteredMs : Math.min(wishMs, LONGEST_WISH_MS)
}
