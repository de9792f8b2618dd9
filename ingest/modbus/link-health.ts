import type { Table } from '#devices/point.ts'
import type { Reason } from '#devices/reading.ts'
import type { DeviceHealth, SourceHealth } from '../source.ts'
import type { LineMeter } from './line-meter.ts'
import type { PlannedRead } from './read-plan.ts'

/** A point that its unit says it does not have; `exception` is the code it gave (01–03). */
export type RefusedPoint = Readonly<{
  unitId: number
  device: string
  point: string
  table: Table
  address: number
  count: number
  exception: number
}>

/** What is known of a connection and its devices, for people to look at. Decides nothing. */
export type LinkHealth = Readonly<{
  /** The outcome of a read: null is good, else why not. True when the read's last outcome was another. */
  note(read: PlannedRead, outcome: Reason | null): boolean
  /** The unit refused this read as such: a matter of configuration. */
  refused(read: PlannedRead, exception: number): void
  /** The unit gave an answer, be it a refusal. */
  heard(read: PlannedRead, at: number): void
  /** The road is gone, or there again. */
  road(state: 'up' | 'down'): void
  report(): SourceHealth
  /** What the units refuse as such, point by point. */
  refusals(): readonly RefusedPoint[]
}>

/** `reads` are those made now: the plan may be parted while it runs. */
export function linkHealth(source: string, reads: () => readonly PlannedRead[], meter: LineMeter): LinkHealth {
  const lastHeardAt = new Map<string, number>()
  const outcomes = new Map<PlannedRead, Reason | null>()
  const refusals = new Map<PlannedRead, number>()
  let road: 'starting' | 'up' | 'down' = 'starting'

  const deviceHealth = (device: string, ofDevice: readonly PlannedRead[]): DeviceHealth => {
    const known = ofDevice.map((read) => outcomes.get(read))
    const reason = road === 'down' ? 'connection_lost' : known.find((outcome) => outcome != null)
    const isOk = reason === undefined && known.some((outcome) => outcome === null)
    const refusedPoints = ofDevice
      .filter((read) => refusals.has(read))
      .flatMap(({ points }) => points.map(({ name }) => name))
    return {
      device,
      ok: isOk,
      lastHeardAt: lastHeardAt.get(device) ?? null,
      ...(reason ? { reason } : {}),
      ...(refusedPoints.length > 0 ? { refusedPoints } : {}),
    }
  }

  return {
    note(read, outcome) {
      const isNews = outcomes.get(read) !== outcome
      outcomes.set(read, outcome)
      refusals.delete(read)
      return isNews
    },
    refused: (read, exception) => void refusals.set(read, exception),
    heard: (read, at) => void lastHeardAt.set(read.device, at),
    road: (state) => void (road = state),
    report() {
      const ofDevices = Map.groupBy(reads(), ({ device }) => device)
      const devices = [...ofDevices].map(([device, ofDevice]) => deviceHealth(device, ofDevice))
      const errorRate = meter.errorRate()
      if (road !== 'up') return { source, state: road, devices, errorRate }
      const isWell = !meter.isNoisy() && devices.every(({ reason }) => reason === undefined)
      return { source, state: isWell ? 'running' : 'degraded', devices, errorRate }
    },
    refusals: () =>
      reads().flatMap((read) => {
        const exception = refusals.get(read)
        if (exception === undefined) return []
        const { unitId, device, table } = read
        return read.points.map(({ name, mapping: { address, width } }) => ({
          unitId,
          device,
          point: name,
          table,
          address,
          count: width,
          exception,
        }))
      }),
  }
}
