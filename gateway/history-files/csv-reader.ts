import { type Quality, type Reading, type Reason, REASONS } from '#devices/reading.ts'
import { cellName, cellValue, isoTimeMs } from './cells.ts'
import { csvRows, type Row } from './csv-rows.ts'
import { type Precision, timeMs } from './numerals.ts'
import type { BadCode, BadLine, HistoryReader } from './ports.ts'

const QUALITIES: ReadonlySet<string> = new Set<Quality>(['good', 'uncertain', 'bad'])
const KNOWN_REASONS: ReadonlySet<string> = new Set(REASONS)
const EPOCH = /^-?\d{1,19}$/

/** Adds what a row says to the readings; gives back what is wrong with it. A row is taken whole or not at all. */
type Take = (cells: readonly string[], readings: Reading[]) => Wrong | null
type Wrong = Readonly<{ column: number; code: BadCode }>

/**
 * CSV with a header, of either form: `time,device,point,value` with `quality` and `reason` if it likes, one reading a
 * row; or `time` and one column for each `device.point`. An empty value is no reading, unless a quality says of it that
 * there was none to be had. Without a usable header nothing is read.
 */
export function csvReader({ precision }: { precision: Precision | null }): HistoryReader {
  return async function* (chunks, report) {
    let take: Take | null = null
    let width = 0
    for await (const rows of csvRows(chunks)) {
      const readings: Reading[] = []
      for (const row of rows) {
        if ('code' in row) {
          report(row)
          continue
        }
        if (take) {
          const wrong = row.cells.length === width ? take(row.cells, readings) : wrongWidth(row, width)
          if (wrong) report(badLine(row, wrong, width))
          continue
        }
        take = takerOf(row.cells, precision)
        width = row.cells.length
        if (!take) {
          report({ line: row.line, column: 1, code: 'header', params: {} })
          return
        }
      }
      if (readings.length > 0) yield readings
    }
  }
}

function takerOf(header: readonly string[], precision: Precision | null): Take | null {
  const words = header.map((word) => word.trim().toLowerCase())
  const [time, device, point, value] = ['time', 'device', 'point', 'value'].map((word) => words.indexOf(word))
  if (time === undefined || time < 0) return null
  if (device! >= 0 && point! >= 0 && value! >= 0)
    return longTaker(
      {
        time,
        device: device!,
        point: point!,
        value: value!,
        quality: words.indexOf('quality'),
        reason: words.indexOf('reason'),
      },
      precision,
    )
  return wideTaker(header, time, precision)
}

type Places = Readonly<Record<'time' | 'device' | 'point' | 'value' | 'quality' | 'reason', number>>

function longTaker(places: Places, precision: Precision | null): Take {
  return (cells, readings) => {
    const wrong = (place: number, code: BadCode): Wrong => ({ column: place + 1, code })
    const at = cellTime(cells[places.time]!, precision)
    if (typeof at === 'string') return wrong(places.time, at)
    const device = cellName(cells[places.device]!)
    if (device === '') return wrong(places.device, 'no_device')
    const point = cellName(cells[places.point]!)
    if (point === '') return wrong(places.point, 'no_point')
    const value = cellValue(cells[places.value]!)
    if (isBeyond(value)) return wrong(places.value, 'number_range')
    const quality = cells[places.quality]?.trim() ?? ''
    if (quality !== '' && !QUALITIES.has(quality)) return wrong(places.quality, 'quality')
    const reason = cells[places.reason]?.trim() ?? ''
    if (reason !== '' && !KNOWN_REASONS.has(reason)) return wrong(places.reason, 'reason')
    if (value === null && quality === '') return null
    readings.push({
      device,
      point,
      value,
      quality: (quality || 'good') as Quality,
      ...(reason === '' ? {} : { reason: reason as Reason }),
      at,
    })
    return null
  }
}

function wideTaker(header: readonly string[], time: number, precision: Precision | null): Take | null {
  const series: { device: string; point: string; place: number }[] = []
  for (const [place, word] of header.entries()) {
    if (place === time) continue
    // A device's id has no dot; a point's name may.
    const [, device, point] = /^([^.]+)\.(.+)$/s.exec(word.trim()) ?? []
    if (device === undefined || point === undefined) return null
    series.push({ device, point, place })
  }
  if (series.length === 0) return null
  return (cells, readings) => {
    const at = cellTime(cells[time]!, precision)
    if (typeof at === 'string') return { column: time + 1, code: at }
    const values = series.map(({ place }) => cellValue(cells[place]!))
    const beyond = values.findIndex(isBeyond)
    if (beyond >= 0) return { column: series[beyond]!.place + 1, code: 'number_range' }
    for (const [index, { device, point }] of series.entries()) {
      const value = values[index]!
      if (value !== null) readings.push({ device, point, value, quality: 'good', at })
    }
    return null
  }
}

function isBeyond(value: Reading['value']): boolean {
  return typeof value === 'number' && !Number.isFinite(value)
}

function cellTime(cell: string, precision: Precision | null): number | BadCode {
  const text = cell.trim()
  return EPOCH.test(text) ? (timeMs(text, precision) ?? 'time_range') : isoTimeMs(text)
}

function wrongWidth({ cells }: Row, width: number): Wrong {
  return { column: Math.min(cells.length, width) + 1, code: 'columns' }
}

function badLine({ cells, line }: Row, { column, code }: Wrong, width: number): BadLine {
  const params = code === 'columns' ? { found: cells.length, wanted: width } : {}
  // A row may span lines; where it begins is what a person looks for.
  const inner = cells.reduce((count, cell) => count + cell.split('\n').length - 1, 0)
  return { line: line - inner, column, code, params }
}
