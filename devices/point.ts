import Type, { type Static } from 'typebox'
import { DURATION_PATTERN } from './duration.ts'

/** Text in the languages people read: a plain string is the same in all. */
export const Text = Type.Union(
  [Type.String(), Type.Object({ 'zh-CN': Type.String(), en: Type.String() }, { additionalProperties: false })],
  { description: 'text for people: one string for all languages, or { zh-CN, en }' },
)
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
export const oneOf = <const T extends readonly string[]>(words: T, description?: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...words], ...(description === undefined ? {} : { description }) })

/** Where a point stands in a Modbus unit: `address` counts from 0 as on the wire. */
export const ModbusPoint = Type.Object(
  {
    table: Type.Optional(oneOf(TABLES, 'the table that it stands in, unless it is that of the profile')),
    address: Type.Integer({ minimum: 0, maximum: 0xffff, description: 'counted from 0, as on the wire' }),
    type: Type.Optional(oneOf(REGISTER_TYPES, 'uint16 unless said')),
    order: Type.Optional(oneOf(ORDERS, 'ABCD big-endian, CDAB words swapped, BADC bytes swapped, DCBA little-endian')),
    scale: Type.Optional(Type.Number({ description: 'value = raw × scale + offset' })),
    offset: Type.Optional(Type.Number({ description: 'value = raw × scale + offset' })),
    bit: Type.Optional(Type.Integer({ minimum: 0, maximum: 15, description: 'take this one bit of the register' })),
    absent: Type.Optional(Type.Integer({ description: 'raw register value that means "no sensor here"' })),
    every: Type.Optional(Duration),
  },
  { additionalProperties: false },
)
export type ModbusPoint = Static<typeof ModbusPoint>

/** Where a point stands in a JSON payload: `path` is dotted; `map` turns words into values. */
export const MqttPoint = Type.Object(
  {
    path: Type.String({ minLength: 1, description: 'where it stands in the JSON payload, dotted: data.level' }),
    map: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.Boolean(), Type.Number(), Type.String()]), {
        description: "the payload's word → the value",
      }),
    ),
    scale: Type.Optional(Type.Number({ description: 'value = raw × scale + offset' })),
    offset: Type.Optional(Type.Number({ description: 'value = raw × scale + offset' })),
  },
  { additionalProperties: false },
)
export type MqttPoint = Static<typeof MqttPoint>

export const Point = Type.Object(
  {
    name: Type.Optional(Text),
    quantity: Type.Optional(Type.String({ description: 'what is measured: pressure, temperature, ratio, …' })),
    unit: Type.Optional(Type.String({ description: 'MPa, °C, %, m³/h, … as it is written' })),
    type: Type.Optional(oneOf(['number', 'bool', 'string'] as const, 'number unless it is a bit or has an enum')),
    range: Type.Optional(
      Type.Array(Type.Number(), {
        minItems: 2,
        maxItems: 2,
        description: 'physical range; outside it the reading is bad and a sensor alarm is raised at once',
      }),
    ),
    enum: Type.Optional(
      Type.Record(Type.String({ pattern: '^\\d+$' }), Type.String(), {
        description: 'raw code → word; the value of the reading is the word',
      }),
    ),
    stat: Type.Optional(oneOf(['measurement', 'counter'] as const, 'a counter only grows')),
    access: Type.Optional(oneOf(['r', 'rw'] as const, 'points of lifts and fire equipment are r')),
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
