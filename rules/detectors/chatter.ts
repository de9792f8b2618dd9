import type { Json } from '../stage.ts'

const MINUTE_MS = 60_000
/** So many flips in so long (ISA-18.2 and the estate's own rule), the quickest first. */
const LIMITS = [
  { flips: 3, withinMs: MINUTE_MS },
  { flips: 6, withinMs: 10 * MINUTE_MS },
] as const
const CALM_MS = 10 * MINUTE_MS
const KEPT = 6

export type Chattering = Readonly<{ flips: number; withinMs: number }>

/** Counts how often a condition flips, before any delay hides it. It is said once, until it was calm for ten minutes. */
export class Chatter {
  #flips: number[] = []
  #isSaid = false

  /** At event time. */
  flip(at: number): void {
    const last = this.#flips.at(-1) ?? -Infinity
    if (at - last > CALM_MS) {
      this.#flips = []
      this.#isSaid = false
    }
    this.#flips = [...this.#flips, Math.max(at, last)].slice(-KEPT)
  }

  /** What is to be said, if anything. */
  unsaid(): Chattering | null {
    if (this.#isSaid) return null
    const last = this.#flips.at(-1)
    return LIMITS.find(({ flips, withinMs }) => (this.#flips.at(-flips) ?? -Infinity) >= last! - withinMs) ?? null
  }

  said(): void {
    this.#isSaid = true
  }

  memory(): Json {
    return { flips: this.#flips, isSaid: this.#isSaid }
  }

  recall(memory: Json): void {
    const { flips, isSaid } = memory as { flips: number[]; isSaid: boolean }
    this.#flips = flips
    this.#isSaid = isSaid
  }
}
