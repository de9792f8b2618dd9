import { type ByteReader, type ByteWriter } from '../bytes.ts'
import { powerOf } from '../decimal.ts'
import { decodeNumbers, encodeNumbers, sharedDecimals } from './columns.ts'
import { MINUTES, TIERS } from './policy.ts'
import { BAD_RANK, NOTHING, NUMBER, rankOf, type Run, TEXT } from './run.ts'

/**
 * What many readings of one point come to. `n` are those that say something; of them `numbers` are numbers (on is 1, off
 * is 0), and the figures are theirs. Where `numbers` is 0 the figures mean nothing. `worst` is the rank of the worst
 * quality of all, bad ones included. Times are source times in ms.
 */
export type Summary = {
  n: number
  numbers: number
  min: number
  max: number
  sum: number
  first: number
  last: number
  firstAt: number
  lastAt: number
  worst: number
}

export function emptySummary(): Summary {
  return {
    n: 0,
    numbers: 0,
    min: Infinity,
    max: -Infinity,
    sum: 0,
    first: 0,
    last: 0,
    firstAt: Infinity,
    lastAt: -Infinity,
    worst: 0,
  }
}

/** Bad data is visible in the quality, and powerless in the figures. */
export function addReading(to: Summary, at: number, kind: number, number: number, flags: number): void {
  const rank = rankOf(flags)
  if (rank > to.worst) to.worst = rank
  if (rank === BAD_RANK || kind === NOTHING) return
  to.n++
  if (kind === TEXT) return
  to.numbers++
  if (number < to.min) to.min = number
  if (number > to.max) to.max = number
  to.sum += number
  if (at < to.firstAt) {
    to.first = number
    to.firstAt = at
  }
  if (at >= to.lastAt) {
    to.last = number
    to.lastAt = at
  }
}

export function addSummary(to: Summary, other: Readonly<Summary>): void {
  if (other.worst > to.worst) to.worst = other.worst
  to.n += other.n
  if (other.numbers === 0) return
  to.numbers += other.numbers
  if (other.min < to.min) to.min = other.min
  if (other.max > to.max) to.max = other.max
  to.sum += other.sum
  if (other.firstAt < to.firstAt) {
    to.first = other.first
    to.firstAt = other.firstAt
  }
  if (other.lastAt >= to.lastAt) {
    to.last = other.last
    to.lastAt = other.lastAt
  }
}

/** Readings a minute from which on minutes are summed up: below, the sums would be larger than the readings. */
const DENSE = 10

/** True when a merged run with so many entries between these times stands in the rollups of a tier. */
export function isSummed(tier: number, { n, from, to }: Readonly<{ n: number; from: number; to: number }>): boolean {
  return tier !== MINUTES || n >= (DENSE * (to - from)) / TIERS[MINUTES]
}

/** Summaries of stretches of `widthMs`, by the start of the stretch. */
export type Rollup = ReadonlyMap<number, Summary>

export function rollupOf(run: Run, widthMs: number): Rollup {
  const { times, kinds, numbers, flags } = run
  const rollup = new Map<number, Summary>()
  let [start, summary] = [NaN, emptySummary()]
  for (let i = 0; i < times.length; i++) {
    const at = times[i]!
    if (!(at >= start && at < start + widthMs)) {
      start = Math.floor(at / widthMs) * widthMs
      summary = rollup.get(start) ?? emptySummary()
      rollup.set(start, summary)
    }
    addReading(summary, at, kinds[i]!, numbers[i]!, flags[i]!)
  }
  sharpenSums(rollup, run.numbersOf(NUMBER))
  return rollup
}

/** The same over longer stretches. */
export function coarser(rollup: Rollup, widthMs: number): Rollup {
  const coarse = new Map<number, Summary>()
  for (const [finer, more] of rollup) {
    const start = Math.floor(finer / widthMs) * widthMs
    let summary = coarse.get(start)
    if (!summary) coarse.set(start, (summary = emptySummary()))
    addSummary(summary, more)
  }
  sharpenSums(
    coarse,
    Float64Array.from(rollup.values(), ({ sum }) => sum),
  )
  return coarse
}

/** The sum of numbers with two decimals has two decimals, whatever adding them up in binary made of it. */
function sharpenSums(rollup: Rollup, summed: Float64Array): void {
  const decimals = sharedDecimals(summed)
  if (decimals === null) return
  const power = powerOf(decimals)
  for (const summary of rollup.values()) {
    const mantissa = Math.round(summary.sum * power)
    if (Math.abs(mantissa) < 2 ** 50) summary.sum = mantissa / power
  }
}

const FIGURES = ['min', 'max', 'sum', 'first', 'last'] as const

/** The layout is in `FORMAT.md` beside this file. */
export function encodeRollup(out: ByteWriter, rollup: Rollup, widthMs: number): void {
  out.varint(rollup.size)
  let before = 0
  for (const start of rollup.keys()) {
    out.zigzag(start / widthMs - before)
    before = start / widthMs
  }
  const all = [...rollup]
  for (const [, { n }] of all) out.varint(n)
  for (const [, { n, numbers }] of all) out.varint(n - numbers)
  for (const [, { worst }] of all) out.byte(worst)
  const withNumbers = all.filter(([, { numbers }]) => numbers > 0)
  for (const [start, { firstAt }] of withNumbers) out.varint(firstAt - start)
  for (const [start, { lastAt }] of withNumbers) out.varint(lastAt - start)
  if (withNumbers.length > 0)
    for (const figure of FIGURES)
      encodeNumbers(
        out,
        Float64Array.from(withNumbers, ([, summary]) => summary[figure]),
      )
}

export function decodeRollup(from: ByteReader, widthMs: number): Rollup {
  const rollup = new Map<number, Summary>()
  eachSummary(from, widthMs, (start, summary) => rollup.set(start, { ...summary }))
  return rollup
}

/** Gives each in turn, in one object for all: a chart of a month walks through 40,000 of them. */
export function eachSummary(
  from: ByteReader,
  widthMs: number,
  take: (start: number, summary: Readonly<Summary>) => void,
): void {
  const size = from.varint()
  const starts = new Float64Array(size)
  for (let i = 0, place = 0; i < size; i++) starts[i] = (place += from.zigzag()) * widthMs
  const n = varints(from, size)
  const silent = varints(from, size)
  const worst = from.take(size)
  let count = 0
  for (let i = 0; i < size; i++) if (n[i]! > silent[i]!) count++
  const firstAfter = varints(from, count)
  const lastAfter = varints(from, count)
  const figures = FIGURES.map(() => {
    const figure = new Float64Array(count)
    if (count > 0) decodeNumbers(from, figure)
    return figure
  })
  const [min, max, sum, first, last] = figures as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]
  const nothing = emptySummary()
  const summary = emptySummary()
  let at = 0
  for (let i = 0; i < size; i++) {
    const numbers = n[i]! - silent[i]!
    if (numbers === 0) Object.assign(summary, nothing)
    else {
      summary.min = min[at]!
      summary.max = max[at]!
      summary.sum = sum[at]!
      summary.first = first[at]!
      summary.last = last[at]!
      summary.firstAt = starts[i]! + firstAfter[at]!
      summary.lastAt = starts[i]! + lastAfter[at]!
      at++
    }
    summary.n = n[i]!
    summary.numbers = numbers
    summary.worst = worst[i]!
    take(starts[i]!, summary)
  }
}

function varints(from: ByteReader, count: number): Float64Array {
  const values = new Float64Array(count)
  for (let i = 0; i < count; i++) values[i] = from.varint()
  return values
}
