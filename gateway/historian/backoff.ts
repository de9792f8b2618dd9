import type { Random } from '#devices/clock.ts'

const FIRST_MS = 1_000
const LONGEST_MS = 60_000
/** Full jitter may say zero; a target that fails at once is still not asked in a loop. */
const LEAST_MS = 100

export type Backoff = Readonly<{
  /** How long to wait now (ms); never less than the server asked for. */
  next(retryAfterMs: number): number
  reset(): void
}>

/** Full jitter: anywhere below a limit that doubles from 1 s to 60 s, so that many gateways do not come back as one. */
export function backoff(random: Pick<Random, 'next'>): Backoff {
  let limitMs = FIRST_MS
  return {
    next(retryAfterMs) {
      const jittered = Math.max(LEAST_MS, random.next() * limitMs)
      limitMs = Math.min(limitMs * 2, LONGEST_MS)
      return retryAfterMs > 0 ? retryAfterMs + Math.min(jittered, FIRST_MS) : jittered
    },
    reset() {
      limitMs = FIRST_MS
    },
  }
}
