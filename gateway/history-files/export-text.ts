import { stringify } from 'csv-stringify/sync'
import { escapeKey, fieldValue, seriesKey } from '../historian/line-protocol.ts'
import { nameCell, valueCell } from './cells.ts'
import type { HistorySource, Readings, SeriesName } from './ports.ts'

export const EXPORT_FORMATS = ['csv', 'line'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/** Spreadsheets take a file without it for one in the code page of their country. */
const BYTE_ORDER_MARK = '\ufeff'
const COLUMNS = ['time', 'device', 'point', 'value', 'quality', 'reason']
const MEASUREMENT = 'readings'

/**
 * The readings of some series with source time in [from, to) as the text of one file, series after series, page by
 * page. `written` is told how many readings each page held.
 * CSV holds all of a reading but `timeQuality`; line protocol (times in ms) has no place for one without a value, nor
 * for a reason, and control characters in a name become `_`.
 */
export async function* exportText(
  source: Pick<HistorySource, 'read'>,
  { series, from, to, format }: { series: readonly SeriesName[]; from: number; to: number; format: ExportFormat },
  written: (readings: Readings, series: SeriesName) => void = () => {},
): AsyncGenerator<string> {
  if (format === 'csv') yield BYTE_ORDER_MARK + stringify([COLUMNS])
  const write = format === 'csv' ? csvText : lineText
  for (const name of series)
    for await (const readings of source.read(name, from, to)) {
      const text = write(readings)
      written(readings, name)
      if (text !== '') yield text
    }
}

function csvText(readings: Readings): string {
  return stringify(
    Array.from(readings, ({ device, point, value, quality, reason, at }) => [
      new Date(at).toISOString(),
      nameCell(device),
      nameCell(point),
      valueCell(value),
      quality,
      reason ?? '',
    ]),
  )
}

function lineText(readings: Readings): string {
  let text = ''
  for (const { device, point, value, quality, at } of readings) {
    const field = value === null ? null : fieldValue(value)
    if (field === null) continue
    const key = escapeKey(point)
    const mark = quality === 'good' ? '' : `,${key}_q="${quality}"`
    text += `${seriesKey(MEASUREMENT, { device })} ${key}=${field}${mark} ${Math.floor(at)}\n`
  }
  return text
}
