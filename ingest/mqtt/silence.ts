import type { Clock } from '#devices/clock.ts'
import type { Device } from '#devices/device.ts'
import { offlineAfterMs } from '#devices/profile.ts'
import type { Reason } from '#devices/reading.ts'
import type { DeviceHealth } from '../source.ts'

/** When silence could not be told, it is told again after this. */
const RETRY_MS = 10_000
/** A device that was said to be gone gets so long to come back: a switch that restarts takes many with it (F48). */
const GONE_MS = 30_000

type Why = Extract<Reason, 'silent' | 'connection_lost'>

type Hearing = {
  lastHeardAt: number | null
  /** When it falls silent unless heard before; null once that has been told. */
  silentAt: number | null
  isSilent: boolean
  why: Why
  offlineMs: number
}

/** Tells once when nothing was heard of a device for its profile's `offline_after`, and again only after it was heard. */
export type SilenceWatch = Readonly<{
  heard(device: string, at: number): void
  /** Its availability topic, or its will, says that it is gone: its countdown ends in 30 s unless it is heard. */
  gone(device: string, at: number): void
  /** Runs until the signal aborts. All countdowns begin now. */
  run(tell: (device: Device, at: number, why: Why) => Promise<void>, signal: AbortSignal): Promise<void>
  health(): readonly DeviceHealth[]
}>

export function silenceWatch(devices: readonly Device[], clock: Clock): SilenceWatch {
  const hearings = new Map<Device, Hearing>()
  for (const device of devices) {
    hearings.set(device, {
      lastHeardAt: null,
      silentAt: null,
      isSilent: false,
      why: 'silent',
      offlineMs: offlineAfterMs(device.profile),
    })
  }
  const byId = new Map(devices.map((device) => [device.id, hearings.get(device)!]))
  const shortestMs = Math.min(GONE_MS, ...Array.from(hearings.values(), (hearing) => hearing.offlineMs))

  return {
    heard(device, at) {
      const hearing = byId.get(device)
      if (!hearing) return
      hearing.lastHeardAt = at
      hearing.silentAt = at + hearing.offlineMs
      hearing.isSilent = false
      hearing.why = 'silent'
    },
    gone(device, at) {
      const hearing = byId.get(device)
      if (!hearing || hearing.isSilent) return
      hearing.silentAt = Math.min(hearing.silentAt ?? Infinity, at + GONE_MS)
      hearing.why = 'connection_lost'
    },
    async run(tell, signal) {
      const startedAt = clock.now()
      for (const hearing of hearings.values()) {
        hearing.silentAt = startedAt + hearing.offlineMs
        hearing.isSilent = false
      }
      while (hearings.size > 0) {
        const now = clock.now()
        await Promise.all(
          Array.from(hearings, async ([device, hearing]) => {
            if (hearing.silentAt === null || hearing.silentAt > now) return
            hearing.isSilent = true
            hearing.silentAt = null
            await tell(device, now, hearing.why).catch(() => {
              // Heard meanwhile: then its own countdown runs.
              if (hearing.isSilent) hearing.silentAt = now + RETRY_MS
            })
          }),
        )
        // A device heard while we sleep cannot fall silent before the shortest countdown has passed.
        const sleepsAt = clock.now()
        const wakeAt = Math.min(
          sleepsAt + shortestMs,
          ...Array.from(hearings.values(), ({ silentAt }) => silentAt ?? Infinity),
        )
        await clock.sleep(Math.max(0, wakeAt - sleepsAt), signal)
      }
    },
    health: () =>
      Array.from(hearings, ([device, { lastHeardAt, isSilent, why }]) => {
        const ok = lastHeardAt !== null && !isSilent
        return { device: device.id, ok, lastHeardAt, ...(ok ? {} : { reason: isSilent ? why : 'not_heard' }) }
      }),
  }
}
