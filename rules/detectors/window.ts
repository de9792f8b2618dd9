import type { WindowFunction } from '#devices/window-function.ts'
import type { Value } from '#devices/reading.ts'
import type { Json } from '../stage.ts'

/** A window is kept in so many parts: its memory is bounded, and its length is exact to a sixtieth. */
const PARTS = 60

/** Sums over one part, or over some: numbers as they are, switches as 0 and 1. */
type Sums = {
  count: number
  sum: number
  min: number
  max: number
  changes: number
  starts: number
  /** How long it was seen: time between readings no further apart than the validity; and how long of it on. */
  seenMs: number
  onMs: number
}
/** `first` and `firstAt`: of the first reading in it. */
type Part = Sums & { slot: number; first: number; firstAt: number }

/**
 * The last while of one point, in event time. A reading costs the same however many came before it: it is added to the
 * newest part, and only when a part begins are the others summed up anew. So nothing drifts, as a sum would from which
 * what has left is subtracted, and a window that was rebuilt from its memory says the same to the last bit.
 */
export class Window {
  readonly #overMs: number
  readonly #validityMs: number
  readonly #widthMs: number
  #parts: Part[] = []
  /** Of all parts but the newest. */
  #closed: Sums = none()
  #last: Value | null = null
  #lastAt: number | null = null

  /** Between readings further apart than the validity nobody knows what was. */
  constructor(overMs: number, validityMs: number) {
    this.#overMs = overMs
    this.#validityMs = validityMs
    this.#widthMs = overMs / PARTS
  }

  /** A reading that is no value ends what was known: the time until the next value was not seen. */
  add(at: number, value: Value | null): void {
    if (this.#lastAt !== null && at <= this.#lastAt) return
    if (value === null) {
      this.#last = null
      return
    }
    const number = typeof value === 'number' ? value : value === true ? 1 : 0
    const part = this.#partAt(at, number)
    const sinceMs = this.#lastAt === null || this.#last === null ? Infinity : at - this.#lastAt
    if (sinceMs <= this.#validityMs) {
      part.seenMs += sinceMs
      if (this.#last === true) part.onMs += sinceMs
    }
    part.count++
    part.sum += number
    part.min = Math.min(part.min, number)
    part.max = Math.max(part.max, number)
    if (this.#last !== null && this.#last !== value) {
      part.changes++
      if (value === true) part.starts++
    }
    this.#last = value
    this.#lastAt = at
  }

  /**
   * Null as long as nobody can tell: fewer than half of it was seen. What only grows (a count, the highest value) is
   * known to be at least what it is, see `atLeast`.
   */
  read(of: WindowFunction): number | null {
    return this.#isSeen() ? this.atLeast(of) : null
  }

  /** Of what was seen, however little. */
  atLeast(of: WindowFunction): number | null {
    const newest = this.#parts.at(-1)
    if (!newest) return null
    const { count, sum, min, max, changes, starts, seenMs, onMs } = added({ ...this.#closed }, newest)
    switch (of) {
      case 'avg':
        return sum / count
      case 'sum':
        return sum
      case 'min':
        return min
      case 'max':
        return max
      case 'count':
        return count
      case 'changes':
        return changes
      case 'starts':
        return starts
      case 'share':
        return seenMs === 0 ? null : onMs / seenMs
      case 'rate':
        return this.#rate()
    }
  }

  #isSeen(): boolean {
    const newest = this.#parts.at(-1)
    return newest !== undefined && (this.#closed.seenMs + newest.seenMs) * 2 >= this.#overMs
  }

  /** The change over the length of the window, as the readings at its two ends say. */
  #rate(): number | null {
    const oldest = this.#parts[0]!
    const tookMs = this.#lastAt! - oldest.firstAt
    if (tookMs === 0 || typeof this.#last !== 'number') return null
    return ((this.#last - oldest.first) / tookMs) * this.#overMs
  }

  #partAt(at: number, number: number): Part {
    const slot = Math.floor(at / this.#widthMs)
    const newest = this.#parts.at(-1)
    if (newest?.slot === slot) return newest
    const part = { ...none(), slot, first: number, firstAt: at }
    this.#parts = this.#parts.filter((each) => each.slot > slot - PARTS)
    this.#closed = this.#parts.reduce<Sums>(added, none())
    this.#parts.push(part)
    return part
  }

  memory(): Json {
    return { parts: this.#parts.map(written), last: this.#last, lastAt: this.#lastAt }
  }

  recall(memory: Json): void {
    const { parts, last, lastAt } = memory as { parts: number[][]; last: Value | null; lastAt: number | null }
    this.#parts = parts.map(readPart)
    this.#closed = this.#parts.slice(0, -1).reduce<Sums>(added, none())
    this.#last = last
    this.#lastAt = lastAt
  }
}

function none(): Sums {
  return { count: 0, sum: 0, min: Infinity, max: -Infinity, changes: 0, starts: 0, seenMs: 0, onMs: 0 }
}

function added(sums: Sums, part: Sums): Sums {
  sums.count += part.count
  sums.sum += part.sum
  sums.min = Math.min(sums.min, part.min)
  sums.max = Math.max(sums.max, part.max)
  sums.changes += part.changes
  sums.starts += part.starts
  sums.seenMs += part.seenMs
  sums.onMs += part.onMs
  return sums
}

function written(part: Part): number[] {
  const { slot, first, firstAt, count, sum, min, max, changes, starts, seenMs, onMs } = part
  return [slot, first, firstAt, count, sum, min, max, changes, starts, seenMs, onMs]
}

function readPart(written: readonly number[]): Part {
  const [slot, first, firstAt, count, sum, min, max, changes, starts, seenMs, onMs] = written as Required<
    [number, number, number, number, number, number, number, number, number, number, number]
  >
  return { slot, first, firstAt, count, sum, min, max, changes, starts, seenMs, onMs }
}
