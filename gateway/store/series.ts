import type { Quality, Reading } from '#devices/reading.ts'

export type SeriesRange = Readonly<{ from: number; to: number; buckets: number }>
/** One stretch of time: `n` readings that say something; a gap has n 0 and nulls. `t` is its start in ms. */
export type Bucket = Readonly<{
  t: number
  min: number | null
  mean: number | null
  max: number | null
  n: number
  quality: Quality | null
}>

type Running = { min: number; max: number; sum: number; numbers: number; n: number; worst: number }

const RANK: readonly Quality[] = ['good', 'uncertain', 'bad']

/** Readings of one point → as many buckets as asked for. On/off counts as 1 and 0; words are counted, not averaged. */
export function bucketsOf(readings: Iterable<Reading>, { from, to, buckets }: SeriesRange): Bucket[] {
  const widthMs = (to - from) / buckets
  const running: (Running | undefined)[] = Array.from({ length: buckets })
  for (const { at, value, quality } of readings) {
    if (at < from || at >= to) continue
    const index = Math.min(buckets - 1, Math.floor((at - from) / widthMs))
    const bucket = (running[index] ??= { min: Infinity, max: -Infinity, sum: 0, numbers: 0, n: 0, worst: 0 })
    bucket.worst = Math.max(bucket.worst, RANK.indexOf(quality))
    // Bad data is visible in the quality, and powerless in the figures.
    if (quality === 'bad' || value === null) continue
    bucket.n++
    if (typeof value === 'string') continue
    const number = Number(value)
    bucket.min = Math.min(bucket.min, number)
    bucket.max = Math.max(bucket.max, number)
    bucket.sum += number
    bucket.numbers++
  }
  return running.map((bucket, index) => {
    const t = Math.round(from + index * widthMs)
    if (!bucket) return { t, min: null, mean: null, max: null, n: 0, quality: null }
    const { min, max, sum, numbers, n, worst } = bucket
    const figures = numbers > 0 ? { min, mean: sum / numbers, max } : { min: null, mean: null, max: null }
    return { t, ...figures, n, quality: RANK[worst]! }
  })
}
