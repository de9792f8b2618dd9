import type { Random } from '#devices/clock.ts'

/** Moves `value` towards `target`; two half steps are one whole step, so the pace of reading changes nothing. */
export function relax(value: number, target: number, dtMs: number, timeConstantMs: number): number {
  return target + (value - target) * Math.exp(-dtMs / timeConstantMs)
}

/** Coloured noise around zero (Ornstein–Uhlenbeck, exact for any step): no time passed, no change. */
export function wander(value: number, dtMs: number, timeConstantMs: number, sigma: number, random: Random): number {
  const kept = Math.exp(-dtMs / timeConstantMs)
  return value * kept + sigma * Math.sqrt(1 - kept * kept) * gaussian(random)
}

/** Box–Muller; 1 − next() keeps zero out of the logarithm. */
function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

export function between(low: number, high: number, random: Random): number {
  return low + (high - low) * random.next()
}
