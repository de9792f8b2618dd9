import { meaningOf } from './opcua-status.ts'
import { decodeFound } from './payload.ts'
import { type Point, valueTypeOf } from './point.ts'
import type { Quality, Reason, Value } from './reading.ts'
import type { Decoded } from './registers.ts'

/** What a server says of a point. `value` is null exactly when the quality is bad. */
export type Told = Readonly<
  | { value: Value; quality: 'good'; reason?: undefined }
  | { value: Value; quality: Exclude<Quality, 'bad'>; reason: Reason }
  | { value: null; quality: 'bad'; reason: Reason }
>

/** A status code and a raw value, as plain JavaScript → what they mean for the point. A bad status brings no value. */
export function toldBy(status: number, raw: unknown, point: Point): Told {
  const { quality, reason } = meaningOf(status)
  if (quality === 'bad') return { value: null, quality, reason: reason! }
  const decoded = decodeFound(raw === undefined ? null : raw, point, point.opcua!)!
  if (decoded.value === null) return { value: null, quality: 'bad', reason: decoded.reason }
  return reason === undefined
    ? { value: decoded.value, quality: 'good' }
    : { value: decoded.value, quality: 'uncertain', reason }
}

/** A value → the raw one to write, undone as `toldBy` does it: enum word to code, unit to raw. */
export function rawFor(value: Value, point: Point): Decoded {
  const { scale = 1, offset = 0 } = point.opcua!
  const nothing: Decoded = { value: null, reason: 'undecodable' }
  if (point.enum) {
    const code = Object.entries(point.enum).find(([key, word]) => key !== 'other' && word === value)?.[0]
    return code === undefined ? nothing : { value: Number(code) }
  }
  const type = valueTypeOf(point)
  if (type === 'number') {
    if (typeof value !== 'number' || !Number.isFinite(value)) return nothing
    return { value: Number(((value - offset) / scale).toPrecision(12)) }
  }
  return typeof value === (type === 'bool' ? 'boolean' : 'string') ? { value } : nothing
}
