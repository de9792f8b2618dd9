import type { Quality, Reading } from '#devices/reading.ts'
import type { Point } from './line-scanner.ts'
import { type Precision, timeMs } from './numerals.ts'
import type { BadCode } from './ports.ts'

const QUALITY_SUFFIX = '_q'
const QUALITIES: ReadonlySet<unknown> = new Set<Quality>(['good', 'uncertain', 'bad'])

/**
 * Adds what a point says to `readings`: its device stands in a tag, each field is a reading. Text fields `<field>_q`
 * beside a field of that name give its quality. Returns why nothing was added, or null.
 */
export function pointReadings(
  { tags, fields, time }: Point,
  { deviceTag, precision }: { deviceTag: string; precision: Precision | null },
  readings: Reading[],
): BadCode | null {
  if (time === null) return 'no_time'
  const device = tags.find(({ key }) => key === deviceTag)?.value
  if (device === undefined) return 'no_device_tag'
  const at = timeMs(time, precision)
  if (at === null) return 'time_range'
  // Few points carry a mark; the others need no second look.
  if (!fields.some(({ key, kind }) => kind === 'string' && key.endsWith(QUALITY_SUFFIX))) {
    for (const { key, value } of fields) readings.push({ device, point: key, value, quality: 'good', at })
    return null
  }
  const values = new Map(fields.map(({ key, value }) => [key, value]))
  const isQualityOf = (key: string) =>
    key.endsWith(QUALITY_SUFFIX) && values.has(key.slice(0, -QUALITY_SUFFIX.length)) && QUALITIES.has(values.get(key))
  for (const { key, value } of fields) {
    if (isQualityOf(key)) continue
    const mark = key + QUALITY_SUFFIX
    const quality = values.has(mark) && isQualityOf(mark) ? (values.get(mark) as Quality) : 'good'
    readings.push({ device, point: key, value, quality, at })
  }
  return null
}
