import { randomBytes } from 'node:crypto'
import type { Random } from '#devices/clock.ts'

/** The one real source of randomness. */
export function systemRandom(): Random {
  return {
    next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
    token: () => randomBytes(32).toString('base64url'),
  }
}
