import type { Held } from '../plan.ts'

/** A level and the readings that reached it, one after the other: how many, and the time of the first. */
type Row = { times: number; since: number }
export type InARowMemory = Readonly<{ rows: readonly Row[]; lastAt: number | null; before: number | null }>

/**
 * Counts for each of some levels how many readings in a row have reached it, and since when, in the time of the readings.
 * A reading that is told again counts once; after none for longer than the validity all rows begin anew.
 */
export class InARow {
  readonly #levels: readonly Held[]
  readonly #validityMs: number
  #rows: Row[]
  #lastAt: number | null = null
  #before: number | null = null

  constructor(levels: readonly Held[], validityMs: number) {
    this.#levels = levels
    this.#validityMs = validityMs
    this.#rows = levels.map(() => ({ times: 0, since: 0 }))
  }

  add(value: number, at: number): void {
    if (this.#lastAt !== null && at <= this.#lastAt) return
    if (this.#lastAt !== null && at - this.#lastAt > this.#validityMs) this.#forget()
    this.#rows = this.#levels.map((level, i) => {
      if (!isReached(level, value, this.#before)) return { times: 0, since: 0 }
      const { times, since } = this.#rows[i]!
      return { times: Math.min(times + 1, level.readings), since: times === 0 ? at : since }
    })
    this.#lastAt = at
    this.#before = value
  }

  /** The first level that holds with the newest reading. */
  held(): Held | null {
    return this.#levels.find((level, i) => this.#holds(level, this.#rows[i]!)) ?? null
  }

  #holds({ readings, forMs }: Held, { times, since }: Row): boolean {
    return times >= readings && this.#lastAt! - since >= forMs
  }

  #forget(): void {
    this.#rows = this.#levels.map(() => ({ times: 0, since: 0 }))
    this.#before = null
  }

  memory(): InARowMemory {
    return { rows: this.#rows, lastAt: this.#lastAt, before: this.#before }
  }

  recall({ rows, lastAt, before }: InARowMemory): void {
    this.#rows = rows.map((row) => ({ ...row }))
    this.#lastAt = lastAt
    this.#before = before
  }
}

function isReached({ is, limit }: Held, value: number, before: number | null): boolean {
  switch (is) {
    case 'from':
      return value >= limit
    case 'down_to':
      return value <= limit
    case 'above':
      return value > limit
    case 'below':
      return value < limit
    case 'fall':
      return before !== null && before - value >= limit
    case 'rise':
      return before !== null && value - before >= limit
  }
}
