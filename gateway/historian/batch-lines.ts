import type { Quality, Value } from '#devices/reading.ts'
import { escapeKey, fieldValue, isWritable, seriesKey } from './line-protocol.ts'

/** What the target is told of a device besides its id. `area` is the region of its asset. */
export type DeviceSeries = Readonly<{ kind: string; area: string; profile: string }>

/** One reading that has a value. `at` is source time in ms. */
export type LinePoint = Readonly<{ device: string; point: string; at: number; value: Value; quality: Quality }>

/** The site no longer knows the device, but the log still holds its readings: they are sent, under this name. */
const GONE: DeviceSeries = { kind: 'unknown', area: 'unknown', profile: 'unknown' }

/**
 * Nothing of ours was measured before: a device whose clock lost its battery says 1970 (F17). A database would keep that
 * as 1970, or drop it for its age; it stays in the log.
 */
const FIRST_TIME = Date.UTC(2000)

/** `next` is the field that most likely comes next: devices say their points in one order. */
type Device = { readonly series: string; readonly fields: Map<string, Field>; next: Field | null }
/** One point: its last reading and what that is in a line, for most readings say what the one before said. */
type Field = {
  readonly point: string
  readonly key: string
  /** What stands before its value. */
  readonly prefix: string
  next: Field | null
  value: Value | null
  quality: Quality
  /** With the comma before it. */
  text: string
  /** The line it was written to last, and where. */
  line: number
  start: number
}

/**
 * Points → lines, in their order: consecutive points of one device and time share a line, each point one field. A value
 * that is not good carries a second field `<point>_q` with its quality. Timestamps are in ms. What cannot be written
 * (a number that is not finite, a time before 2000) is left out. Meant to be kept: it remembers each point's last text.
 */
export function lineWriter(
  site: string,
  devices: ReadonlyMap<string, DeviceSeries>,
): (points: Iterable<LinePoint>) => string[] {
  const known = new Map<string, Device>()
  let line = 0

  const deviceOf = (id: string): Device => {
    let device = known.get(id)
    if (device === undefined) {
      const { kind, area, profile } = devices.get(id) ?? GONE
      device = { series: seriesKey(kind, { area, device: id, profile, site }), fields: new Map(), next: null }
      known.set(id, device)
    }
    return device
  }
  const fieldOf = (device: Device, point: string, last: Field | null): Field => {
    const likely = last === null ? device.next : last.next
    if (likely !== null && likely.point === point) return likely
    let field = device.fields.get(point)
    if (field === undefined) {
      const key = escapeKey(point)
      field = { point, key, prefix: `,${key}=`, next: null, value: null, quality: 'good', text: '', line: 0, start: 0 }
      device.fields.set(point, field)
    }
    if (last === null) device.next = field
    else last.next = field
    return field
  }
  /** Makes `text` what the reading is in a line. */
  const write = (field: Field, { value, quality }: LinePoint): void => {
    field.value = value
    field.quality = quality
    const text = field.prefix + fieldValue(value)
    field.text = quality === 'good' ? text : `${text},${field.key}_q="${quality}"`
  }
  /** The line without what this field has said in it before: the later of two values at one time counts. */
  const without = (text: string, { start, text: said }: Field, { series, fields }: Device): string => {
    const end = start + said.length
    for (const other of fields.values()) if (other.line === line && other.start >= end) other.start -= end - start
    const rest = text.slice(end)
    // The second field is the first now, and a blank stands before that.
    return start === series.length && rest !== '' ? `${series} ${rest.slice(1)}` : text.slice(0, start) + rest
  }

  return (points) => {
    const lines: string[] = []
    let text = ''
    let id: string | null = null
    let device: Device = { series: '', fields: new Map(), next: null }
    let last: Field | null = null
    let at = NaN
    let time = ''
    line++
    for (const reading of points) {
      if (!(reading.at >= FIRST_TIME) || !isWritable(reading.value)) continue
      if (reading.device !== id || reading.at !== at) {
        if (text.length > device.series.length) lines.push(text + time)
        if (reading.device !== id) device = deviceOf((id = reading.device))
        if (reading.at !== at) time = ` ${Math.round((at = reading.at))}`
        text = device.series
        last = null
        line++
      }
      const field = fieldOf(device, reading.point, last)
      last = field
      if (field.line === line) text = without(text, field, device)
      if (field.value !== reading.value || field.quality !== reading.quality) write(field, reading)
      field.line = line
      field.start = text.length
      text += text.length === device.series.length ? ` ${field.text.slice(1)}` : field.text
    }
    if (text.length > device.series.length) lines.push(text + time)
    return lines
  }
}
