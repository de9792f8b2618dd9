import type { Quality } from '#devices/reading.ts'
import { qualityOf, type Run } from './run.ts'
import { addReading, addSummary, emptySummary, type Summary } from './summary.ts'

export type SeriesRange = Readonly<{ from: number; to: number; buckets: number }>
/** One stretch of time: `n` readings that say something; a gap has n 0 and nulls. `t` is its start in ms. */
export type Bucket = Readonly<{
  t: number
  min: number | null
  mean: number | null
  max: number | null
  last: number | null
  n: number
  quality: Quality | null
}>

/**
 * Readings of one point → as many buckets as asked for. On/off counts as 1 and 0; words are counted, not averaged. The
 * edges between buckets are rounded to whole `stepMs`.
 */
export class Buckets {
  readonly #edges: readonly number[]
  readonly #widthMs: number
  readonly #range: SeriesRange
  readonly #summaries: (Summary | undefined)[]

  constructor(range: SeriesRange, stepMs = 1) {
    const { from, to, buckets } = range
    this.#range = range
    this.#widthMs = (to - from) / buckets
    this.#edges = Array.from({ length: buckets }, (_, index) =>
      index === 0 ? from : Math.round((from + index * this.#widthMs) / stepMs) * stepMs,
    )
    this.#summaries = Array.from({ length: buckets })
  }

  addRun({ times, kinds, numbers, flags }: Run): void {
    const { from, to } = this.#range
    for (let i = 0; i < times.length; i++) {
      const at = times[i]!
      if (at >= from && at < to) addReading(this.#at(at), at, kinds[i]!, numbers[i]!, flags[i]!)
    }
  }

  addSummary(start: number, summary: Readonly<Summary>): void {
    addSummary(this.#at(start), summary)
  }

  result(): Bucket[] {
    return this.#edges.map((t, index) => {
      const summary = this.#summaries[index]
      if (!summary) return { t, min: null, mean: null, max: null, last: null, n: 0, quality: null }
      const { min, max, sum, last, numbers, n, worst } = summary
      const figures =
        numbers > 0 ? { min, mean: sum / numbers, max, last } : { min: null, mean: null, max: null, last: null }
      return { t, ...figures, n, quality: qualityOf(worst) }
    })
  }

  #at(time: number): Summary {
    let index = Math.min(this.#edges.length - 1, Math.floor((time - this.#range.from) / this.#widthMs))
    // Edges were rounded: the one next door may be meant.
    if (time < this.#edges[index]!) index--
    else if (index + 1 < this.#edges.length && time >= this.#edges[index + 1]!) index++
    return (this.#summaries[index] ??= emptySummary())
  }
}
