import type { Point } from './point.ts'
import type { Decoded } from './registers.ts'
import { toValue } from './registers.ts'
import { valueTypeOf } from './point.ts'

/** The value at a dotted path of a parsed JSON payload; undefined where it is not there. Own properties only. */
export function valueAt(payload: unknown, path: string): unknown {
  let here: unknown = payload
  for (const step of path.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined
    here = (here as Record<string, unknown>)[step]
  }
  return here
}

function isScalar(found: unknown): found is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof found)
}

/** What a payload says of one point; undefined when it says nothing (a partial update). */
export function decodePayload(payload: unknown, point: Point): Decoded | undefined {
  const { mqtt } = point
  if (!mqtt) return undefined
  const found = valueAt(payload, mqtt.path)
  if (found === undefined) return undefined
  if (found === null) return { value: null, reason: 'absent' }
  if (!isScalar(found)) return { value: null, reason: 'undecodable' }
  const mapped = mqtt.map ? (Object.hasOwn(mqtt.map, String(found)) ? mqtt.map[String(found)] : undefined) : found
  if (mapped === undefined) return { value: null, reason: 'undecodable' }
  switch (valueTypeOf(point)) {
    case 'bool':
      return typeof mapped === 'boolean' ? { value: mapped } : { value: null, reason: 'undecodable' }
    case 'string':
      if (point.enum && typeof mapped === 'number') return toValue(mapped, point, {})
      return typeof mapped === 'string' ? { value: mapped } : { value: null, reason: 'undecodable' }
    case 'number':
      return typeof mapped === 'number' ? toValue(mapped, point, mqtt) : { value: null, reason: 'undecodable' }
  }
}
