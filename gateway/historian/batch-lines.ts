import type { Batch, Reading } from '#devices/reading.ts'
import { escapeKey, fieldValue, seriesKey } from './line-protocol.ts'

/** What the target is told of a device besides its id. `area` is the region of its asset. */
export type DeviceSeries = Readonly<{ kind: string; area: string; profile: string }>

/** The site no longer knows the device, but the log still holds its readings: they are sent, under this name. */
const GONE: DeviceSeries = { kind: 'unknown', area: 'unknown', profile: 'unknown' }

type Line = { device: string; at: number; fields: Map<string, string> }

/**
 * Batch → lines, in the order of the readings: one line per device and source time, each point one field.
 * A reading without a value is not sent. One with a value that is not good carries a second field `<point>_q` with its
 * quality. Timestamps are in ms. The escaped series key of each device is made once.
 */
export function lineWriter(
  site: string,
  devices: ReadonlyMap<string, DeviceSeries>,
): (batch: Batch) => readonly string[] {
  const seriesKeys = new Map<string, string>()
  const fieldKeys = new Map<string, string>()

  const seriesOf = (device: string): string => {
    let key = seriesKeys.get(device)
    if (key === undefined) {
      const { kind, area, profile } = devices.get(device) ?? GONE
      key = seriesKey(kind, { area, device, profile, site })
      seriesKeys.set(device, key)
    }
    return key
  }
  const fieldOf = ({ point, value, quality }: Reading): string | null => {
    const written = value === null ? null : fieldValue(value)
    if (written === null) return null
    let key = fieldKeys.get(point)
    if (key === undefined) fieldKeys.set(point, (key = escapeKey(point)))
    return quality === 'good' ? `${key}=${written}` : `${key}=${written},${key}_q="${quality}"`
  }

  return ({ readings }) => {
    const lines: Line[] = []
    const byDeviceAndTime = new Map<string, Line>()
    let line: Line | undefined
    for (const reading of readings) {
      const field = fieldOf(reading)
      if (field === null) continue
      const at = Math.round(reading.at)
      if (line?.device !== reading.device || line.at !== at) {
        const key = `${at} ${reading.device}`
        line = byDeviceAndTime.get(key)
        if (!line) {
          line = { device: reading.device, at, fields: new Map() }
          byDeviceAndTime.set(key, line)
          lines.push(line)
        }
      }
      line.fields.set(reading.point, field)
    }
    return lines.map(({ device, at, fields }) => `${seriesOf(device)} ${[...fields.values()].join(',')} ${at}`)
  }
}
