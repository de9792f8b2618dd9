import type { LinearPoint, Point } from './point.ts'
import { valueTypeOf } from './point.ts'
import type { Parameters } from './payload-source.ts'
import type { Decoded } from './registers.ts'
import { toValue } from './registers.ts'

type Steps = readonly string[]

/** A dotted path, or a JSON Pointer (RFC 6901) for keys that hold dots; no steps name the payload itself. */
function stepsOf(path: string | undefined): Steps {
  if (path === undefined) return []
  if (!path.startsWith('/')) return path.split('.')
  return path
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The value at a path of a parsed JSON payload; undefined where it is not there. Own properties only. */
export function valueAt(payload: unknown, path: string): unknown {
  return valueIn(payload, stepsOf(path))
}

function valueIn(payload: unknown, steps: Steps): unknown {
  let here: unknown = payload
  for (const step of steps) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined
    here = (here as Record<string, unknown>)[step]
  }
  return here
}

type Mapping = Readonly<{
  path?: string
  map?: Readonly<Record<string, boolean | number | string>>
  scale?: number
  offset?: number
}>

/** What a payload says of one point that is published over MQTT; undefined when it says nothing (a partial update). */
export function decodePayload(payload: unknown, point: Point): Decoded | undefined {
  return point.mqtt && decodeFound(valueIn(payload, stepsOf(point.mqtt.path)), point, point.mqtt)
}

/** What was found where a point stands; undefined when there was nothing. */
export function decodeFound(found: unknown, point: Point, mapping: Mapping): Decoded | undefined {
  if (found === undefined) return undefined
  if (found === null) return { value: null, reason: 'absent' }
  const mapped = mapping.map ? ownOf(mapping.map, found) : found
  switch (valueTypeOf(point)) {
    case 'bool':
      return typeof mapped === 'boolean' ? { value: mapped } : UNDECODABLE
    case 'string':
      if (point.enum && typeof mapped === 'number') return toValue(mapped, point, {})
      return typeof mapped === 'string' ? { value: mapped } : UNDECODABLE
    case 'number':
      return typeof mapped === 'number' ? toValue(mapped, point, mapping) : UNDECODABLE
  }
}

const UNDECODABLE: Decoded = { value: null, reason: 'undecodable' }

function ownOf(map: NonNullable<Mapping['map']>, found: unknown): boolean | number | string | undefined {
  if (typeof found !== 'string' && typeof found !== 'number' && typeof found !== 'boolean') return undefined
  return Object.hasOwn(map, String(found)) ? map[String(found)] : undefined
}

export type Radio = Readonly<{ rssi?: number; snr?: number }>

/** What some content says of a device's points, by name; what it does not speak of is left out (a partial update). */
export type PayloadReader = (content: unknown, radio?: Radio) => readonly (readonly [point: string, said: Decoded])[]

export type Part = Readonly<{ wire: 'mqtt'; topic: string } | { wire: 'lorawan' }>

/** Made once per device and topic: paths are taken apart and parameters put in before a message comes. */
export function payloadReader(
  points: Readonly<Record<string, Point>>,
  part: Part,
  parameters: Readonly<Record<string, number>>,
): PayloadReader {
  const direct = Object.entries(points).flatMap(([name, point]) => {
    const mapping = part.wire === 'mqtt' ? point.mqtt : point.lorawan
    if (!mapping || (part.wire === 'mqtt' && (point.mqtt?.topic ?? '') !== part.topic)) return []
    const radio = part.wire === 'lorawan' ? point.lorawan?.radio : undefined
    return [{ name, point, mapping, radio, steps: stepsOf(mapping.path) }]
  })
  const derived = Object.entries(points).flatMap(([name, point]) =>
    point.linear && direct.some((each) => each.name === point.linear!.of)
      ? [{ name, of: point.linear.of, line: lineOf(point.linear, point, parameters) }]
      : [],
  )
  return (content, reception) => {
    const said: [string, Decoded][] = []
    for (const { name, point, mapping, radio, steps } of direct) {
      const found = radio === undefined ? valueIn(content, steps) : reception?.[radio]
      const decoded = decodeFound(found, point, mapping)
      if (decoded) said.push([name, decoded])
    }
    for (const { name, of, line } of derived) {
      const base = said.find(([other]) => other === of)?.[1]
      if (base) said.push([name, base.value === null ? base : line(base.value)])
    }
    return said
  }
}

function lineOf(linear: LinearPoint, point: Point, parameters: Readonly<Record<string, number>>) {
  const amount = (written: number | string) => (typeof written === 'number' ? written : parameters[written]!)
  const [x0, x1, y0, y1] = [...linear.from, ...linear.to].map(amount) as [number, number, number, number]
  const [low, high] = [Math.min(y0, y1), Math.max(y0, y1)]
  const [least, most] = linear.plausible ?? [-Infinity, Infinity]
  return (value: unknown): Decoded => {
    if (typeof value !== 'number') return UNDECODABLE
    // Ten digits: the rest is what a division leaves over, and would look like a change.
    const exact = y0 + ((value - x0) / (x1 - x0)) * (y1 - y0)
    const rounded = Number.isFinite(exact) ? Number(exact.toPrecision(10)) : exact
    if (!(rounded >= least! && rounded <= most!)) return { value: null, reason: 'out_of_range' }
    return toValue(linear.plausible ? Math.min(high, Math.max(low, rounded)) : rounded, point, {})
  }
}

/** What the site says of a device, else what its profile says. */
export function parametersOf(
  profile: Readonly<{ parameters?: Parameters | undefined }>,
  own: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const defaults = Object.entries(profile.parameters ?? {}).map(([name, { default: value }]) => [name, value] as const)
  return { ...Object.fromEntries(defaults), ...own }
}
