import type { Value } from '#devices/reading.ts'
import { numberText } from './number-text.ts'

/**
 * The syntax of one line: `measurement,tag=value field=value timestamp`.
 * A control character would end or break the line, and a trailing backslash would escape the separator after it; there
 * is no escape for either, so both become `_`. Everything else survives the way there and back.
 */
const UNWRITABLE = /[\u0000-\u001f\u007f]|\\(?=\\*$)/g

function writable(text: string): string {
  return text.replace(UNWRITABLE, '_')
}

export function escapeMeasurement(name: string): string {
  // A line that begins with # is a comment.
  return writable(name).replace(/^#/, '_').replace(/[, ]/g, '\\$&')
}

/** Tag keys, tag values and field keys have one rule. */
export function escapeKey(key: string): string {
  return writable(key).replace(/[,= ]/g, '\\$&')
}

/** Measurement and tags. A tag without a value cannot be written; leaving it out means the same. */
export function seriesKey(measurement: string, tags: Readonly<Record<string, string>>): string {
  const written = Object.entries(tags)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `,${escapeKey(key)}=${escapeKey(value)}`)
  return escapeMeasurement(measurement) + written.join('')
}

/** There is no way to write NaN or an infinity. */
export function isWritable(value: Value): boolean {
  return typeof value !== 'number' || Number.isFinite(value)
}

/** Of a writable value. Every number is a float, or a point that is 3 today and 3.5 tomorrow conflicts with itself. */
export function fieldValue(value: Value): string {
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`
  return typeof value === 'number' ? numberText(value) : String(value)
}
