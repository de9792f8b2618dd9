import type { ChartBucket, ChartRange } from './target.ts'

/** Buckets of whole milliseconds, the only width that databases know. */
export type Grid = Readonly<{ from: number; to: number; widthMs: number; count: number }>
/** Figures of one bucket over all that is in it. `t` is its start. */
export type Figures = Readonly<{ t: number; min: number; mean: number; max: number; last: number; n: number }>
/** How many readings of a bucket are marked as not good. */
export type Marks = Readonly<{ t: number; uncertain: number; bad: number }>
export type Row = Readonly<{ at: number; value: number; isBad: boolean }>

/** A bucket with good and bad readings must be read value by value; where that is too much, the log is quicker. */
export const MOST_ROWS = 50_000

export function gridOf({ from, to, buckets }: ChartRange): Grid {
  const [start, end] = [Math.floor(from), Math.ceil(to)]
  const widthMs = Math.max(1, Math.ceil((end - start) / buckets))
  return { from: start, to: end, widthMs, count: Math.ceil((end - start) / widthMs) }
}

/** The stretch that holds all buckets with bad readings among others; null when there is none. */
export function mixedStretch(
  { from, to, widthMs }: Grid,
  figures: readonly Figures[],
  marks: readonly Marks[],
): Readonly<{ from: number; to: number }> | null {
  const n = merged(figures, ({ t }) => t, together)
  const bad = merged(marks, ({ t }) => t, added)
  const mixed = [...bad.values()].filter((mark) => mark.bad > 0 && mark.bad < (n.get(mark.t)?.n ?? 0)).map(({ t }) => t)
  if (mixed.length === 0) return null
  return { from: Math.max(from, Math.min(...mixed)), to: Math.min(to, Math.max(...mixed) + widthMs) }
}

/** What the database said → one bucket after the other, gaps as gaps, bad readings in the quality and not in the figures. */
export function chartBuckets(
  { from, widthMs, count }: Grid,
  figures: readonly Figures[],
  marks: readonly Marks[],
  rows: readonly Row[],
): ChartBucket[] {
  const indexOf = ({ t }: Readonly<{ t: number }>) => Math.floor((t - from) / widthMs)
  const [figuresAt, marksAt] = [merged(figures, indexOf, together), merged(marks, indexOf, added)]
  const rowsAt = Map.groupBy(rows, ({ at }) => indexOf({ t: at }))
  return Array.from({ length: count }, (_, index) => {
    const t = from + index * widthMs
    const said = figuresAt.get(index)
    const { uncertain, bad } = marksAt.get(index) ?? { uncertain: 0, bad: 0 }
    if (!said || said.n === 0) return { t, ...NOTHING, n: 0, quality: null }
    const quality = bad > 0 ? 'bad' : uncertain > 0 ? 'uncertain' : 'good'
    if (bad === 0) return { ...said, t, quality }
    if (bad >= said.n) return { t, ...NOTHING, n: 0, quality }
    return { t, ...figuresOf((rowsAt.get(index) ?? []).filter(({ isBad }) => !isBad)), quality }
  })
}

const NOTHING = { min: null, mean: null, max: null, last: null } as const

function figuresOf(rows: readonly Row[]): Omit<ChartBucket, 't' | 'quality'> {
  if (rows.length === 0) return { ...NOTHING, n: 0 }
  let [min, max, sum] = [Infinity, -Infinity, 0]
  for (const { value } of rows) {
    min = Math.min(min, value)
    max = Math.max(max, value)
    sum += value
  }
  return { min, mean: sum / rows.length, max, last: rows.at(-1)!.value, n: rows.length }
}

function merged<T>(all: readonly T[], keyOf: (each: T) => number, join: (a: T, b: T) => T): Map<number, T> {
  const byKey = new Map<number, T>()
  for (const each of all) {
    const there = byKey.get(keyOf(each))
    byKey.set(keyOf(each), there ? join(there, each) : each)
  }
  return byKey
}

function added(a: Marks, b: Marks): Marks {
  return { t: a.t, uncertain: a.uncertain + b.uncertain, bad: a.bad + b.bad }
}

function together(a: Figures, b: Figures): Figures {
  const n = a.n + b.n
  const mean = (a.mean * a.n + b.mean * b.n) / n
  return { t: a.t, n, mean, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max), last: b.last }
}
