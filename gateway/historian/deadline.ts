/** A controller that also aborts with `signal`. `unlink` must be called, or a long-lived signal collects listeners. */
export function linkedController(signal: AbortSignal): { controller: AbortController; unlink: () => void } {
  const controller = new AbortController()
  const abort = () => controller.abort(signal.reason)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return { controller, unlink: () => signal.removeEventListener('abort', abort) }
}

/**
 * Runs one request that ends with the caller's signal or after `timeoutMs` of real time, whichever is first.
 * Both client libraries can leave a promise pending when the connection dies inside an answer's body; this cannot.
 */
export async function withDeadline<T>(
  signal: AbortSignal,
  timeoutMs: number,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const { controller, unlink } = linkedController(signal)
  const aborted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true })
  })
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  try {
    return await Promise.race([request(controller.signal), aborted])
  } catch (error) {
    controller.abort(error) // a request given up must not be delivered later
    throw error
  } finally {
    clearTimeout(timer)
    unlink()
  }
}
