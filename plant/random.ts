import { randomBytes } from 'node:crypto'
import type { Random } from '#devices/clock.ts'

/** The same seed tells the same story (mulberry32); tokens are unpredictable all the same. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = state
      mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
    token: () => randomBytes(16).toString('base64url'),
  }
}
