import { modbusMapping } from './modbus-mapping.ts'
import { decodePayload } from './payload.ts'
import type { Point } from './point.ts'
import type { Example, Profile } from './profile.ts'
import { type Decoded, decodeRegisters, WIDTH } from './registers.ts'

export type ExampleMiss = Readonly<{ example: number; point: string; expected: unknown; actual: unknown }>

/** Runs a profile's own examples through the very decoders that the wire uses. Empty when all hold. */
export function runExamples(profile: Profile): readonly ExampleMiss[] {
  return profile.examples.flatMap((example, index) =>
    Object.entries(example.expect).flatMap(([name, expected]) => {
      const point = profile.points[name]
      const decoded = point && decodeExample(example, profile, point)
      const actual = !decoded ? undefined : decoded.value === null ? { bad: decoded.reason } : decoded.value
      return JSON.stringify(actual) === JSON.stringify(expected)
        ? []
        : [{ example: index, point: name, expected, actual }]
    }),
  )
}

function decodeExample(example: Example, profile: Profile, point: Point): Decoded | undefined {
  if (example.mqtt && point.mqtt) return decodePayload(example.mqtt.payload, point)
  if (!example.modbus || !point.modbus) return undefined
  const modbus = modbusMapping(profile, point)
  if (modbus.table === 'coil' || modbus.table === 'discrete') {
    const bit = lookUp(example.modbus[modbus.table] ?? {}, modbus.address)
    return bit === undefined ? undefined : { value: bit }
  }
  const words = wordsFrom(example.modbus[modbus.table] ?? {}, modbus.address, WIDTH[modbus.type])
  return words && decodeRegisters(words, point, modbus)
}

function lookUp<T>(image: Readonly<Record<string, T>>, address: number): T | undefined {
  for (const [key, value] of Object.entries(image)) if (Number(key) === address) return value
  return undefined
}

/** Registers may be written as runs: `0x0010: [1, 2]` holds 0x0010 and 0x0011. */
function wordsFrom(
  image: Readonly<Record<string, readonly number[]>>,
  address: number,
  count: number,
): number[] | undefined {
  const all = new Map<number, number>()
  for (const [key, words] of Object.entries(image)) words.forEach((word, i) => all.set(Number(key) + i, word))
  const found = Array.from({ length: count }, (_, i) => all.get(address + i))
  return found.every((word) => word !== undefined) ? found : undefined
}
