import type { Reason } from '#devices/reading.ts'
import type { DeviceHealth, SourceHealth } from '../source.ts'
import type { PlannedRead } from './read-plan.ts'

/** What is known of a connection and its devices, for people to look at. Decides nothing. */
export type LinkHealth = Readonly<{
  /** The outcome of a read: null is good, else why not. True when the read's last outcome was another. */
  note(read: PlannedRead, outcome: Reason | null): boolean
  /** The unit gave an answer, be it a refusal. */
  heard(read: PlannedRead, at: number): void
  /** The road is gone, or there again. */
  road(state: 'up' | 'down'): void
  reset(): void
  report(): SourceHealth
}>

export function linkHealth(source: string, reads: readonly PlannedRead[]): LinkHealth {
  const devices = Map.groupBy(reads, ({ device }) => device)
  const lastHeardAt = new Map<string, number>()
  const outcomes = new Map<PlannedRead, Reason | null>()
  let road: 'starting' | 'up' | 'down' = 'starting'

  const deviceHealth = (device: string): DeviceHealth => {
    const known = devices.get(device)!.map((read) => outcomes.get(read))
    const reason = road === 'down' ? 'connection_lost' : known.find((outcome) => outcome != null)
    const isOk = reason === undefined && known.some((outcome) => outcome === null)
    return { device, ok: isOk, lastHeardAt: lastHeardAt.get(device) ?? null, ...(reason ? { reason } : {}) }
  }

  return {
    note(read, outcome) {
      const isNews = outcomes.get(read) !== outcome
      outcomes.set(read, outcome)
      return isNews
    },
    heard: (read, at) => void lastHeardAt.set(read.device, at),
    road: (state) => void (road = state),
    reset() {
      road = 'starting'
      outcomes.clear()
    },
    report() {
      const list = [...devices.keys()].map(deviceHealth)
      if (road !== 'up') return { source, state: road, devices: list }
      return { source, state: list.every(({ reason }) => reason === undefined) ? 'running' : 'degraded', devices: list }
    },
  }
}
