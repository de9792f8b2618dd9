import { seededRandom } from '#plant/random.ts'

export type Dice = Readonly<{
  next(): number
  /** Uniform whole number in [from, to]. */
  between(from: number, to: number): number
  chance(share: number): boolean
  pick<T>(list: readonly T[]): T
  /** Dice of their own for another part, so that one part's throws do not move another's. */
  fork(): Dice
}>

export function dice(seed: number): Dice {
  const { next } = seededRandom(seed)
  const between = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  return {
    next,
    between,
    chance: (share) => next() < share,
    pick: (list) => list[between(0, list.length - 1)]!,
    fork: () => dice(Math.floor(next() * 2 ** 32)),
  }
}
