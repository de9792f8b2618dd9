import type { Value } from '#devices/reading.ts'
import type { Taken } from '../batch-codec.ts'
import { groupOf } from './chunk.ts'
import { Run } from './run.ts'

/** Kept from one stretch to the next; more than that only where one is that long. */
const MOST_KEPT = 1_048_576

/** Readings of many points in the order in which they came, until each point gets its own. */
export class Gathering {
  readonly #readings: Run
  /** Of each reading the series. */
  #series: Uint32Array
  #order = new Uint32Array(0)
  #starts = new Uint32Array(0)

  constructor(capacity = 1_024) {
    this.#readings = new Run(capacity)
    this.#series = new Uint32Array(capacity)
  }

  get length(): number {
    return this.#readings.length
  }

  clear(): this {
    this.#readings.clear(MOST_KEPT)
    if (this.#series.length > MOST_KEPT) {
      this.#series = new Uint32Array(1_024)
      this.#order = new Uint32Array(0)
    }
    return this
  }

  /** `push` for whoever walks through the log: always the same function, for which the walk is compiled but once. */
  readonly take: Taken = (series, at, value, flags) => this.push(series, at, value, flags)

  push(series: number, at: number, value: Value | null, flags: number): void {
    const { length } = this.#readings
    if (length === this.#series.length) {
      const longer = new Uint32Array(2 * length)
      longer.set(this.#series)
      this.#series = longer
    }
    this.#series[length] = series
    this.#readings.push(at, value, flags)
  }

  /** A group of neighbouring series after the other; `runOf` gives the empty run of a series, good until the next group. */
  *groups(runOf: (series: number) => Run): Generator<[group: number, runs: ReadonlyMap<number, Run>]> {
    const [order, ends] = this.#bySeries()
    let [group, runs, start] = [0, new Map<number, Run>(), 0]
    for (let series = 0; series < ends.length; series++) {
      if (groupOf(series) !== group) {
        if (runs.size > 0) yield [group, runs]
        group = groupOf(series)
        runs = new Map()
      }
      const end = ends[series]!
      if (start === end) continue
      const run = runOf(series)
      run.pushEach(this.#readings, order, start, end)
      runs.set(series, run)
      start = end
    }
    if (runs.size > 0) yield [group, runs]
  }

  /** Counted out: the readings of a series stand in `order` up to its end, from where the series before it ends. */
  #bySeries(): readonly [order: Uint32Array, ends: Uint32Array] {
    const series = this.#series.subarray(0, this.length)
    let highest = -1
    for (let i = 0; i < series.length; i++) if (series[i]! > highest) highest = series[i]!
    if (this.#order.length < series.length) this.#order = new Uint32Array(this.#series.length)
    if (this.#starts.length < highest + 2) this.#starts = new Uint32Array(2 * (highest + 2))
    const [order, starts] = [this.#order, this.#starts.fill(0)]
    for (let i = 0; i < series.length; i++) starts[series[i]! + 1]!++
    for (let i = 1; i <= highest + 1; i++) starts[i]! += starts[i - 1]!
    // Each start moves on as its readings are put down, and is their end then.
    for (let i = 0; i < series.length; i++) order[starts[series[i]!]!++] = i
    return [order, starts.subarray(0, highest + 1)]
  }
}
