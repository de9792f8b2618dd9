/** Exchanges that the error rate looks back on: enough for 1 % steps, and a mended line is well again soon. */
const LOOK_BACK = 100
/** Above this share of broken exchanges the line itself is in doubt: shield, termination, a second master. */
export const NOISY_ABOVE = 0.05

/** How well a line carries frames. Counts only what came broken or unasked: silence is the unit's, not the line's. */
export type LineMeter = Readonly<{
  exchange(isBroken: boolean): void
  retried(): void
  /** Bytes that nobody had asked for. */
  stray(bytes: number): void
  /** Share of the last exchanges that came broken, 0…1. */
  errorRate(): number
  isNoisy(): boolean
  counts(): Readonly<{ brokenFrames: number; retries: number; strayBytes: number }>
}>

export function lineMeter(): LineMeter {
  const counts = { brokenFrames: 0, retries: 0, strayBytes: 0 }
  const recent: boolean[] = []
  const errorRate = () => (recent.length === 0 ? 0 : recent.filter(Boolean).length / recent.length)

  return {
    exchange(isBroken) {
      if (isBroken) counts.brokenFrames += 1
      recent.push(isBroken)
      if (recent.length > LOOK_BACK) recent.shift()
    },
    retried: () => void (counts.retries += 1),
    stray: (bytes) => void (counts.strayBytes += bytes),
    errorRate,
    // One broken frame among the first few is no statistic.
    isNoisy: () => recent.length >= 20 && errorRate() > NOISY_ABOVE,
    counts: () => ({ ...counts }),
  }
}
