import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '#devices/clock.ts'

/** Node fires timers beyond 2^31 ms at once. */
const LONGEST_PAUSE_MS = 2 ** 30

/** Real milliseconds that never go back, the same in every thread of a process. */
export function monotonicNow(): number {
  return performance.timeOrigin + performance.now()
}

/**
 * Site time that runs `speed` times as fast as real time. It read `siteStart` when `monotonicNow` read
 * `monotonicStart`, so that two threads given the same numbers agree.
 */
export function scaledClock(settings: {
  siteStart: number
  speed: number
  monotonicStart?: number | undefined
}): Clock {
  const { siteStart, speed, monotonicStart = monotonicNow() } = settings
  if (!(speed > 0)) throw new Error(`speed must be above 0, not ${speed}`)
  const now = () => siteStart + Math.max(0, monotonicNow() - monotonicStart) * speed
  return {
    now,
    async sleep(ms, signal) {
      const until = now() + ms
      for (let leftMs = ms; leftMs > 0; leftMs = until - now()) {
        signal?.throwIfAborted()
        try {
          await pause(Math.min(leftMs / speed, LONGEST_PAUSE_MS), undefined, signal && { signal })
        } catch (error) {
          throw signal?.aborted ? signal.reason : error
        }
      }
      signal?.throwIfAborted()
    },
  }
}
