import type { Batch } from '#devices/reading.ts'
import type { Emit } from '../source.ts'

/** Batches handed over and not yet durable, at most so many per connection. */
export const MAX_OUTSTANDING = 32

/**
 * Hands batches on in order without waiting for each: a group commit takes up to a second and polling must not.
 * The batch that takes the last place asks for a commit at once, for polling now waits for it. With `limit`
 * outstanding, `push` waits for one: back-pressure reaches the wire as skipped polls, not as memory.
 * A rejected emit aborts `stop` with its error.
 */
export function boundedEmits(emit: Emit, stop: AbortController, limit = MAX_OUTSTANDING) {
  let outstanding = 0
  let freed = Promise.withResolvers<void>()
  const wake = () => {
    freed.resolve()
    freed = Promise.withResolvers<void>()
  }
  stop.signal.addEventListener('abort', wake, { once: true })

  const send = async (batch: Batch): Promise<void> => {
    try {
      await emit(batch, outstanding >= limit ? 'ack' : 'flow')
    } catch (error) {
      stop.abort(error)
    } finally {
      outstanding -= 1
      wake()
    }
  }

  return {
    async push(batch: Batch): Promise<void> {
      while (outstanding >= limit && !stop.signal.aborted) await freed.promise
      if (stop.signal.aborted) return
      outstanding += 1
      void send(batch)
    },
  }
}
