import type { Clock } from '#devices/clock.ts'

/** Real time × speed, from a fixed start: a minute of site time passes in `60 / speed` seconds on real wires. */
export function scaledClock(speed: number, startAt = Date.UTC(2026, 0, 5, 8)): Clock {
  const origin = performance.now()
  return {
    now: () => startAt + (performance.now() - origin) * speed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error)
        const onAbort = () => {
          clearTimeout(timer)
          reject(signal?.reason as Error)
        }
        const timer = setTimeout(
          () => {
            signal?.removeEventListener('abort', onAbort)
            resolve()
          },
          Math.max(ms, 0) / speed,
        )
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
  }
}
