import type { Timers } from '#gateway/clock.ts'
import type { Dice } from './random.ts'

type Entry = { at: number; order: number; place: number; run: () => void }
export type GatewayClock = Timers & Readonly<{ now(): number; wallOffsetMs(): number }>

/** One queue of (time, seeded tiebreak) is all the time there is. Real time and site time run alike. */
export class SimClock {
  #at: number
  #heap: Entry[] = []
  #places = 0
  /** What the wall says, less site time. */
  wallOffsetMs = 0
  readonly #dice: Dice
  readonly #timersFirst: boolean

  /** `timersFirst`: a timer goes before a planned input of the same instant, so that a re-planned timer changes nothing. */
  constructor(at: number, dice: Dice, timersFirst: boolean) {
    this.#at = at
    this.#dice = dice
    this.#timersFirst = timersFirst
  }

  now(): number {
    return this.#at
  }

  get nextAt(): number | null {
    return this.#heap[0]?.at ?? null
  }

  plan(at: number, run: () => void): void {
    this.#push(at, this.#timersFirst ? 1 + this.#places / 2 ** 40 : this.#dice.next(), run)
  }

  /** The clock as one life of the gateway sees it: its timers die with it. */
  ofLife(isAlive: () => boolean): GatewayClock {
    const after = (ms: number, run: () => void): (() => void) => {
      let isCancelled = false
      this.#push(this.#at + Math.max(0, Math.ceil(ms)), this.#timersFirst ? 0 : this.#dice.next(), () => {
        if (!isCancelled && isAlive()) run()
      })
      return () => {
        isCancelled = true
      }
    }
    return { now: () => this.#at, wallOffsetMs: () => this.wallOffsetMs, after, delay: after }
  }

  /** Moves to the next entry and runs it; false when nothing is left before `until`. */
  step(until: number): boolean {
    const entry = this.#heap[0]
    if (!entry || entry.at > until) {
      this.#at = Math.max(this.#at, until)
      return false
    }
    this.#pop()
    this.#at = Math.max(this.#at, entry.at)
    entry.run()
    return true
  }

  #push(at: number, order: number, run: () => void): void {
    const heap = this.#heap
    heap.push({ at, order, place: this.#places++, run })
    for (let i = heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1
      if (!isBefore(heap[i]!, heap[parent]!)) return
      ;[heap[i], heap[parent]] = [heap[parent]!, heap[i]!]
      i = parent
    }
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    heap[0] = last
    for (let i = 0; ;) {
      let least = i
      for (const child of [2 * i + 1, 2 * i + 2])
        if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child
      if (least === i) return
      ;[heap[i], heap[least]] = [heap[least]!, heap[i]!]
      i = least
    }
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return (a.at - b.at || a.order - b.order || a.place - b.place) < 0
}
