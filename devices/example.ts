import { modbusMapping } from './modbus-mapping.ts'
import { decodeReply } from './modbus-reply.ts'
import { decodePayload } from './payload.ts'
import type { Point } from './point.ts'
import type { Example, Profile } from './profile.ts'
import type { Decoded } from './registers.ts'

/** `actual` is a value, `{ bad: reason }`, or undefined where the wire image says nothing of the point. */
export type ExampleOutcome = Readonly<{
  example: number
  point: string
  expected: unknown
  actual: unknown
  holds: boolean
}>

/** Runs a profile's own examples through the very decoders that the wire uses: one outcome per expected point. */
export function runExamples(profile: Profile): readonly ExampleOutcome[] {
  return profile.examples.flatMap((example, index) =>
    Object.entries(example.expect).map(([name, expected]) => {
      const point = Object.hasOwn(profile.points, name) ? profile.points[name] : undefined
      const decoded = point && decodeExample(example, profile, point)
      const actual = !decoded ? undefined : decoded.value === null ? { bad: decoded.reason } : decoded.value
      const holds = JSON.stringify(actual) === JSON.stringify(expected)
      return { example: index, point: name, expected, actual, holds }
    }),
  )
}

/** Points that no example brings to a value: nobody has tried them. */
export function untriedPoints(profile: Profile): readonly string[] {
  const tried = new Set(
    profile.examples.flatMap(({ expect }) =>
      Object.entries(expect).flatMap(([name, expected]) => (typeof expected === 'object' ? [] : [name])),
    ),
  )
  return Object.entries(profile.points).flatMap(([name, { modbus, mqtt }]) =>
    (modbus || mqtt) && !tried.has(name) ? [name] : [],
  )
}

function decodeExample(example: Example, profile: Profile, point: Point): Decoded | undefined {
  if (example.mqtt && point.mqtt) return decodePayload(example.mqtt.payload, point)
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
