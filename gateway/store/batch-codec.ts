import type { Batch, Reading, Value } from '#devices/reading.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { mantissaOf, powerOf } from './decimal.ts'
import { flagsOf, readingOf } from './history/run.ts'
import type { SeriesNames } from './series-names.ts'

/** One batch as the log keeps it. `body` is laid out in `history/FORMAT.md`. */
export type BatchRow = Readonly<{
  id: number
  source: string
  received_at: number
  key: string | null
  body: Uint8Array
}>

/** What a reading is made of in the log; `series` is its point's number. */
export type Taken = (series: number, at: number, value: Value | null, flags: number) => void

const VERSION = 1
const NOTHING = 0
const FALSE = 1
const TRUE = 2
const TEXT = 3
const FLOAT64 = 4
/** … and so many decimals: a mantissa follows. */
const DECIMAL = 5
const MOST_DECIMALS = 4
const SAME_TIME = 16
const PLAIN = 32

/**
 * Readings as bytes: the series against the one before it, the time against the time of receipt, the value. Whoever has
 * many batches gives the memory in which they are written.
 */
export function encodeReadings(
  readings: readonly Reading[],
  receivedAt: number,
  names: SeriesNames,
  scratch = new ByteWriter(8_192),
): Uint8Array {
  const out = scratch.clear()
  out.byte(VERSION)
  out.varint(readings.length)
  let [seriesBefore, timeBefore] = [0, receivedAt]
  for (const reading of readings) {
    const { value } = reading
    const series = names.idOf(reading.device, reading.point, seriesBefore + 1)
    // Times are whole milliseconds.
    const at = Math.round(reading.at)
    const flags = flagsOf(reading)
    let [kind, mantissa] = [kindOf(value), 0]
    // Most numbers have few decimals, and these are found only once.
    for (let decimals = 0; decimals <= MOST_DECIMALS && kind === FLOAT64; decimals++) {
      const found = mantissaOf(value as number, decimals)
      if (found === null) continue
      kind = DECIMAL + decimals
      mantissa = found
    }
    out.zigzag(series - seriesBefore)
    out.byte(kind | (at === timeBefore ? SAME_TIME : 0) | (flags === 0 ? PLAIN : 0))
    if (at !== timeBefore) out.zigzag(at - timeBefore)
    if (flags !== 0) out.byte(flags)
    if (kind >= DECIMAL) out.zigzag(mantissa)
    else if (kind === FLOAT64) out.float64(value as number)
    else if (kind === TEXT) out.text(value as string)
    seriesBefore = series
    timeBefore = at
  }
  return out.bytes()
}

/** Walks through the readings of a body without making objects of them; `reader` is opened for it. */
export function eachReading(body: Uint8Array, receivedAt: number, take: Taken, reader?: ByteReader): void {
  const from = reader?.open(body) ?? new ByteReader(body)
  const version = from.byte()
  if (version !== VERSION) throw new RangeError(`batch of version ${version}`)
  const n = from.varint()
  let [series, at] = [0, receivedAt]
  for (let i = 0; i < n; i++) {
    series += from.zigzag()
    const head = from.byte()
    if (!(head & SAME_TIME)) at += from.zigzag()
    const flags = head & PLAIN ? 0 : from.byte()
    take(series, at, readValue(from, head & 15), flags)
  }
}

export function countOf(body: Uint8Array): number {
  const from = new ByteReader(body, 1)
  return from.varint()
}

export function batchOf({ source, received_at: receivedAt, key, body }: BatchRow, names: SeriesNames): Batch {
  const readings: Reading[] = []
  eachReading(body, receivedAt, (series, at, value, flags) => {
    const { device, point } = names.nameOf(series)
    readings.push(readingOf(device, point, at, value, flags))
  })
  return { source, receivedAt, readings, ...(key === null ? {} : { key }) }
}

function kindOf(value: Value | null): number {
  if (typeof value === 'number') return FLOAT64
  if (value === null) return NOTHING
  if (typeof value === 'boolean') return value ? TRUE : FALSE
  return TEXT
}

function readValue(from: ByteReader, kind: number): Value | null {
  if (kind >= DECIMAL) return from.zigzag() / powerOf(kind - DECIMAL)
  if (kind === FLOAT64) return from.float64()
  if (kind === TEXT) return from.text()
  return kind === NOTHING ? null : kind === TRUE
}
