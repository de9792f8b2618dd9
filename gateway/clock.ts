import type { Clock } from '#devices/clock.ts'

/** Timers beside the clock: `after` counts site time, `delay` real time. Each returns its own cancelling. */
export type Timers = Readonly<{
  after(siteMs: number, run: () => void): () => void
  delay(realMs: number, run: () => void): () => void
}>
export type SiteClock = Clock &
  Timers &
  Readonly<{
    speed: number
    /** What the wall says, less site time: calendars follow the wall. */
    wallOffsetMs(): number
    /** Steps of the wall clock since the last call, beyond 2 s; 0 when there were none. */
    takeStep(): number
    /**
     * True when the wall could not be believed at the start: it was before this program was written, or a day and more
     * before what is stored (a dead battery, no network yet). What is read has no time then, until a next start.
     */
    isDoubtful(): boolean
    /** A wall that could not be believed was set since: how long ago things happened can be told now. */
    isSet(): boolean
  }>

/** The longest a timer of the runtime can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
const STEP_MS = 2_000
const FIRST_PLAUSIBLE_MS = Date.UTC(2026, 0, 1)
const DAY_MS = 24 * 3_600_000

/** The wall's time in ms; the only other place that reads it is the simulator's. */
export function wallNow(): number {
  return Date.now()
}

/** The same in every thread of the process: each thread's own count begins at its own time origin. */
export function monotonicNow(): number {
  return performance.timeOrigin + performance.now()
}

/**
 * The one real clock. Site time starts at the later of the wall and the newest entry of the store, and runs with the
 * monotonic clock from there, times `speed`: it never goes back, and a step of the wall does not move it.
 */
export function siteClock({ newestAt, speed }: { newestAt: number | null; speed: number }): SiteClock {
  const monotonicStart = monotonicNow()
  const wallStart = wallNow()
  const siteStart = Math.max(wallStart, newestAt ?? 0)
  const elapsed = () => monotonicNow() - monotonicStart
  const now = () => Math.floor(siteStart + elapsed() * speed)
  const beganWrong = wallStart < FIRST_PLAUSIBLE_MS || (newestAt ?? 0) - wallStart > DAY_MS
  let stepped = 0
  const drift = () => wallNow() - wallStart - elapsed()

  function delay(realMs: number, run: () => void): () => void {
    const timer = setTimeout(run, Math.min(Math.max(realMs, 0), LONGEST_TIMER_MS))
    return () => clearTimeout(timer)
  }

  return {
    speed,
    now,
    delay,
    after: (siteMs, run) => delay(Math.ceil(siteMs / speed), run),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error)
        const onAbort = () => {
          cancel()
          reject(signal!.reason as Error)
        }
        const cancel = delay(Math.ceil(ms / speed), () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        })
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
    wallOffsetMs: () => wallStart - siteStart + stepped,
    isDoubtful: () => beganWrong,
    isSet: () => beganWrong && wallNow() >= Math.max(now(), FIRST_PLAUSIBLE_MS),
    takeStep() {
      const step = drift() - stepped
      if (Math.abs(step) <= STEP_MS) return 0
      stepped += step
      return Math.round(step)
    },
  }
}
