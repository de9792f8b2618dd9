import type { ModbusPoint, Order, Point, RegisterType } from './point.ts'
import type { Reason, Value } from './reading.ts'

/** Registers (16 bits) a type occupies. */
export const WIDTH: Readonly<Record<RegisterType, number>> = {
  bool: 1,
  uint16: 1,
  int16: 1,
  uint32: 2,
  int32: 2,
  float32: 2,
  uint64: 4,
  int64: 4,
  float64: 4,
}

export type Decoded = Readonly<{ value: Value; reason?: undefined } | { value: null; reason: Reason }>

/**
 * Raw registers of one point → its value in the point's unit, or the reason why there is none.
 * `words` are 16-bit values as they came, most significant byte first (Modbus Application Protocol 1.1b3 §4.2).
 */
export function decodeRegisters(words: readonly number[], point: Point, modbus: ModbusPoint): Decoded {
  const type = modbus.type ?? 'uint16'
  const view = viewOf(words, modbus.order ?? 'ABCD')
  if (view.byteLength < WIDTH[type] * 2) return { value: null, reason: 'bad_frame' }
  if (modbus.absent !== undefined && readRaw(view, type === 'float32' ? 'uint32' : type) === modbus.absent) {
    return { value: null, reason: 'absent' }
  }
  if (modbus.bit !== undefined) return { value: ((view.getUint16(0) >> modbus.bit) & 1) === 1 }
  const raw = readRaw(view, type)
  if (type === 'bool') return { value: raw !== 0 }
  return toValue(raw, point, modbus)
}

/** A raw number → scaled value within the point's range, or its enum word. */
export function toValue(raw: number, point: Point, scaling: { scale?: number; offset?: number }): Decoded {
  if (!Number.isFinite(raw)) return { value: null, reason: 'not_a_number' }
  if (point.enum) {
    const word = Object.hasOwn(point.enum, String(raw)) ? point.enum[String(raw)] : undefined
    return word === undefined ? { value: null, reason: 'undecodable' } : { value: word }
  }
  const value = tidy(raw * (scaling.scale ?? 1) + (scaling.offset ?? 0))
  if (!Number.isFinite(value)) return { value: null, reason: 'not_a_number' }
  const [low, high] = point.range ?? []
  if ((low !== undefined && value < low) || (high !== undefined && value > high))
    return { value: null, reason: 'out_of_range' }
  return { value }
}

/** A value in the point's unit → raw registers: what a simulated unit serves. The inverse of `decodeRegisters`. */
export function encodeRegisters(value: Value, point: Point, modbus: ModbusPoint): number[] {
  const type = modbus.type ?? 'uint16'
  const bytes = new DataView(new ArrayBuffer(WIDTH[type] * 2))
  const code = point.enum && Object.entries(point.enum).find(([, word]) => word === value)?.[0]
  const number = code === undefined ? Number(value) : Number(code)
  if (modbus.bit !== undefined) return [number ? 1 << modbus.bit : 0]
  const raw = (number - (modbus.offset ?? 0)) / (modbus.scale ?? 1)
  writeRaw(bytes, type, type.startsWith('float') ? raw : Math.round(raw))
  return wordsOf(bytes, modbus.order ?? 'ABCD')
}

/** 320.40000000000003 → 320.4: a scaled decimal is meant to be a decimal; 12 significant digits exceed any sensor. */
function tidy(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(12))
}

function readRaw(view: DataView, type: RegisterType): number {
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
    case 'float32':
      return Number(view.getFloat32(0).toPrecision(7))
    case 'uint64':
      return Number(view.getBigUint64(0))
    case 'int64':
      return Number(view.getBigInt64(0))
    case 'float64':
      return view.getFloat64(0)
  }
}

function writeRaw(view: DataView, type: RegisterType, raw: number): void {
  switch (type) {
    case 'bool':
    case 'uint16':
      return view.setUint16(0, raw)
    case 'int16':
      return view.setInt16(0, raw)
    case 'uint32':
      return view.setUint32(0, raw)
    case 'int32':
      return view.setInt32(0, raw)
    case 'float32':
      return view.setFloat32(0, raw)
    case 'uint64':
      return view.setBigUint64(0, BigInt(raw))
    case 'int64':
      return view.setBigInt64(0, BigInt(raw))
    case 'float64':
      return view.setFloat64(0, raw)
  }
}

/** Word order reverses registers, byte order swaps the two bytes of each. */
function arranged(words: readonly number[], order: Order): readonly number[] {
  const swapWords = order === 'CDAB' || order === 'DCBA'
  const swapBytes = order === 'BADC' || order === 'DCBA'
  const inOrder = swapWords ? words.toReversed() : words
  return swapBytes ? inOrder.map((word) => ((word & 0xff) << 8) | (word >> 8)) : inOrder
}

function viewOf(words: readonly number[], order: Order): DataView {
  const view = new DataView(new ArrayBuffer(words.length * 2))
  arranged(words, order).forEach((word, i) => view.setUint16(i * 2, word))
  return view
}

function wordsOf(view: DataView, order: Order): number[] {
  const words = Array.from({ length: view.byteLength / 2 }, (_, i) => view.getUint16(i * 2))
  return [...arranged(words, order)]
}
