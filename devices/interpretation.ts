import { viewOf } from './byte-order.ts'
import type { Order } from './point.ts'

/** The four orders in which two or four registers may stand: high word first, low word first, each with bytes swapped. */
const ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const satisfies readonly Order[]

/** A number as it would be read; as text where JSON has no such number: beyond 2^53, NaN, ±Infinity. */
type Read = number | string
type Wide<Type extends string> = Readonly<Record<Type, Readonly<Record<(typeof ORDERS)[number], Read | null>>>>

/**
 * Everything that could stand at one register: alone, with the next one, with the next three. Null where the words are
 * not there, or are no decimal digits (BCD).
 */
export type Interpretation = Readonly<{
  address: number
  word: number
  one: Readonly<{ uint16: number; int16: number; swapped: number; bcd16: number | null; float16: Read }>
  two: Wide<'uint32' | 'int32' | 'float32' | 'bcd32'> | null
  four: Wide<'uint64' | 'int64' | 'float64'> | null
}>

/** What registers from `address` could mean, register by register, and all of them as a text. Words are 0…65,535. */
export function interpretationsOf(
  address: number,
  words: readonly number[],
): Readonly<{ interpretations: Interpretation[]; texts: Readonly<{ ABCD: string; BADC: string }> }> {
  return {
    interpretations: words.map((word, i) => ({
      address: address + i,
      word,
      one: oneOf(word),
      two: i + 2 > words.length ? null : twoOf(words.slice(i, i + 2)),
      four: i + 4 > words.length ? null : fourOf(words.slice(i, i + 4)),
    })),
    texts: { ABCD: textOf(viewOf(words, 'ABCD')), BADC: textOf(viewOf(words, 'BADC')) },
  }
}

function oneOf(word: number): Interpretation['one'] {
  const view = viewOf([word], 'ABCD')
  return {
    uint16: word,
    int16: view.getInt16(0),
    swapped: viewOf([word], 'BADC').getUint16(0),
    bcd16: bcdOf(word),
    float16: told(view.getFloat16(0)),
  }
}

function twoOf(words: readonly number[]): NonNullable<Interpretation['two']> {
  return {
    uint32: inEach(words, (view) => view.getUint32(0)),
    int32: inEach(words, (view) => view.getInt32(0)),
    float32: inEach(words, (view) => told(shortened(view.getFloat32(0)))),
    bcd32: inEach(words, (view) => bcdOf(view.getUint32(0))),
  }
}

function fourOf(words: readonly number[]): NonNullable<Interpretation['four']> {
  return {
    uint64: inEach(words, (view) => whole(view.getBigUint64(0))),
    int64: inEach(words, (view) => whole(view.getBigInt64(0))),
    float64: inEach(words, (view) => told(view.getFloat64(0))),
  }
}

function inEach<T>(words: readonly number[], read: (view: DataView) => T): Record<(typeof ORDERS)[number], T> {
  const each = (order: Order) => read(viewOf(words, order))
  return { ABCD: each('ABCD'), CDAB: each('CDAB'), BADC: each('BADC'), DCBA: each('DCBA') }
}

function told(value: number): Read {
  return Number.isFinite(value) ? value : String(value)
}

function whole(value: bigint): Read {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}

/** A float32 has no more than seven digits that mean something. */
function shortened(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(7)) : value
}

function bcdOf(bits: number): number | null {
  const digits = bits.toString(16)
  return /^\d+$/.test(digits) ? Number(digits) : null
}

/** What cannot be printed shows as a dot, as in a hex dump. */
function textOf(view: DataView): string {
  const bytes = new Uint8Array(view.buffer)
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('')
}
