import type { Reason } from '#devices/reading.ts'
import type { DeviceHealth, SourceHealth } from '../source.ts'
import type { LineMeter } from './line-meter.ts'
import type { PlannedRead } from './read-plan.ts'

/** What is known of a connection and its devices, for people to look at. Decides nothing. */
export type LinkHealth = Readonly<{
  /** The outcome of a read: null is good, else why not. True when the read's last outcome was another. */
  note(read: PlannedRead, outcome: Reason | null): boolean
  /** The unit refused this read as such: a matter of configuration. */
  refused(read: PlannedRead): void
  /** The unit gave an answer, be it a refusal. */
  heard(read: PlannedRead, at: number): void
  /** The road is gone, or there again. */
  road(state: 'up' | 'down'): void
  reset(): void
  report(): SourceHealth
}>

/** `reads` are those made now: the plan may be parted while it runs. */
export function linkHealth(source: string, reads: () => readonly PlannedRead[], meter: LineMeter): LinkHealth {
  const lastHeardAt = new Map<string, number>()
  const outcomes = new Map<PlannedRead, Reason | null>()
  const refusals = new Set<PlannedRead>()
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
    refused: (read) => void refusals.add(read),
    heard: (read, at) => void lastHeardAt.set(read.device, at),
    road: (state) => void (road = state),
    reset() {
      road = 'starting'
      outcomes.clear()
      refusals.clear()
    },
    report() {
      const ofDevices = Map.groupBy(reads(), ({ device }) => device)
      const devices = [...ofDevices].map(([device, ofDevice]) => deviceHealth(device, ofDevice))
      const errorRate = meter.errorRate()
      if (road !== 'up') return { source, state: road, devices, errorRate }
      const isWell = !meter.isNoisy() && devices.every(({ reason }) => reason === undefined)
      return { source, state: isWell ? 'running' : 'degraded', devices, errorRate }
    },
  }
}
