import Type, { type Static } from 'typebox'
import { DURATION_PATTERN } from './duration.ts'

/** Text in the languages people read: a plain string is the same in all. */
export const Text = Type.Union([
  Type.String(),
  Type.Object({ 'zh-CN': Type.String(), en: Type.String() }, { additionalProperties: false }),
])
export type Text = Static<typeof Text>

export const Duration = Type.String({
  pattern: DURATION_PATTERN,
  description: 'a duration such as 500ms, 2s, 10m, 26h, 7d',
})
export const Name = Type.String({
  pattern: '^[a-z][a-z0-9_]*$',
  description: 'snake_case; becomes an MQTT key, an Influx field and a CEL variable',
})

export const TABLES = ['holding', 'input', 'coil', 'discrete'] as const
export type Table = (typeof TABLES)[number]
export const REGISTER_TYPES = [
  'bool',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'float32',
  'float64',
] as const
export type RegisterType = (typeof REGISTER_TYPES)[number]
/** Bytes of a 32-bit value as they come: ABCD big-endian, CDAB words swapped, BADC bytes swapped, DCBA little-endian. */
export const ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
export type Order = (typeof ORDERS)[number]

/** One word out of a list, with its type. */
export const oneOf = <const T extends readonly string[]>(words: T) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...words] })

/** Where a point stands in a Modbus unit: `address` counts from 0 as on the wire. */
export const ModbusPoint = Type.Object(
  {
    table: Type.Optional(oneOf(TABLES)),
    address: Type.Integer({ minimum: 0, maximum: 0xffff }),
    type: Type.Optional(oneOf(REGISTER_TYPES)),
    order: Type.Optional(oneOf(ORDERS)),
    scale: Type.Optional(Type.Number()),
    offset: Type.Optional(Type.Number()),
    bit: Type.Optional(Type.Integer({ minimum: 0, maximum: 15 })),
    /** Raw register value that means "no sensor here". */
    absent: Type.Optional(Type.Integer()),
    every: Type.Optional(Duration),
  },
  { additionalProperties: false },
)
export type ModbusPoint = Static<typeof ModbusPoint>

/** Where a point stands in a JSON payload: `path` is dotted; `map` turns words into values. */
export const MqttPoint = Type.Object(
  {
    path: Type.String({ minLength: 1 }),
    map: Type.Optional(Type.Record(Type.String(), Type.Union([Type.Boolean(), Type.Number(), Type.String()]))),
    scale: Type.Optional(Type.Number()),
    offset: Type.Optional(Type.Number()),
  },
  { additionalProperties: false },
)
export type MqttPoint = Static<typeof MqttPoint>

export const Point = Type.Object(
  {
    name: Type.Optional(Text),
    quantity: Type.Optional(Type.String()),
    unit: Type.Optional(Type.String()),
    type: Type.Optional(oneOf(['number', 'bool', 'string'] as const)),
    /** Physical range; outside it the reading is bad and a sensor alarm is raised at once. */
    range: Type.Optional(Type.Array(Type.Number(), { minItems: 2, maxItems: 2 })),
    /** Raw code → word. The reading's value is the word. */
    enum: Type.Optional(Type.Record(Type.String({ pattern: '^\\d+$' }), Type.String())),
    stat: Type.Optional(oneOf(['measurement', 'counter'] as const)),
    access: Type.Optional(oneOf(['r', 'rw'] as const)),
    modbus: Type.Optional(ModbusPoint),
    mqtt: Type.Optional(MqttPoint),
  },
  { additionalProperties: false },
)
export type Point = Static<typeof Point>

/** What kind of value a point's readings carry. */
export function valueTypeOf(point: Point): 'number' | 'bool' | 'string' {
  if (point.enum) return 'string'
  if (point.type) return point.type
  const { modbus } = point
  if (
    modbus &&
    (modbus.type === 'bool' || modbus.bit !== undefined || modbus.table === 'coil' || modbus.table === 'discrete')
  )
    return 'bool'
  return 'number'
}
