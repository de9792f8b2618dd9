/** A rest that a nudge ends early; one that came while nobody rested ends the next at once. */
export type Nap = Readonly<{ rest(realMs: number, signal: AbortSignal): Promise<void>; nudge(): void }>

export function newNap(delay: (realMs: number, run: () => void) => () => void): Nap {
  let wake: (() => void) | null = null
  let isNudged = false
  return {
    nudge() {
      isNudged = true
      wake?.()
    },
    rest(realMs, signal) {
      if (isNudged || signal.aborted) {
        isNudged = false
        return Promise.resolve()
      }
      return new Promise((resolve) => {
        const end = () => {
          cancel()
          signal.removeEventListener('abort', end)
          wake = null
          isNudged = false
          resolve()
        }
        const cancel = delay(realMs, end)
        signal.addEventListener('abort', end, { once: true })
        wake = end
      })
    },
  }
}
