import type { Device } from '#devices/device.ts'
import { type ModbusMapping, modbusMapping } from '#devices/modbus-mapping.ts'
import type { Point } from '#devices/point.ts'
import type { Value } from '#devices/reading.ts'
import { decodeRegisters, encodeRegisters } from '#devices/registers.ts'
import { isSafetyEquipment } from '#devices/safety.ts'
import { WriteFailed } from '../write-failed.ts'
import type { Ask } from './errands.ts'
import type { ReadRequest, WriteRequest } from './session.ts'

type Words = readonly (number | boolean)[]
type PlannedWrite = Readonly<{
  write: WriteRequest
  readBack: ReadRequest
  words: Words
  /** What was read back, as a value. */
  valueOf(seen: Words): Value | null
}>

/** A unit may take a moment between answering and holding the value. */
const LOOKS = 3
const BETWEEN_LOOKS_MS = 200
/** Said before anything was done: illegal function, data address, data value. */
const NO: ReadonlySet<number> = new Set([1, 2, 3])
/** What floats and scaled decimals lose on their way through registers. */
const ROUNDING = 1e-6

/** Value → registers or coil. Throws `WriteFailed` when the point cannot be written or cannot hold the value. */
export function planWrite(device: Device, name: string, value: Value): PlannedWrite {
  const { unitId, profile } = device
  const point = profile.points[name]
  if (unitId === undefined || !point?.modbus) throw new WriteFailed('invalid', `no Modbus point ${name}`)
  // Whatever a profile came to say: no road leads to a lift.
  if (isSafetyEquipment(profile)) throw new WriteFailed('invalid', `${profile.kind} is read-only`)
  const mapping = modbusMapping(profile, point)
  const { table, address } = mapping
  if (point.access !== 'rw' || table === 'input' || table === 'discrete')
    throw new WriteFailed('invalid', `${name} is read-only`)
  // Writing the register would write its other bits with what they were a moment ago.
  if (mapping.bit !== undefined || mapping.bits)
    throw new WriteFailed('invalid', `${name} is only some bits of a register`)
  if (mapping.scaleSources.length > 0) throw new WriteFailed('invalid', `the scale of ${name} is another point`)
  const readBack = (count: number): ReadRequest => ({ unitId, table, address, count })
  if (table === 'coil') {
    if (typeof value !== 'boolean') throw new WriteFailed('invalid', `${name} is true or false`)
    const write: WriteRequest = { kind: 'write', unitId, table, address, values: [value] }
    return { write, readBack: readBack(1), words: [value], valueOf: ([bit]) => bit === true }
  }
  const values = encoded(value, point, mapping)
  const valueOf = (seen: Words) => decodeRegisters(seen.map(Number), point, mapping).value
  const write: WriteRequest = { kind: 'write', unitId, table, address, values }
  return { write, readBack: readBack(values.length), words: values, valueOf }
}

/**
 * Sends once, never again: a lost answer does not mean a lost write. What counts is what the unit holds afterwards, so
 * it is read back whatever was answered. Resolves with what it holds, which is the value as near as its registers can.
 */
export async function writeAndReadBack(
  ask: Ask,
  { write, readBack, words, valueOf }: PlannedWrite,
  pause: (ms: number) => Promise<void>,
  mayStill?: () => boolean,
): Promise<Value | null> {
  const sent = await ask(write, mayStill)
  if (sent.kind === 'unsent') throw new WriteFailed('unsent', 'the far end cannot be reached')
  if (sent.kind === 'refused' && NO.has(sent.code)) throw new WriteFailed('refused', `exception ${sent.code}`)
  let seen: Words | null = null
  for (let look = 1; look <= LOOKS; look++) {
    const reply = await ask(readBack)
    if (reply.kind === 'values') {
      seen = reply.values.slice(0, words.length)
      if (seen.every((word, i) => word === words[i])) return valueOf(seen)
    }
    if (look < LOOKS) await pause(BETWEEN_LOOKS_MS)
  }
  if (!seen) throw new WriteFailed('unknown', 'written, and the unit cannot be read back')
  const why = sent.kind === 'values' ? '' : ` (${sent.kind === 'refused' ? `exception ${sent.code}` : 'no answer'})`
  const detail = `the unit holds ${seen.join(' ')}, not ${words.join(' ')}${why}`
  throw new WriteFailed('not_taken', detail, valueOf(seen))
}

function encoded(value: Value, point: Point, mapping: ModbusMapping): number[] {
  const impossible = new WriteFailed('invalid', `the point cannot hold ${value}`)
  let words: number[]
  try {
    words = encodeRegisters(value, point, mapping)
  } catch {
    throw impossible
  }
  const back = decodeRegisters(words, point, mapping)
  if (back.value === value) return words
  // An overflow comes back as another number, a rounded decimal as nearly the same one.
  const isNear =
    typeof value === 'number' &&
    typeof back.value === 'number' &&
    Math.abs(back.value - value) <= Math.abs(mapping.scale ?? 1) / 2 + Math.abs(value) * ROUNDING
  if (!isNear) throw impossible
  return words
}
