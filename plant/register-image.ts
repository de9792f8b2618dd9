import type { Device } from '#devices/device.ts'
import { type ModbusMapping, modbusMapping } from '#devices/modbus-mapping.ts'
import { factorIn } from '#devices/modbus-reply.ts'
import type { Point, Table } from '#devices/point.ts'
import type { Value } from '#devices/reading.ts'
import { absentRegisters, decodeRegisters, encodeRegisters } from '#devices/registers.ts'
import type { Values } from './model.ts'

/** `count` registers (or bits, as 0 and 1) from `address`; null where the unit has none of them. */
export type RegisterImage = (table: Table, address: number, count: number, values: Values) => number[] | null

type Mapped = Readonly<{ name: string; point: Point; mapping: ModbusMapping }>

/** How the profile lays the device's values out on the wire. Holes between mapped registers read as 0. */
export function registerImage({ profile }: Device): RegisterImage {
  const tables = new Map<Table, Mapped[]>()
  for (const [name, point] of Object.entries(profile.points)) {
    if (!point.modbus) continue
    const mapping = modbusMapping(profile, point)
    tables.set(mapping.table, [...(tables.get(mapping.table) ?? []), { name, point, mapping }])
  }
  return (table, address, count, values) => {
    const all = tables.get(table) ?? []
    const first = Math.min(...all.map(({ mapping }) => mapping.address))
    const end = Math.max(...all.map(({ mapping }) => mapping.address + mapping.width))
    if (address < first || address + count > end) return null
    const words = Array.from({ length: count }, () => 0)
    for (const each of all) {
      const { mapping } = each
      if (mapping.address >= address + count || mapping.address + mapping.width <= address) continue
      wordsOf(each, values).forEach((word, i) => {
        const at = mapping.address + i - address
        // Flags share a register, so each adds its own bit.
        if (at >= 0 && at < count) words[at]! |= word
      })
    }
    return words
  }
}

/** A value that a master wrote, by the point it belongs to. */
export type Written = Readonly<{ point: string; value: Value }>

/** The writable point that stands at exactly these registers, with the value they carry; null for none. */
export function writtenPoint(
  { profile }: Device,
  table: Table,
  address: number,
  words: readonly number[],
): Written | null {
  for (const [name, point] of Object.entries(profile.points)) {
    if (!point.modbus || point.access !== 'rw') continue
    const mapping = modbusMapping(profile, point)
    if (mapping.table !== table || mapping.address !== address || mapping.width !== words.length) continue
    const value = table === 'coil' ? words[0] === 1 : decodeRegisters(words, point, mapping).value
    return value === null ? null : { point: name, value }
  }
  return null
}

/** No value: the profile's own mark where it has one, else all ones, as transmitters without a sensor send. */
function wordsOf({ name, point, mapping }: Mapped, values: Values): number[] {
  const value = values[name] ?? null
  if (mapping.table === 'coil' || mapping.table === 'discrete') return [value ? 1 : 0]
  if (value !== null) return encodeRegisters(value, point, { ...mapping, scale: scaleOf(mapping, values) })
  if (mapping.bit !== undefined) return [0]
  return absentRegisters(mapping) ?? Array.from({ length: mapping.width }, () => 0xffff)
}

/** Its own scale, times what the points say that make it on the wire. */
function scaleOf({ scale = 1, scaleSources }: ModbusMapping, values: Values): number {
  const factor = factorIn((address) => {
    const from = scaleSources.find(({ mapping }) => mapping.address === address)!
    return encodeRegisters(values[from.point] ?? 0, from.source, from.mapping)
  }, scaleSources)
  return typeof factor === 'number' ? scale * factor : scale
}
