import type { Draft, Silence } from '../event.ts'
import { type AlarmSettings, FLOOD_WITHIN_MS } from './settings.ts'

export type FloodState = Readonly<{ announced: readonly number[]; offered: readonly number[]; flood: Flooding | null }>
type Flooding = Readonly<{ since: number; counted: number }>

/**
 * How much an operator is told (EEMUA 191). Beyond the limit announcements are counted, not made: one message says them
 * all when the flood is over. Rows and orders stay as they are, and a safety alarm is always announced.
 */
export class Flood {
  readonly #limit: number
  /** Times of the newest announcements; no more of them than the limit needs. */
  #announced: readonly number[] = []
  /** … and of whatever wanted to be announced, as many as the end needs. */
  #offered: readonly number[] = []
  #flood: Flooding | null = null

  constructor({ floodLimit, operators }: Pick<AlarmSettings, 'floodLimit' | 'operators'>) {
    this.#limit = floodLimit * operators
  }

  /** An announcement was made or counted. */
  note(at: number, isCounted: boolean): void {
    this.#offered = [...this.#offered, at].slice(-this.#endsBelow)
    if (!isCounted) this.#announced = [...this.#announced, at].slice(-this.#limit)
    else if (this.#flood) this.#flood = { ...this.#flood, counted: this.#flood.counted + 1 }
  }

  begin(at: number): void {
    this.#flood ??= { since: at, counted: 0 }
  }

  end(): void {
    this.#flood = null
  }

  get flooding(): Flooding | null {
    return this.#flood
  }

  /** The moment at which fewer than half of the limit wanted to be announced within the stretch. */
  due(): number {
    if (!this.#flood) return Infinity
    return this.#offered.length < this.#endsBelow ? this.#flood.since : this.#offered[0]! + FLOOD_WITHIN_MS
  }

  /** For one decision, in which many may want to be announced. */
  teller(at: number, trace: string): Teller {
    const recent = this.#announced.filter((told) => told > at - FLOOD_WITHIN_MS).length
    return new Teller({ at, told: recent, limit: this.#limit, flood: this.#flood, trace })
  }

  snapshot(): FloodState {
    return { announced: this.#announced, offered: this.#offered, flood: this.#flood }
  }

  restore({ announced, offered, flood }: FloodState): void {
    this.#announced = announced
    this.#offered = offered
    this.#flood = flood
  }

  get #endsBelow(): number {
    return Math.ceil(this.#limit / 2)
  }
}

class Teller {
  readonly #trace: string
  readonly #since: number
  readonly #limit: number
  #told: number
  #isFlooding: boolean
  /** The flood began with this decision: said before what it counts. */
  readonly drafts: Draft[] = []

  constructor(now: { at: number; told: number; limit: number; flood: Flooding | null; trace: string }) {
    this.#told = now.told
    this.#limit = now.limit
    this.#isFlooding = now.flood !== null
    this.#since = now.flood?.since ?? now.at
    this.#trace = now.trace
  }

  /** Null: it may be announced. */
  silence({ safety }: { readonly safety: boolean }): Silence | null {
    if (safety || (!this.#isFlooding && this.#told < this.#limit)) {
      this.#told++
      return null
    }
    if (!this.#isFlooding) this.drafts.push({ type: 'alarm.flood_began', announced: this.#told, trace: this.#trace })
    this.#isFlooding = true
    return { by: 'flood', why: { code: 'flood', params: { since: this.#since } } }
  }
}
export type { Teller }
