import { closest } from './closest.ts'
import type { WrittenDocument } from './document.ts'
import { compileCondition, type VariableType } from './expression.ts'
import type { ConfigFault, FaultCode, Params } from './fault.ts'
import { type ControlDefinition, type Point, type Table, valueTypeOf } from './point.ts'
import { isSafetyEquipment } from './safety.ts'

type Owner = Readonly<{
  kind: string
  tags?: readonly string[] | undefined
  modbus?: Readonly<{ table?: Table }> | undefined
  points: Readonly<Record<string, Point>>
}>

/** What a schema cannot say of writable points: what is never writable, limits that fit the value, conditions. */
export function controlFaults(
  owner: Owner,
  variables: ReadonlyMap<string, VariableType>,
  document: Pick<WrittenDocument<unknown>, 'faultAt'>,
): ConfigFault[] {
  const faults: ConfigFault[] = []
  for (const [name, point] of Object.entries(owner.points)) {
    const { control } = point
    if (!control) continue
    const blame = (key: readonly (string | number)[], code: FaultCode, params: Params, offset?: number) =>
      faults.push(document.faultAt(['points', name, 'control', ...key], code, params, offset))
    const wrong = (key: string, detail: string) =>
      blame(key in control ? [key] : [], 'wrong_value', { key: key in control ? key : 'control', detail })
    if (isSafetyEquipment(owner)) blame([], 'safety_read_only', { kind: owner.kind })
    if (point.access !== 'rw') wrong('control', 'needs access: rw')
    roadFaults(point, owner, (detail) => wrong('control', detail))
    limitFaults(point, control, wrong)
    control.when?.forEach((text, i) => {
      const compiled = compileCondition(text, variables)
      if ('fault' in compiled) blame(['when', i], compiled.fault.code, compiled.fault.params, compiled.fault.offset)
    })
  }
  return faults
}

/** What no request could write, as the road itself would say. */
function roadFaults({ modbus, opcua }: Point, owner: Owner, no: (detail: string) => void): void {
  if (opcua) return opcua.map ? no('its words cannot be turned back; an enum can') : undefined
  if (!modbus) return no('only a Modbus or OPC UA point can be written')
  const table = modbus.table ?? owner.modbus?.table ?? 'holding'
  if (table === 'input' || table === 'discrete') no(`the table ${table} can only be read`)
  if (modbus.bit !== undefined || modbus.bits) no('is only some bits of a register; the others would be written too')
  if (modbus.scale_from) no('its scale is another point')
}

function limitFaults(point: Point, control: ControlDefinition, wrong: (key: string, detail: string) => void): void {
  const { min, max, step, tolerance, values } = control
  if (valueTypeOf(point) === 'number') {
    if (values) wrong('values', 'a number has min and max')
    if (min === undefined || max === undefined) return wrong('control', 'a number needs min and max')
    if (min > max) wrong('min', 'the lower end comes first')
    const [low = -Infinity, high = Infinity] = point.range ?? []
    if (min < low) wrong('min', `below the range of the point, ${low}`)
    if (max > high) wrong('max', `above the range of the point, ${high}`)
    if (step !== undefined && step > max - min) wrong('step', 'leads past max')
    return
  }
  for (const [key, value] of Object.entries({ min, max, step, tolerance }))
    if (value !== undefined) wrong(key, 'only a number has it')
  if (!point.enum && valueTypeOf(point) === 'string') wrong('control', 'a text cannot be written')
  const words = Object.entries(point.enum ?? {}).flatMap(([code, word]) => (code === 'other' ? [] : [word]))
  for (const word of values ?? []) {
    if (words.includes(word)) continue
    const hint = closest(word, words)
    wrong('values', `${word} is no word of its enum${hint ? `; ${hint}?` : ''}`)
  }
}
