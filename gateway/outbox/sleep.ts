/** Rests for real ms, or until `signal` aborts; never rejects. */
export function sleepFor(
  delay: (realMs: number, run: () => void) => () => void,
  realMs: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = () => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = delay(realMs, end)
    signal.addEventListener('abort', end, { once: true })
  })
}
