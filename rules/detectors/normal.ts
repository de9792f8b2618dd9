import type { Json } from '../stage.ts'

const PARTS = 60

/** Count, mean, and sum of the squares of the distances from it: these can be joined without losing digits. */
type Moments = { count: number; mean: number; squares: number }
type Part = Moments & { slot: number; seenMs: number }

/**
 * The recent normal of a value, on a clock of its own that stands still while it is frozen: what is learnt in quiet
 * times is neither forgotten nor overwritten by a fault, however long that lasts. The youngest `lagMs` do not count yet:
 * they are what is held against it.
 */
export class Normal {
  readonly #overMs: number
  readonly #widthMs: number
  readonly #lagParts: number
  readonly #validityMs: number
  #parts: Part[] = []
  #ripe: Moments & { slot: number; seenMs: number } = { ...none(), slot: -1, seenMs: 0 }
  #frozenMs = 0
  #lastAt: number | null = null

  constructor(overMs: number, lagMs: number, validityMs: number) {
    this.#overMs = overMs
    this.#widthMs = overMs / PARTS
    this.#lagParts = Math.ceil(lagMs / this.#widthMs)
    this.#validityMs = validityMs
  }

  learn(at: number, value: number): void {
    const slot = this.#slotAt(at)
    let part = this.#parts.at(-1)
    if (part?.slot !== slot) {
      this.#parts = this.#parts.filter((each) => each.slot >= slot - this.#lagParts - PARTS)
      part = { ...none(), slot, seenMs: 0 }
      this.#parts.push(part)
    }
    const sinceMs = this.#lastAt === null ? Infinity : at - this.#lastAt
    if (sinceMs <= this.#validityMs) part.seenMs += sinceMs
    part.count++
    const distance = value - part.mean
    part.mean += distance / part.count
    part.squares += distance * (value - part.mean)
    this.#lastAt = at
  }

  /** Time passes, and nothing is learnt. What was not ripe when the trouble began may be part of it: it goes. */
  freeze(at: number): void {
    const ripeSlot = this.#slotAt(this.#lastAt ?? at) - this.#lagParts
    this.#parts = this.#parts.filter(({ slot }) => slot <= ripeSlot)
    if (this.#lastAt !== null) this.#frozenMs += at - this.#lastAt
    this.#lastAt = at
  }

  forget(): void {
    this.#parts = []
    this.#ripe = { ...none(), slot: -1, seenMs: 0 }
  }

  /** Null until half of its time was seen. */
  at(at: number): { mean: number; deviation: number } | null {
    const slot = this.#slotAt(at)
    if (this.#ripe.slot !== slot) this.#ripen(slot)
    const { count, mean, squares, seenMs } = this.#ripe
    if (count < 2 || seenMs * 2 < this.#overMs) return null
    return { mean, deviation: Math.sqrt(squares / (count - 1)) }
  }

  #ripen(slot: number): void {
    const to = slot - this.#lagParts
    const ripe = { ...none(), slot, seenMs: 0 }
    for (const part of this.#parts) {
      if (part.slot > to || part.slot <= to - PARTS) continue
      join(ripe, part)
      ripe.seenMs += part.seenMs
    }
    this.#ripe = ripe
  }

  #slotAt(at: number): number {
    return Math.floor((at - this.#frozenMs) / this.#widthMs)
  }

  memory(): Json {
    const parts = this.#parts.map(({ slot, seenMs, count, mean, squares }) => [slot, seenMs, count, mean, squares])
    return { parts, ripe: { ...this.#ripe }, frozenMs: this.#frozenMs, lastAt: this.#lastAt }
  }

  recall(memory: Json): void {
    const known = memory as unknown as { parts: number[][]; ripe: Part; frozenMs: number; lastAt: number | null }
    this.#parts = known.parts.map(([slot = 0, seenMs = 0, count = 0, mean = 0, squares = 0]) => ({
      slot,
      seenMs,
      count,
      mean,
      squares,
    }))
    this.#ripe = { ...known.ripe }
    this.#frozenMs = known.frozenMs
    this.#lastAt = known.lastAt
  }
}

function none(): Moments {
  return { count: 0, mean: 0, squares: 0 }
}

/** Chan, Golub, LeVeque 1979: the moments of two sets together. */
function join(into: Moments, from: Moments): void {
  const count = into.count + from.count
  const distance = from.mean - into.mean
  into.squares += from.squares + (distance * distance * into.count * from.count) / count
  into.mean += (distance * from.count) / count
  into.count = count
}
