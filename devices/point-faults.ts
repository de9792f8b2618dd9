import { closest } from './closest.ts'
import type { WrittenDocument } from './document.ts'
import { parseDuration } from './duration.ts'
import type { ConfigFault, FaultCode, Params } from './fault.ts'
import { LONG_ORDERS, type ModbusPoint, type Point, type Table } from './point.ts'
import { widthOf } from './registers.ts'
import { isSafetyEquipment } from './safety.ts'
import { isUnit, UNITS } from './unit.ts'

/** As much of a profile as its points are judged by. */
type Owner = Readonly<{
  kind: string
  tags?: readonly string[] | undefined
  modbus?:
    | Readonly<{
        table?: Table
        max_registers?: number
        forbidden?: readonly Readonly<{ table?: Table; from: number; to: number }>[]
      }>
    | undefined
  mqtt?: unknown
  points: Readonly<Record<string, Point>>
}>

type Blame = (key: readonly (string | number)[], code: FaultCode, params?: Params) => void

/** Most registers that one reply carries (Modbus Application Protocol 1.1b3 §6.3). */
const MAX_REPLY = 125

/** What a schema cannot say of points: units, references, keys that contradict each other. */
export function pointFaults(owner: Owner, document: Pick<WrittenDocument<unknown>, 'faultAt'>): ConfigFault[] {
  const faults: ConfigFault[] = []
  for (const [name, point] of Object.entries(owner.points)) {
    const blame: Blame = (key, code, params = {}) =>
      faults.push(document.faultAt(['points', name, ...key], code, params))
    if (point.unit && !isUnit(point.unit)) {
      const hint = closest(point.unit, Object.keys(UNITS))
      blame(['unit'], 'unknown_unit', { unit: point.unit, ...(hint ? { hint } : {}) })
    }
    for (const wire of ['modbus', 'mqtt'] as const)
      if (point[wire] && !owner[wire]) blame([wire], 'missing_key', { key: wire })
    if (point.access === 'rw' && isSafetyEquipment(owner))
      blame(['access'], 'not_allowed_value', { key: 'access', allowed: 'r' })
    counterFaults(point, blame)
    growthFaults(point, owner, blame)
    if (point.range && point.range[0]! > point.range[1]!)
      blame(['range'], 'wrong_value', { key: 'range', detail: 'the lower end comes first' })
    if (!point.modbus) continue
    const wrong: Blame = (key, code, params) => blame(['modbus', ...key], code, params)
    valueFaults(point, point.modbus, owner, blame)
    typeFaults(point, point.modbus, wrong)
    absentFaults(point.modbus, wrong)
    scaleFaults(name, point.modbus, owner, wrong)
    placeFaults(point.modbus, owner, wrong)
  }
  return faults
}

function counterFaults(point: Point, blame: Blame): void {
  for (const key of ['max_rate', 'wraps_at'] as const)
    if (point[key] !== undefined && point.stat !== 'counter')
      blame([key], 'wrong_value', { key, detail: 'only a counter has it: stat: counter' })
}

function growthFaults(point: Point, { points }: Owner, blame: Blame): void {
  const { growth } = point
  if (!growth) return
  const wrong = (key: string, detail: string) => blame(['growth', key], 'wrong_value', { key, detail })
  if (!Object.hasOwn(points, growth.of)) {
    const hint = closest(growth.of, Object.keys(points))
    blame(['growth', 'of'], 'unknown_reference', { key: 'of', id: growth.of, ...(hint ? { hint } : {}) })
  } else if (points[growth.of]!.stat !== 'counter') wrong('of', 'only a counter grows: stat: counter')
  for (const key of ['over', 'per'] as const)
    if (growth[key] !== undefined && !((parseDuration(growth[key]) ?? 0) > 0)) wrong(key, 'longer than 0')
  for (const key of ['modbus', 'mqtt', 'stat', 'enum', 'type', 'access'] as const)
    if (point[key] !== undefined) blame([key], 'wrong_value', { key, detail: 'a growth is reckoned, not read' })
}

/** What is declared is what comes out: a field of InfluxDB, a variable of a condition has one type. */
function valueFaults(point: Point, modbus: ModbusPoint, owner: Owner, blame: Blame): void {
  const table = modbus.table ?? owner.modbus?.table ?? 'holding'
  const isOneBit = modbus.bit !== undefined || modbus.type === 'bool' || table === 'coil' || table === 'discrete'
  if (isOneBit && point.enum)
    return blame(['enum'], 'wrong_value', {
      key: 'enum',
      detail: 'one bit is true or false; bits: [3, 3] gives a code',
    })
  if (!point.type || point.enum) return
  const bare = modbus.type === undefined && modbus.bits === undefined ? 'bool' : 'number'
  const comes = isOneBit ? 'bool' : modbus.type === 'string' ? 'string' : point.type === 'bool' ? bare : 'number'
  if (comes !== point.type)
    blame(['type'], 'wrong_value', { key: 'type', detail: `a ${comes} comes from these registers` })
}

function typeFaults(point: Point, modbus: ModbusPoint, blame: Blame): void {
  const { type = 'uint16', bit, bits, length, order } = modbus
  const no = (key: keyof ModbusPoint, detail: string) => blame([key], 'wrong_value', { key, detail })
  if (type === 'string' && length === undefined) blame([], 'missing_key', { key: 'length' })
  if (type !== 'string' && length !== undefined) no('length', 'only a string has a length')
  if (type === 'string' && point.enum)
    blame(['type'], 'wrong_value', { key: 'type', detail: 'a string has no enum; its codes would be numbers' })
  if (order !== undefined && LONG_ORDERS.some((long) => long === order) && widthOf(modbus) !== 4)
    no('order', 'eight letters order the bytes of 64 bits; write four')
  if (bit === undefined && bits === undefined) return
  if (bit !== undefined && bits !== undefined) no('bits', 'give either bit or bits')
  if (!/^u?int/.test(type)) return no(bit === undefined ? 'bits' : 'bit', `${type} has no bits to take; write uint16`)
  const [low, high] = bits ?? [bit!, bit!]
  const top = widthOf(modbus) * 16 - 1
  if (high! > top) no(bit === undefined ? 'bits' : 'bit', `${type} has the bits 0 to ${top}`)
  if (low! > high!) no('bits', 'the lowest bit comes first')
}

/** A mark that the type cannot hold would never be seen on the wire. */
function absentFaults(modbus: ModbusPoint, blame: Blame): void {
  if (modbus.absent === undefined) return
  const no = (detail: string) => blame(['absent'], 'wrong_value', { key: 'absent', detail })
  if (modbus.type === 'string') return no('a string has no such mark')
  const bits = widthOf(modbus) * 16
  for (const mark of [modbus.absent].flat()) {
    if (typeof mark === 'number' && !Number.isSafeInteger(mark)) no('write 64 bits as text: "0xFFFFFFFFFFFFFFFF"')
    else if (BigInt(mark) >= 2n ** BigInt(bits) || BigInt(mark) < -(2n ** BigInt(bits - 1)))
      no(`${mark} does not fit into ${bits} bits`)
  }
}

function mostOf({ modbus }: Owner): number {
  return modbus?.max_registers ?? MAX_REPLY
}

/** A point that no request may fetch. */
function placeFaults(modbus: ModbusPoint, owner: Owner, blame: Blame): void {
  const table = modbus.table ?? owner.modbus?.table ?? 'holding'
  const width = table === 'coil' || table === 'discrete' ? 1 : widthOf(modbus)
  const no = (detail: string) => blame(['address'], 'wrong_value', { key: 'address', detail })
  if (width > mostOf(owner)) no(`takes ${width} registers, the unit gives ${mostOf(owner)}`)
  if (modbus.address + width > 0x1_0000) no('reaches beyond 0xFFFF')
  for (const { table: only = table, from, to } of owner.modbus?.forbidden ?? [])
    if (only === table && modbus.address <= to && modbus.address + width > from) no(`stands in what is forbidden`)
}

function scaleFaults(name: string, modbus: ModbusPoint, owner: Owner, blame: Blame): void {
  const tableOf = (place: ModbusPoint): Table => place.table ?? owner.modbus?.table ?? 'holding'
  modbus.scale_from?.forEach(({ point: id, as, factors }, i) => {
    const no = (detail: string) => blame(['scale_from', i, 'point'], 'wrong_value', { key: 'scale_from', detail })
    if ((as === undefined) === (factors === undefined))
      blame(['scale_from', i], 'wrong_value', { key: 'scale_from', detail: 'give either as or factors' })
    const source = Object.hasOwn(owner.points, id) && id !== name ? owner.points[id] : undefined
    if (!source) {
      const hint = closest(
        id,
        Object.keys(owner.points).filter((other) => other !== name),
      )
      return blame(['scale_from', i, 'point'], 'unknown_reference', { kind: 'point', id, ...(hint ? { hint } : {}) })
    }
    const place = source.modbus
    if (!place) return no(`${id} is not read over Modbus`)
    if (place.scale_from) return no(`${id} has a scale_from of its own`)
    if (!/^(u?int|float|bcd)/.test(place.type ?? 'uint16') || place.bit !== undefined) return no(`${id} is no number`)
    if (tableOf(place) !== tableOf(modbus)) return no(`${id} stands in another table, so in another reply`)
    const ends = [place, modbus].map((each) => each.address + widthOf(each))
    if (Math.max(...ends) - Math.min(place.address, modbus.address) > mostOf(owner))
      no(`${id} is more than ${mostOf(owner)} registers away, so in another reply`)
  })
}
