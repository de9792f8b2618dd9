import type { MappedScaleSource, ModbusMapping } from './modbus-mapping.ts'
import type { Point } from './point.ts'
import { type Decoded, decodeRegisters } from './registers.ts'

/** `count` values from `address` of the table that was read; fewer, or none, where the reply does not hold them. */
export type ReplyValues = (address: number, count: number) => readonly (number | boolean)[] | undefined

/** What one reply says of one point. It must hold `mapping.start` to `mapping.end`. */
export function decodeReply(values: ReplyValues, point: Point, mapping: ModbusMapping): Decoded {
  const own = values(mapping.address, mapping.width)
  if (!own || own.length < mapping.width) return { value: null, reason: 'bad_frame' }
  if (mapping.table === 'coil' || mapping.table === 'discrete') return { value: Boolean(own[0]) }
  const factor = factorIn(values, mapping.scaleSources)
  if (typeof factor !== 'number') return factor
  const scaling = factor === 1 ? mapping : { ...mapping, scale: (mapping.scale ?? 1) * factor }
  return decodeRegisters(own.map(Number), point, scaling)
}

/** What the other points make of the scale; where one of them is bad, the value is bad for its reason. */
export function factorIn(values: ReplyValues, sources: readonly MappedScaleSource[]): number | Decoded {
  let factor = 1
  for (const { source, mapping, as, factors } of sources) {
    const words = values(mapping.address, mapping.width) ?? []
    // Its code, not its word: a unit register is an enum for people and a factor for us.
    const { enum: _, ...plain } = source
    const code = decodeRegisters(words.map(Number), plain, mapping)
    if (code.value === null) return code
    const written = as === undefined ? factors?.[String(code.value)] : powered(as, Number(code.value))
    if (written === undefined || !Number.isFinite(written)) return { value: null, reason: 'undecodable' }
    factor *= written
  }
  return factor
}

/** Powers of ten by their decimal writing: 10 ** -5 is not 1e-5 to the last bit. */
function powered(as: 'exponent' | 'decimals' | 'factor', code: number): number {
  return as === 'factor' ? code : Number(`1e${as === 'decimals' ? -code : code}`)
}
