import { viewOf, wordsOf } from './byte-order.ts'
import type { ModbusPoint, Order, Point, RegisterType } from './point.ts'
import type { Reason, Value } from './reading.ts'

/** Registers (16 bits) a type occupies; a string as many as its length asks for. */
const WIDTH: Readonly<Record<Exclude<RegisterType, 'string'>, number>> = {
  bool: 1,
  uint16: 1,
  int16: 1,
  uint32: 2,
  int32: 2,
  uint64: 4,
  int64: 4,
  float16: 1,
  float32: 2,
  float64: 4,
  bcd16: 1,
  bcd32: 2,
}

export function widthOf({ type = 'uint16', length = 2 }: Pick<ModbusPoint, 'type' | 'length'>): number {
  return type === 'string' ? Math.ceil(length / 2) : WIDTH[type]
}

export type Decoded = Readonly<{ value: Value; reason?: undefined } | { value: null; reason: Reason }>

/**
 * Raw registers of one point → its value in the point's unit, or the reason why there is none.
 * `words` are 16-bit values as they came, most significant byte first (Modbus Application Protocol 1.1b3 §4.2).
 * Integers are exact up to ±(2^53 − 1); a 64-bit one beyond is `out_of_range`: rounded, a counter would stand still.
 * A point with `scale_from` needs the other point's registers too: `decodeReply`.
 */
export function decodeRegisters(words: readonly number[], point: Point, modbus: ModbusPoint): Decoded {
  const type = modbus.type ?? 'uint16'
  const width = widthOf(modbus)
  if (words.length < width) return { value: null, reason: 'bad_frame' }
  const view = viewOf(words.slice(0, width), orderOf(modbus))
  if (modbus.absent !== undefined && isAbsent(view, modbus.absent)) return { value: null, reason: 'absent' }
  if (type === 'string') return textOf(view, modbus.length ?? 2)
  if (modbus.bit !== undefined) return { value: fieldOf(view, modbus.bit, modbus.bit, false) === 1 }
  const [low, high] = modbus.bits ?? []
  const raw =
    low === undefined || high === undefined ? readRaw(view, type) : fieldOf(view, low, high, type.startsWith('int'))
  if (typeof raw === 'string') return { value: null, reason: raw }
  if (type === 'bool') return { value: raw !== 0 }
  return toValue(raw, point, modbus)
}

/** A raw number → scaled value within the point's range, or its enum word. */
export function toValue(raw: number, point: Point, scaling: { scale?: number; offset?: number }): Decoded {
  if (!Number.isFinite(raw)) return { value: null, reason: 'not_a_number' }
  if (point.enum) {
    const word = Object.hasOwn(point.enum, String(raw)) ? point.enum[String(raw)] : point.enum['other']
    return word === undefined ? { value: null, reason: 'undecodable' } : { value: word }
  }
  const value = scaled(raw, scaling)
  if (!Number.isFinite(value)) return { value: null, reason: 'not_a_number' }
  const [low, high] = point.range ?? []
  if ((low !== undefined && value < low) || (high !== undefined && value > high))
    return { value: null, reason: 'out_of_range' }
  return { value }
}

/** A value in the point's unit → raw registers: what a simulated unit serves. The inverse of `decodeRegisters`. */
export function encodeRegisters(value: Value, point: Point, modbus: ModbusPoint): number[] {
  const type = modbus.type ?? 'uint16'
  const view = new DataView(new ArrayBuffer(widthOf(modbus) * 2))
  const number = point.enum ? codeOf(point.enum, value) : Number(value)
  if (type === 'string')
    new Uint8Array(view.buffer).set(new TextEncoder().encode(String(value)).slice(0, view.byteLength))
  else if (modbus.bit !== undefined) writeBits(view, BigInt(number ? 1 : 0) << BigInt(modbus.bit))
  else {
    const unscaled = (number - (modbus.offset ?? 0)) / (modbus.scale ?? 1)
    const raw = type.startsWith('float') ? unscaled : Math.round(unscaled)
    const [low, high] = modbus.bits ?? []
    if (low === undefined || high === undefined) writeRaw(view, type, raw)
    else writeBits(view, BigInt.asUintN(high - low + 1, BigInt(raw)) << BigInt(low))
  }
  return wordsOf(view, orderOf(modbus))
}

/** The registers that say "no sensor here"; undefined when the point has no such mark. */
export function absentRegisters(modbus: ModbusPoint): number[] | undefined {
  const [mark] = [modbus.absent ?? []].flat()
  if (mark === undefined) return undefined
  const view = new DataView(new ArrayBuffer(widthOf(modbus) * 2))
  writeBits(view, BigInt.asUintN(view.byteLength * 8, BigInt(mark)))
  return wordsOf(view, orderOf(modbus))
}

/** A text has no words to swap, only bytes. */
function orderOf({ type, order = 'ABCD' }: ModbusPoint): Order {
  if (type !== 'string') return order
  return order === 'BADC' || order === 'DCBA' ? 'BADC' : 'ABCD'
}

/**
 * 320.40000000000003 → 320.4: a scaled decimal is meant to be a decimal. 15 digits, counted from the larger part, so
 * that 29315 × 0.01 − 273.15 is 20 and not the rest of a subtraction.
 */
function scaled(raw: number, { scale, offset }: { scale?: number; offset?: number }): number {
  if (scale === undefined && offset === undefined) return raw
  const product = raw * (scale ?? 1)
  const value = product + (offset ?? 0)
  const largest = Math.max(Math.abs(product), Math.abs(offset ?? 0))
  const decimals = 14 - Math.floor(Math.log10(largest))
  return Number.isInteger(value) || !(decimals >= 0 && decimals <= 100) ? value : Number(value.toFixed(decimals))
}

/** Marks are compared as bits, so that 0x8000 and −32768 both name the same int16. */
function isAbsent(view: DataView, absent: NonNullable<ModbusPoint['absent']>): boolean {
  if (view.byteLength > 8) return false
  const bits = bitsOf(view)
  return [absent].flat().some((mark) => BigInt.asUintN(view.byteLength * 8, BigInt(mark)) === bits)
}

function bitsOf(view: DataView): bigint {
  if (view.byteLength === 2) return BigInt(view.getUint16(0))
  return view.byteLength === 4 ? BigInt(view.getUint32(0)) : view.getBigUint64(0)
}

function writeBits(view: DataView, bits: bigint): void {
  if (view.byteLength === 2) view.setUint16(0, Number(bits))
  else if (view.byteLength === 4) view.setUint32(0, Number(bits))
  else view.setBigUint64(0, bits)
}

/** Bits `low` to `high` as a number of their own. */
function fieldOf(view: DataView, low: number, high: number, isSigned: boolean): number | Reason {
  const field = bitsOf(view) >> BigInt(low)
  return exact(isSigned ? BigInt.asIntN(high - low + 1, field) : BigInt.asUintN(high - low + 1, field))
}

function exact(whole: bigint): number | Reason {
  const number = Number(whole)
  return Number.isSafeInteger(number) ? number : 'out_of_range'
}

function readRaw(view: DataView, type: Exclude<RegisterType, 'string'>): number | Reason {
  switch (type) {
    case 'bool':
    case 'uint16':
      return view.getUint16(0)
    case 'int16':
      return view.getInt16(0)
    case 'uint32':
      return view.getUint32(0)
    case 'int32':
      return view.getInt32(0)
    case 'uint64':
      return exact(view.getBigUint64(0))
    case 'int64':
      return exact(view.getBigInt64(0))
    case 'float16':
      return view.getFloat16(0)
    case 'float32':
      return shortest(view.getFloat32(0))
    case 'float64':
      return view.getFloat64(0)
    case 'bcd16':
    case 'bcd32': {
      const digits = bitsOf(view).toString(16)
      return /^\d+$/.test(digits) ? Number(digits) : 'undecodable'
    }
  }
}

function writeRaw(view: DataView, type: Exclude<RegisterType, 'string'>, raw: number): void {
  switch (type) {
    case 'float16':
      return view.setFloat16(0, raw)
    case 'float32':
      return view.setFloat32(0, raw)
    case 'float64':
      return view.setFloat64(0, raw)
    case 'bcd16':
    case 'bcd32':
      return writeBits(view, BigInt(`0x${Math.abs(raw)}`))
    default:
      return writeBits(view, BigInt.asUintN(view.byteLength * 8, BigInt(raw)))
  }
}

/** The shortest decimal that is this float32: 38.1, not 38.099998474121094. Nine digits always suffice. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(9))
}

function textOf(view: DataView, length: number): Decoded {
  const bytes = new Uint8Array(view.buffer).subarray(0, length)
  const end = bytes.indexOf(0)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(end < 0 ? bytes : bytes.subarray(0, end)).trimEnd()
    return /\p{Cc}/u.test(text) ? { value: null, reason: 'undecodable' } : { value: text }
  } catch {
    return { value: null, reason: 'undecodable' }
  }
}

/** A code for the word; for the word of all other codes, one that is not listed. */
function codeOf(words: NonNullable<Point['enum']>, value: Value): number {
  const code = Object.entries(words).find(([, word]) => word === value)?.[0]
  if (code !== 'other') return code === undefined ? Number(value) : Number(code)
  let free = 1
  while (Object.hasOwn(words, String(free))) free++
  return free
}
