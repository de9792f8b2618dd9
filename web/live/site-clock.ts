import { type ReadonlySignal, signal } from '@preact/signals'

const TICK_MS = 500

/** Site time in ms. The browser's own clock is never read: it may be wrong, and a demonstration runs faster. */
export type SiteClock = Readonly<{ now: ReadonlySignal<number>; set(iso: string, speed: number): void }>

export function siteClock(): SiteClock {
  const now = signal(0)
  let known: { at: number; elapsed: number; speed: number } | null = null
  setInterval(() => {
    if (known) now.value = known.at + (performance.now() - known.elapsed) * known.speed
  }, TICK_MS)
  return {
    now,
    set(iso, speed) {
      known = { at: Date.parse(iso), elapsed: performance.now(), speed }
      now.value = known.at
    },
  }
}
