import type { Reply, Request } from './session.ts'

/**
 * Puts one request on the wire. `unsent`: nothing was asked, for there is no road, or because `mayStill`, which is asked
 * when the road is there and the next thing is to send, says no.
 */
export type Ask = (request: Request, mayStill?: () => boolean) => Promise<Reply | Readonly<{ kind: 'unsent' }>>
type Errand = (ask: Ask) => Promise<void>

/**
 * What people ask for between the polls: writes, and reads out of turn. The poll loop takes them before any poll, one
 * at a time, in the order in which they came.
 */
export type Errands = Readonly<{
  /** Resolves with what `run` returns. Rejects when the signal aborts before its turn, or the source stops. */
  push<T>(run: (ask: Ask) => Promise<T>, signal: AbortSignal): Promise<T>
  take(): Errand | undefined
  isEmpty(): boolean
  /** The poll loop listens here. */
  arrived: { notify: () => void }
  refuseAll(why: Error): void
}>

export function errands(): Errands {
  const waiting: { run: Errand; refuse: (why: unknown) => void }[] = []
  const arrived = { notify: () => {} }

  return {
    push<T>(run: (ask: Ask) => Promise<T>, signal: AbortSignal) {
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      if (signal.aborted) {
        reject(signal.reason)
        return promise
      }
      const giveUp = () => {
        const place = waiting.indexOf(errand)
        if (place >= 0) waiting.splice(place, 1)
        reject(signal.reason)
      }
      const errand = {
        run: async (ask: Ask) => {
          signal.removeEventListener('abort', giveUp)
          await run(ask).then(resolve, reject)
        },
        refuse: (why: unknown) => {
          signal.removeEventListener('abort', giveUp)
          reject(why)
        },
      }
      signal.addEventListener('abort', giveUp, { once: true })
      waiting.push(errand)
      arrived.notify()
      return promise
    },
    take: () => waiting.shift()?.run,
    isEmpty: () => waiting.length === 0,
    arrived,
    refuseAll(why) {
      for (const { refuse } of waiting.splice(0)) refuse(why)
    },
  }
}
