import type { Device } from '#devices/device.ts'
import { modbusMapping } from '#devices/modbus-mapping.ts'
import type { Point, Table } from '#devices/point.ts'
import { encodeRegisters, WIDTH } from '#devices/registers.ts'
import type { Value } from '#devices/reading.ts'
import type { Values } from './model.ts'

/** `count` registers (or bits, as 0 and 1) from `address`; null where the unit has none of them. */
export type RegisterImage = (table: Table, address: number, count: number, values: Values) => number[] | null

type Mapping = ReturnType<typeof modbusMapping>
type Mapped = Readonly<{ name: string; point: Point; mapping: Mapping; width: number }>

/** How the profile lays the device's values out on the wire. Holes between mapped registers read as 0. */
export function registerImage({ profile }: Device): RegisterImage {
  const tables = new Map<Table, Mapped[]>()
  for (const [name, point] of Object.entries(profile.points)) {
    if (!point.modbus) continue
    const mapping = modbusMapping(profile, point)
    const isBit = mapping.table === 'coil' || mapping.table === 'discrete'
    const mapped = { name, point, mapping, width: isBit ? 1 : WIDTH[mapping.type] }
    tables.set(mapping.table, [...(tables.get(mapping.table) ?? []), mapped])
  }
  return (table, address, count, values) => {
    const all = tables.get(table) ?? []
    const first = Math.min(...all.map(({ mapping }) => mapping.address))
    const end = Math.max(...all.map(({ mapping, width }) => mapping.address + width))
    if (address < first || address + count > end) return null
    const words = Array.from({ length: count }, () => 0)
    for (const each of all) {
      const { mapping, width } = each
      if (mapping.address >= address + count || mapping.address + width <= address) continue
      wordsOf(each, values[each.name] ?? null).forEach((word, i) => {
        const at = mapping.address + i - address
        // Flags share a register, so each adds its own bit.
        if (at >= 0 && at < count) words[at]! |= word
      })
    }
    return words
  }
}

/** No value: the profile's own mark where it has one, else all ones, as transmitters without a sensor send. */
function wordsOf({ point, mapping, width }: Mapped, value: Value | null): number[] {
  if (mapping.table === 'coil' || mapping.table === 'discrete') return [value ? 1 : 0]
  if (value !== null) return encodeRegisters(value, point, mapping)
  if (mapping.bit !== undefined) return [0]
  if (mapping.absent === undefined) return Array.from({ length: width }, () => 0xffff)
  // The mark is a raw register value: neither scaled nor a float.
  const type = mapping.type === 'float32' ? 'uint32' : mapping.type
  return encodeRegisters(mapping.absent, {}, { ...mapping, type, scale: 1, offset: 0 })
}
