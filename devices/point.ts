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
  'float16',
  'float32',
  'float64',
  'bcd16',
  'bcd32',
  'string',
] as const
export type RegisterType = (typeof REGISTER_TYPES)[number]
/**
 * Bytes of a 32-bit value as they come: ABCD big-endian, CDAB words swapped, BADC bytes swapped, DCBA little-endian.
 * For a value of another width the same is done to all its words.
 */
export const ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
/** The same letter by letter for 64 bits, with the mixed ones that no order of four letters can say. */
export const LONG_ORDERS = [
  'ABCDEFGH',
  'GHEFCDAB',
  'BADCFEHG',
  'HGFEDCBA',
  'EFGHABCD',
  'CDABGHEF',
  'FEHGBADC',
  'DCBAHGFE',
] as const
export type Order = (typeof ORDERS)[number] | (typeof LONG_ORDERS)[number]

/** One word out of a list, with its type. */
export const oneOf = <const T extends readonly string[]>(words: T, description?: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...words], ...(description === undefined ? {} : { description }) })

/** A raw value as a number, or where a number is not exact enough as the text of its bits. */
const RawValue = Type.Union([Type.Integer(), Type.String({ pattern: '^0x[0-9a-fA-F]{1,16}$' })])

/** SunSpec's scale factor, a decimal point that can be set, a unit that is a register: another point makes the scale. */
const ScaleSource = Type.Object(
  {
    point: Type.String({
      pattern: '^[a-z][a-z0-9_]*$',
      description: 'the point that holds it; read in the same reply',
    }),
    as: Type.Optional(
      oneOf(['exponent', 'decimals', 'factor'] as const, 'raw × 10^n, raw × 10^-n, or raw × n; otherwise give factors'),
    ),
    factors: Type.Optional(
      Type.Record(Type.String({ pattern: '^-?\\d+$' }), Type.Number(), { description: 'its raw code → the factor' }),
    ),
  },
  { additionalProperties: false },
)
export type ScaleSource = Static<typeof ScaleSource>

/** Where a point stands in a Modbus unit: `address` counts from 0 as on the wire. */
export const ModbusPoint = Type.Object(
  {
    table: Type.Optional(oneOf(TABLES, 'the table that it stands in, unless it is that of the profile')),
    address: Type.Integer({ minimum: 0, maximum: 0xffff, description: 'counted from 0, as on the wire' }),
    type: Type.Optional(oneOf(REGISTER_TYPES, 'uint16 unless said')),
    order: Type.Optional(
      oneOf(
        [...ORDERS, ...LONG_ORDERS],
        'ABCD big-endian, CDAB words swapped, BADC bytes swapped, DCBA little-endian; eight letters for 64 bits',
      ),
    ),
    length: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 250, description: 'bytes of a string, two to a register; NUL ends it' }),
    ),
    scale: Type.Optional(Type.Number({ description: 'value = raw × scale + offset' })),
    offset: Type.Optional(Type.Number({ description: 'value = raw × scale + offset' })),
    scale_from: Type.Optional(
      Type.Array(ScaleSource, { minItems: 1, description: 'points whose values make the scale, on top of scale' }),
    ),
    bit: Type.Optional(Type.Integer({ minimum: 0, maximum: 63, description: 'take this one bit, 0 is the lowest' })),
    bits: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0, maximum: 63 }), {
        minItems: 2,
        maxItems: 2,
        description: 'take these bits, lowest and highest: [4, 7]; with a sign when the type has one',
      }),
    ),
    absent: Type.Optional(
      Type.Union([RawValue, Type.Array(RawValue, { minItems: 1 })], {
        description: 'raw value, or several, that means "no sensor here"; of 64 bits as text: "0xFFFFFFFFFFFFFFFF"',
      }),
    ),
    every: Type.Optional(Duration),
  },
  { additionalProperties: false },
)
export type ModbusPoint = Static<typeof ModbusPoint>

const WordMap = Type.Optional(
  Type.Record(Type.String(), Type.Union([Type.Boolean(), Type.Number(), Type.String()]), {
    description: "the payload's word → the value",
  }),
)
const Scale = Type.Optional(Type.Number({ description: 'value = raw × scale + offset' }))

/** Where a point stands in a JSON payload: `path` is dotted; `map` turns words into values. */
export const MqttPoint = Type.Object(
  {
    topic: Type.Optional(
      Type.String({ description: 'the name of an entry of mqtt.topics, where it does not stand in the main topic' }),
    ),
    path: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'where it stands in the JSON payload, dotted: data.level; or a JSON Pointer: /data/level; none for a topic whose payload is the bare value',
      }),
    ),
    map: WordMap,
    scale: Scale,
    offset: Scale,
  },
  { additionalProperties: false },
)
export type MqttPoint = Static<typeof MqttPoint>

/** As OPC UA Part 6 §5.3.1.10 writes them; `nsu=` names the namespace itself, whose index may differ from server to server. */
const NODE_ID =
  '^(ns=\\d{1,5};|nsu=[^;]+;)?(i=\\d{1,10}|s=.+|g=[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|b=[A-Za-z0-9+/]+=*)$'

/** Where a point stands in the address space of an OPC UA server, and how its changes are wanted. */
export const OpcUaPoint = Type.Object(
  {
    node_id: Type.String({
      pattern: NODE_ID,
      maxLength: 512,
      description: 'such as ns=2;s=Pump1.Pressure, or nsu=http://maker/plc;i=1042; {id} stands for the device',
    }),
    sampling: Type.Optional(Duration),
    deadband: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, description: 'a smaller change of the raw value is not told' }),
    ),
    deadband_percent: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 100,
        description: 'the same in percent of the EURange that the server knows of it',
      }),
    ),
    queue: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000, description: 'changes kept by the server between two messages' }),
    ),
    map: WordMap,
    scale: Scale,
    offset: Scale,
  },
  { additionalProperties: false },
)
export type OpcUaPoint = Static<typeof OpcUaPoint>

/** The roles that a profile may let write. */
export const CONTROL_ROLES = ['admin', 'manager', 'engineer', 'field'] as const
export type ControlRole = (typeof CONTROL_ROLES)[number]

/** How a point may be written by people. A point without it is read-only to everybody. */
export const ControlDefinition = Type.Object(
  {
    roles: Type.Array(oneOf(CONTROL_ROLES), { minItems: 1, description: 'who may write it' }),
    min: Type.Optional(Type.Number({ description: 'of a number: the least that may be written' })),
    max: Type.Optional(Type.Number({ description: 'of a number: the most that may be written' })),
    step: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'of a number: counted from min' })),
    values: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        description: 'of an enum: the words that may be written; all unless said',
      }),
    ),
    when: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'CEL over the points of the device: each must be true, on fresh good readings',
      }),
    ),
    settle: Type.Optional(Duration),
    tolerance: Type.Optional(
      Type.Number({ minimum: 0, description: 'of a number: so far from what was written it may read back' }),
    ),
  },
  { additionalProperties: false, description: 'who may write it, what, and when; needs access: rw' },
)
export type ControlDefinition = Static<typeof ControlDefinition>

/** Where a point stands in what a radio payload says, or in what the network says of its reception. */
export const LorawanPoint = Type.Object(
  {
    path: Type.Optional(
      Type.String({ minLength: 1, description: 'a field of the layout, or a path in the data of the codec' }),
    ),
    radio: Type.Optional(
      oneOf(['rssi', 'snr'] as const, 'how the best gateway heard it, as the network server says: dBm, dB'),
    ),
    map: WordMap,
    scale: Scale,
    offset: Scale,
  },
  { additionalProperties: false },
)
export type LorawanPoint = Static<typeof LorawanPoint>

/** A number, or the name of a parameter of the profile, which each device may set. */
const Amount = Type.Union([Type.Number(), Type.String({ pattern: '^[a-z][a-z0-9_]*$' })])
const Ends = Type.Array(Amount, { minItems: 2, maxItems: 2 })

/** A straight line over another point of the same message: a distance into percent, a count into bar. */
export const LinearPoint = Type.Object(
  {
    of: Type.String({ pattern: '^[a-z][a-z0-9_]*$', description: 'the point it is made of' }),
    from: Type.Unsafe<readonly (number | string)[]>({
      ...Ends,
      description: 'two values of that point, or parameters: [bin_height, dead_zone]',
    }),
    to: Type.Unsafe<readonly (number | string)[]>({ ...Ends, description: 'what they mean here: [0, 100]' }),
    plausible: Type.Optional(
      Type.Array(Type.Number(), {
        minItems: 2,
        maxItems: 2,
        description: 'what is beyond to and within this is cut to it; beyond this the reading is bad',
      }),
    ),
  },
  { additionalProperties: false },
)
export type LinearPoint = Readonly<Static<typeof LinearPoint>>

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
      Type.Record(Type.String({ pattern: '^(-?\\d+|other)$' }), Type.String(), {
        description: 'raw code → word; the value of the reading is the word; other: for every code that is not listed',
      }),
    ),
    stat: Type.Optional(oneOf(['measurement', 'counter'] as const, 'a counter only grows')),
    max_rate: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description:
          'of a counter: the most it can grow in an hour; more is no wrap but a reset, or a slip of the device',
      }),
    ),
    wraps_at: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'of a counter: where it starts from 0 again, unless by its type',
      }),
    ),
    growth: Type.Optional(
      Type.Object(
        {
          of: Type.String({ pattern: '^[a-z][a-z0-9_]*$', description: 'the counter, a point of this profile' }),
          over: Duration,
          per: Type.Optional(Duration),
        },
        {
          additionalProperties: false,
          description: 'how much a counter grew within the last `over`; with `per`, as a rate: { over: 15m, per: 1h }',
        },
      ),
    ),
    access: Type.Optional(oneOf(['r', 'rw'] as const, 'points of lifts and fire equipment are r')),
    control: Type.Optional(ControlDefinition),
    modbus: Type.Optional(ModbusPoint),
    mqtt: Type.Optional(MqttPoint),
    lorawan: Type.Optional(LorawanPoint),
    opcua: Type.Optional(OpcUaPoint),
    linear: Type.Optional(LinearPoint),
  },
  { additionalProperties: false },
)
export type Point = Static<typeof Point>

/** What kind of value a point's readings carry. */
export function valueTypeOf(point: Point): 'number' | 'bool' | 'string' {
  if (point.enum) return 'string'
  if (point.type) return point.type
  const { modbus } = point
  if (modbus?.type === 'string') return 'string'
  if (
    modbus &&
    (modbus.type === 'bool' || modbus.bit !== undefined || modbus.table === 'coil' || modbus.table === 'discrete')
  )
    return 'bool'
  return 'number'
}
