import type { Value } from '#devices/reading.ts'
import { groupOf } from './chunk.ts'
import { Run } from './run.ts'

/** Readings of many points in the order in which they came, until each point gets its own. */
export class Gathering {
  readonly #readings: Run
  /** Of each reading the series. */
  #series: Uint32Array

  constructor(capacity: number) {
    this.#readings = new Run(capacity)
    this.#series = new Uint32Array(capacity)
  }

  get length(): number {
    return this.#readings.length
  }

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

  /** A group of neighbouring series after the other: only the runs of one are in memory besides. */
  *groups(): Generator<[group: number, runs: ReadonlyMap<number, Run>]> {
    const { order, starts } = this.#bySeries()
    let [group, runs] = [0, new Map<number, Run>()]
    for (let series = 0; series + 1 < starts.length; series++) {
      if (groupOf(series) !== group) {
        if (runs.size > 0) yield [group, runs]
        group = groupOf(series)
        runs = new Map()
      }
      const [start, end] = [starts[series]!, starts[series + 1]!]
      if (start === end) continue
      const run = new Run(end - start)
      for (let place = start; place < end; place++) run.pushOf(this.#readings, order[place]!)
      runs.set(series, run)
    }
    if (runs.size > 0) yield [group, runs]
  }

  /** Counted out: the readings of a series stand in `order` from its start to the next one's, as they came. */
  #bySeries(): { order: Uint32Array; starts: Uint32Array } {
    const series = this.#series.subarray(0, this.length)
    let highest = -1
    for (let i = 0; i < series.length; i++) if (series[i]! > highest) highest = series[i]!
    const starts = new Uint32Array(highest + 2)
    for (let i = 0; i < series.length; i++) starts[series[i]! + 1]!++
    for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!
    const next = starts.slice()
    const order = new Uint32Array(series.length)
    for (let i = 0; i < series.length; i++) order[next[series[i]!]!++] = i
    return { order, starts }
  }
}
