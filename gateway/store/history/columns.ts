import { type ByteReader, ByteWriter } from '../bytes.ts'
import { mantissaOf, MOST_DECIMALS, powerOf } from '../decimal.ts'
import { BOOLEAN, type Kind, NUMBER, Run, TEXT } from './run.ts'

/**
 * One run of readings as bytes. The layout, byte by byte, is in `FORMAT.md` beside this file; whatever goes in comes
 * out the same, -0, NaN and ±∞ included.
 */
export function encodeRun(out: ByteWriter, run: Run): void {
  out.varint(run.length)
  if (run.length === 0) return
  encodeTimes(out, run.times)
  encodeFlags(out, run.flags)
  encodeValues(out, run)
}

/** Reads a run behind what stands in `run` already. */
export function decodeRun(from: ByteReader, run: Run = new Run(0)): Run {
  const n = from.varint()
  if (n === 0) return run
  const columns = run.extend(n)
  decodeTimes(from, columns.times)
  decodeFlags(from, columns.flags)
  decodeValues(from, columns, run)
  return run
}

const STEADY = 0
const CHANGING = 1

/** Steps of one length, or the change from step to step. */
function encodeTimes(out: ByteWriter, times: Float64Array): void {
  const step = times.length > 1 ? times[1]! - times[0]! : 0
  let isSteady = true
  for (let i = 2; i < times.length && isSteady; i++) isSteady = times[i]! - times[i - 1]! === step
  out.byte(isSteady ? STEADY : CHANGING)
  out.zigzag(times[0]!)
  if (isSteady) return out.zigzag(step)
  let before = 0
  for (let i = 1; i < times.length; i++) {
    const now = times[i]! - times[i - 1]!
    out.zigzag(now - before)
    before = now
  }
}

function decodeTimes(from: ByteReader, times: Float64Array): void {
  const isSteady = from.byte() === STEADY
  let at = from.zigzag()
  times[0] = at
  let step = isSteady ? from.zigzag() : 0
  for (let i = 1; i < times.length; i++) {
    if (!isSteady) step += from.zigzag()
    at += step
    times[i] = at
  }
}

const SAME = 0
const EACH = 1

function encodeFlags(out: ByteWriter, flags: Uint8Array): void {
  const first = flags[0]!
  let isSame = true
  for (let i = 1; i < flags.length && isSame; i++) isSame = flags[i] === first
  out.byte(isSame ? SAME : EACH)
  if (isSame) out.byte(first)
  else out.append(flags)
}

function decodeFlags(from: ByteReader, flags: Uint8Array): void {
  if (from.byte() === SAME) flags.fill(from.byte())
  else flags.set(from.take(flags.length))
}

const MIXED = 255
const WITH_COLUMN = [NUMBER, BOOLEAN, TEXT] as const

/** One kind for all; or a kind for each, and then a column for each kind that occurs. */
function encodeValues(out: ByteWriter, run: Run): void {
  const kind = run.onlyKind
  out.byte(kind ?? MIXED)
  if (kind !== null) return encodeKind(out, kind, run.numbers, run)
  out.append(run.kinds)
  for (const each of WITH_COLUMN) {
    const ofKind = run.numbersOf(each)
    if (ofKind.length > 0) encodeKind(out, each, ofKind, run)
  }
}

function decodeValues(from: ByteReader, { kinds, numbers }: Pick<Run, 'kinds' | 'numbers'>, run: Run): void {
  const kind = from.byte()
  if (kind !== MIXED) {
    kinds.fill(kind)
    return decodeKind(from, kind as Kind, numbers, run)
  }
  kinds.set(from.take(kinds.length))
  for (const each of WITH_COLUMN) {
    const places = [...kinds.keys()].filter((index) => kinds[index] === each)
    if (places.length === 0) continue
    const ofKind = new Float64Array(places.length)
    decodeKind(from, each, ofKind, run)
    for (const [index, place] of places.entries()) numbers[place] = ofKind[index]!
  }
}

function encodeKind(out: ByteWriter, kind: Kind, numbers: Float64Array, { texts }: Run): void {
  if (kind === NUMBER) encodeNumbers(out, numbers)
  else if (kind === BOOLEAN) out.append(Uint8Array.from(numbers))
  else if (kind === TEXT) encodeTexts(out, numbers, texts)
}

function decodeKind(from: ByteReader, kind: Kind, numbers: Float64Array, run: Run): void {
  if (kind === NUMBER) decodeNumbers(from, numbers)
  else if (kind === BOOLEAN) numbers.set(from.take(numbers.length))
  else if (kind === TEXT) decodeTexts(from, numbers, run)
}

/** Each different text once, in the order in which they appear, and then their places. */
function encodeTexts(out: ByteWriter, places: Float64Array, texts: readonly string[]): void {
  const different = new Map<string, number>()
  for (const place of places) if (!different.has(texts[place]!)) different.set(texts[place]!, different.size)
  out.varint(different.size)
  for (const text of different.keys()) out.text(text)
  for (const place of places) out.varint(different.get(texts[place]!)!)
}

function decodeTexts(from: ByteReader, places: Float64Array, run: Run): void {
  const placeOf = Array.from({ length: from.varint() }, () => run.addText(from.text()))
  for (let i = 0; i < places.length; i++) places[i] = placeOf[from.varint()]!
}

/** 0 to 9: decimals. 16 to 25: the same, of numbers that were float32. The rest as they stand in memory. */
const SINGLE = 16
const FLOAT32 = 32
const FLOAT64 = 33

export function encodeNumbers(out: ByteWriter, numbers: Float64Array): void {
  const decimals = sharedDecimals(numbers)
  if (decimals !== null) {
    out.byte(decimals)
    return encodeMantissas(out, numbers, decimals)
  }
  if (!areSingles(numbers)) {
    out.byte(FLOAT64)
    return encodePlanes(out, bytesOf(numbers), 8)
  }
  const singleDecimals = fewestDecimals(numbers, singleMantissaOf)
  if (singleDecimals !== null) {
    out.byte(SINGLE + singleDecimals)
    return encodeMantissas(out, numbers, singleDecimals)
  }
  out.byte(FLOAT32)
  encodePlanes(out, bytesOf(Float32Array.from(numbers)), 4)
}

export function decodeNumbers(from: ByteReader, numbers: Float64Array): void {
  const mode = from.byte()
  if (mode === FLOAT64) return numbers.set(new Float64Array(decodePlanes(from, numbers.length, 8)))
  if (mode === FLOAT32) return numbers.set(new Float32Array(decodePlanes(from, numbers.length, 4)))
  const isSingle = mode >= SINGLE
  const power = powerOf(isSingle ? mode - SINGLE : mode)
  let mantissa = 0
  for (let i = 0; i < numbers.length; i++) {
    mantissa += from.zigzag()
    numbers[i] = isSingle ? Math.fround(mantissa / power) : mantissa / power
  }
}

function areSingles(numbers: Float64Array): boolean {
  for (let i = 0; i < numbers.length; i++) if (!Object.is(Math.fround(numbers[i]!), numbers[i])) return false
  return true
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** A device's 0.347 is 0.3470000088214874 here once it went through a float32. */
function singleMantissaOf(value: number, decimals: number): number | null {
  const mantissa = Math.round(value * powerOf(decimals))
  // A float32 holds seven digits: beyond them, decimals are its noise, and longer than its bytes.
  if (!(Math.abs(mantissa) <= 9_999_999) || Object.is(value, -0)) return null
  return Object.is(Math.fround(mantissa / powerOf(decimals)), value) ? mantissa : null
}

/** How many decimals these numbers have, where so many give each of them back; null when none do. */
export function sharedDecimals(numbers: Float64Array): number | null {
  return fewestDecimals(numbers, mantissaOf)
}

/** The fewest decimals that give every number back; null when none do. */
function fewestDecimals(
  numbers: Float64Array,
  mantissaOfOne: (number: number, decimals: number) => number | null,
): number | null {
  let [decimals, from] = [0, 0]
  for (let i = 0; i < numbers.length; i++) {
    while (mantissaOfOne(numbers[i]!, decimals) === null) {
      if (++decimals > MOST_DECIMALS) return null
      from = i
    }
  }
  // What fewer decimals gave back, more of them need not: a large number has no room for them.
  for (let i = 0; i < from; i++) if (mantissaOfOne(numbers[i]!, decimals) === null) return null
  return decimals
}

/** So many decimals are known to give each number back. */
function encodeMantissas(out: ByteWriter, numbers: Float64Array, decimals: number): void {
  const power = powerOf(decimals)
  let before = 0
  for (let i = 0; i < numbers.length; i++) {
    const now = Math.round(numbers[i]! * power)
    out.zigzag(now - before)
    before = now
  }
}

/** Each number against the one before it, first the lowest bytes of all, last the highest: equal bytes stand together. */
function encodePlanes(out: ByteWriter, bytes: Uint8Array, width: number): void {
  for (let plane = 0; plane < width; plane++) {
    let before = 0
    for (let i = plane; i < bytes.length; i += width) {
      out.byte(bytes[i]! ^ before)
      before = bytes[i]!
    }
  }
}

function decodePlanes(from: ByteReader, n: number, width: number): ArrayBuffer {
  const bytes = new Uint8Array(n * width)
  for (let plane = 0; plane < width; plane++) {
    let before = 0
    for (let i = plane; i < bytes.length; i += width) {
      before ^= from.byte()
      bytes[i] = before
    }
  }
  return bytes.buffer
}
