import type { Clock } from '#devices/clock.ts'
import { type ModbusConnection, endpointOf } from './connection.ts'
import type { LineMeter } from './line-meter.ts'
import { openTransport } from './open-transport.ts'
import type { Log } from './log.ts'
import { modbusSession, type Session } from './session.ts'

/** While the road is down, how often its points are said to be bad again. */
const REMIND_EVERY_MS = 30_000
/** The last is repeated: a far end that is there again is found within 8 s and the time of one attempt. */
const BACKOFF_MS = [1_000, 2_000, 4_000, 8_000] as const

export type RoadState = Readonly<{ is: 'idle' | 'up' | 'down'; since: number | null; trouble: string | null }>

/**
 * The way to all units of a connection: at most one session at a time, a new one after the old has closed.
 * It is *down* when it cannot be opened, or is lost before it carried any answer. Pauses are site time.
 */
export type Road = Readonly<{
  /** The open session, or a new one; null when the far end cannot be reached. */
  session(): Promise<Session | null>
  isOpen(): boolean
  /** This session has carried an answer. */
  hasAnswered(): boolean
  /** It carries an answer now. How long it had been down, in ms; null when it had not. */
  answered(at: number): number | null
  /** It is down, or still down. True when that is to be said: at once, then every 30 s. */
  failed(at: number): boolean
  /** No attempt before this site time. */
  triesAt(): number
  connects(): number
  /**
   * How it stands, and since when (site time). `trouble`: the system's word for why it could not be opened
   * (ECONNREFUSED, ENOENT), or `closed` when it was lost before it carried an answer.
   */
  state(): RoadState
  end(): void
}>

export function roadTo(
  connection: ModbusConnection,
  context: Readonly<{ name: string; clock: Clock; meter: LineMeter; log: Log | undefined; stop: AbortSignal }>,
): Road {
  const { name, clock, meter, log, stop } = context
  const endpoint = endpointOf(connection)
  let current: Session | null = null
  let opening: Promise<Session | null> | null = null
  let hasAnswered = false
  let attempts = 0
  let triesAt = 0
  let downSince: number | null = null
  let remindedAt = 0
  let connects = 0
  let upSince: number | null = null
  let trouble: string | null = null

  async function open(): Promise<Session | null> {
    current?.end()
    hasAnswered = false
    try {
      current = modbusSession(await openTransport(connection, meter, stop))
      connects += 1
      trouble = 'closed'
    } catch (error) {
      current = null
      trouble = (error as NodeJS.ErrnoException).code ?? (error as Error).message
      if (downSince === null && !stop.aborted)
        log?.warn({ source: name, endpoint, error: (error as Error).message }, 'connection refused')
    } finally {
      opening = null
    }
    return current
  }

  return {
    session() {
      if (current?.isOpen()) return Promise.resolve(current)
      return (opening ??= open())
    },
    isOpen: () => current?.isOpen() ?? false,
    hasAnswered: () => hasAnswered,
    answered(at) {
      const downMs = downSince === null ? null : at - downSince
      hasAnswered = true
      attempts = 0
      triesAt = 0
      downSince = null
      upSince ??= at
      trouble = null
      if (downMs !== null) log?.info({ source: name, downMs }, 'connection restored')
      return downMs
    },
    failed(at) {
      triesAt = clock.now() + BACKOFF_MS[Math.min(attempts, BACKOFF_MS.length - 1)]!
      attempts += 1
      if (downSince !== null && at - remindedAt < REMIND_EVERY_MS) return false
      if (downSince === null) log?.warn({ source: name, endpoint }, 'connection lost')
      downSince ??= at
      upSince = null
      remindedAt = at
      return true
    },
    triesAt: () => triesAt,
    connects: () => connects,
    state() {
      if (downSince !== null) return { is: 'down', since: downSince, trouble }
      return { is: upSince === null ? 'idle' : 'up', since: upSince, trouble: null }
    },
    end: () => current?.end(),
  }
}
