import { decoderOf, isLayoutRefusal } from './layout-decoder.ts'
import { isStated } from './opcua-source.ts'
import { statusCodeOf } from './opcua-status.ts'
import { type Told, toldBy } from './opcua-value.ts'
import { modbusMapping } from './modbus-mapping.ts'
import { decodeReply } from './modbus-reply.ts'
import { parametersOf, payloadReader, valueAt } from './payload.ts'
import type { Point } from './point.ts'
import type { Example, Profile } from './profile.ts'
import type { Decoded } from './registers.ts'
import { sourceTimeMs } from './source-time.ts'

/** `actual` is a value, `{ bad: reason }`, or undefined where the wire image says nothing of the point. */
export type ExampleOutcome = Readonly<{
  example: number
  point: string
  expected: unknown
  actual: unknown
  holds: boolean
}>

/** A vendor's codec: bytes and fPort → its `data`. Throws when it refuses them. */
export type UplinkCodec = (bytes: Uint8Array, port: number) => unknown

/**
 * Runs a profile's own examples through the very decoders that the wire uses: one outcome per expected point. Examples
 * of a profile with a codec need it run for them; without, they are left out.
 */
export function runExamples(profile: Profile, codec?: UplinkCodec): readonly ExampleOutcome[] {
  return profile.examples.flatMap((example, index) => {
    if (example.lorawan?.hex !== undefined && profile.lorawan?.codec !== undefined && !codec) return []
    const said = payloadOf(example, profile, codec)
    return Object.entries(example.expect).map(([name, expected]) => {
      const point = Object.hasOwn(profile.points, name) ? profile.points[name] : undefined
      const told = point && toldOf(example, point)
      const decoded = told ?? said.get(name) ?? (point && decodeRegistersOf(example, profile, point))
      const actual = !decoded ? undefined : decoded.value === null ? { bad: decoded.reason } : asExpected(decoded)
      const holds = JSON.stringify(actual) === JSON.stringify(expected)
      return { example: index, point: name, expected, actual, holds }
    })
  })
}

/** What a server says of the point's node in the example. */
function toldOf({ opcua }: Example, { opcua: place, ...point }: Point): Told | undefined {
  if (!opcua || !place || !Object.hasOwn(opcua, place.node_id)) return undefined
  const written = opcua[place.node_id]
  const { value, status } = isStated(written) ? written : { value: written, status: 'Good' }
  return toldBy(statusCodeOf(status)!, value, { ...point, opcua: place })
}

function asExpected(decoded: Told | Decoded): unknown {
  return 'quality' in decoded && decoded.quality === 'uncertain'
    ? { uncertain: decoded.reason, value: decoded.value }
    : decoded.value
}

/** Points that no example brings to a value: nobody has tried them. */
export function untriedPoints(profile: Profile): readonly string[] {
  const tried = new Set(
    profile.examples.flatMap(({ expect }) =>
      Object.entries(expect).flatMap(([name, expected]) => (typeof expected === 'object' ? [] : [name])),
    ),
  )
  return Object.entries(profile.points).flatMap(([name, { modbus, mqtt, lorawan, linear, opcua }]) =>
    (modbus || mqtt || linear || opcua || lorawan?.path !== undefined) && !tried.has(name) ? [name] : [],
  )
}

function payloadOf(example: Example, profile: Profile, codec?: UplinkCodec): ReadonlyMap<string, Decoded> {
  const parameters = parametersOf(profile, example.parameters)
  if (example.mqtt)
    return new Map(
      payloadReader(
        profile.points,
        { wire: 'mqtt', topic: example.mqtt.topic ?? '' },
        parameters,
      )(example.mqtt.payload),
    )
  if (!example.lorawan) return new Map()
  const data = uplinkOf(example.lorawan, profile, codec)
  const reader = payloadReader(profile.points, { wire: 'lorawan' }, parameters)
  return new Map(reader(example.lorawan.at === undefined ? data : recordAt(data, profile, example.lorawan.at)))
}

function uplinkOf(
  { hex = '', port = 1, decoded }: NonNullable<Example['lorawan']>,
  { lorawan }: Profile,
  codec?: UplinkCodec,
): unknown {
  if (decoded !== undefined) return decoded
  const bytes = Uint8Array.from(hex.replaceAll(' ', '').match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
  if (lorawan?.layout) {
    const said = decoderOf(lorawan.layout)(bytes, port)
    return isLayoutRefusal(said) ? undefined : said
  }
  try {
    return codec?.(bytes, port)
  } catch {
    return undefined
  }
}

function recordAt(data: unknown, { lorawan }: Profile, at: string): unknown {
  const { path, time, time_unit: unit } = lorawan?.records ?? { path: '', time: '' }
  const records = valueAt(data, path)
  return Array.isArray(records)
    ? records.find((record) => sourceTimeMs(valueAt(record, time), unit) === sourceTimeMs(at))
    : undefined
}

function decodeRegistersOf(example: Example, profile: Profile, point: Point): Decoded | undefined {
  if (!example.modbus || !point.modbus) return undefined
  const mapping = modbusMapping(profile, point)
  const image = imageOf(example.modbus[mapping.table] ?? {})
  const values = (address: number, count: number) => {
    const found = Array.from({ length: count }, (_, i) => image.get(address + i))
    return found.every((value) => value !== undefined) ? found : undefined
  }
  return values(mapping.address, mapping.width) && decodeReply(values, point, mapping)
}

/** Registers may be written as runs: `0x0010: [1, 2]` holds 0x0010 and 0x0011. */
function imageOf(
  written: Readonly<Record<string, boolean | readonly number[]>>,
): ReadonlyMap<number, number | boolean> {
  const image = new Map<number, number | boolean>()
  for (const [key, values] of Object.entries(written))
    [values].flat().forEach((value, i) => image.set(Number(key) + i, value))
  return image
}
