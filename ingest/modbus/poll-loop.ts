import type { Clock } from '#devices/clock.ts'
import type { Connection } from '#devices/device.ts'
import type { Reading, Reason } from '#devices/reading.ts'
import type { LinkHealth } from './link-health.ts'
import type { PollSchedule, Slot } from './poll-schedule.ts'
import type { PlannedRead } from './read-plan.ts'
import { badReadingsOf, readingsOf } from './reply-readings.ts'
import { openSession, type Reply, type Session } from './session.ts'

/** Where a change of state is told. pino's logger is one. */
export type Log = Readonly<{
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}>

export type Poll = Readonly<{
  name: string
  connection: Connection
  reads: readonly PlannedRead[]
  schedule: PollSchedule
  clock: Clock
  health: LinkHealth
  counts: { polls: number; failures: number; connects: number }
  /** One batch; waits only when too many are not durable yet. */
  say(readings: readonly Reading[], at: number): Promise<void>
  log: Log | undefined
  stop: AbortSignal
}>

/** While the road is down, how often its points are said to be bad again. */
const REMIND_EVERY_MS = 30_000
const BACKOFF_MS = [1_000, 2_000, 4_000, 8_000, 10_000] as const
/** "You asked for what I do not have": illegal function, data address, data value. */
const CONFIGURATION_EXCEPTIONS: ReadonlySet<number> = new Set([1, 2, 3])

/**
 * The one loop of a connection: waits for the next due read, makes it, says what came of it. Returns when `stop` aborts.
 * Periods, pauses and backoff are site time; the time-outs of the wire are real time.
 *
 * Two things can be at fault. A *unit* that fails while the connection carries answers is held by the schedule. The
 * *road* is at fault when there is no connection, or one that is lost before it carried any answer: then every point
 * is bad at once, and the next attempt waits.
 */
export async function pollLoop(poll: Poll): Promise<void> {
  const { name, connection, reads, schedule, clock, health, counts, say, log, stop } = poll
  let session: Session | null = null
  let hasAnswered = false
  let attempts = 0
  let downSince: number | null = null
  let remindedAt = 0

  try {
    while (!stop.aborted) {
      const next = schedule.next()
      const waitMs = next ? next.at - clock.now() : REMIND_EVERY_MS
      if (!next || waitMs > 0) {
        await pause(waitMs)
        continue
      }
      // Connecting waits for a due read: many devices close an idle connection, and that is no fault.
      if (!session?.isOpen()) {
        session?.end()
        session = await open()
        hasAnswered = false
        if (!session) {
          await roadFailed()
          continue
        }
      }
      const begunAt = clock.now()
      schedule.begin(next.slot, begunAt)
      const reply = await session.read(next.slot.read)
      if (!stop.aborted) await judge(next.slot, reply, clock.now(), begunAt)
    }
  } finally {
    session?.end()
  }

  async function judge(slot: Slot, reply: Reply, at: number, begunAt: number): Promise<void> {
    const { read } = slot
    counts.polls += 1
    if (reply.kind === 'failed') {
      counts.failures += 1
      if (reply.reason === 'connection_lost' && !hasAnswered) return roadFailed()
      return unitFailed(slot, reply.reason, at, at - begunAt, reply.detail)
    }
    const isSound = reply.kind === 'values' || CONFIGURATION_EXCEPTIONS.has(reply.code)
    hasAnswered = true
    attempts = 0
    health.heard(read, at)
    health.road('up')
    if (downSince !== null || (isSound && schedule.isEveryUnitHeld())) roadRestored(slot, at)
    // A gateway that cannot reach the unit, a unit that is broken or busy: not a matter of what was asked.
    if (!isSound) return unitFailed(slot, 'exception', at, at - begunAt, `exception ${reply.code}`)
    if (schedule.answered(slot, at)) log?.info({ source: name, device: read.device }, 'unit answers again')
    if (reply.kind === 'values') {
      health.note(read, null)
      return say(readingsOf(read, reply.values, at), at)
    }
    schedule.refused(slot, at)
    tell(read, 'exception', `exception ${reply.code}`)
    return say(badReadingsOf([read], at, 'exception'), at)
  }

  async function unitFailed(slot: Slot, reason: Reason, at: number, tookMs: number, detail: string): Promise<void> {
    const isHeld = schedule.failed(slot, at, tookMs)
    tell(slot.read, reason, detail)
    // A held unit is not asked for its other points any more: they are bad with it, and again at each probe.
    const affected = isHeld ? reads.filter(({ unitId }) => unitId === slot.read.unitId) : [slot.read]
    for (const read of affected) health.note(read, reason)
    await sayBad(affected, at, reason)
  }

  async function roadFailed(): Promise<void> {
    if (stop.aborted) return
    const at = clock.now()
    const { host, port } = connection
    if (downSince === null || at - remindedAt >= REMIND_EVERY_MS) {
      if (downSince === null) log?.warn({ source: name, host, port }, 'connection lost')
      downSince ??= at
      remindedAt = at
      health.road('down')
      await sayBad(reads, at, 'connection_lost')
    }
    await pause(BACKOFF_MS[Math.min(attempts, BACKOFF_MS.length - 1)]!)
    attempts += 1
  }

  /** Also when every unit had been held: that they all came to be silent was the road, so none waits for its probe. */
  function roadRestored(slot: Slot, at: number): void {
    if (downSince === null) log?.info({ source: name }, 'units answer again')
    else log?.info({ source: name, downMs: at - downSince }, 'connection restored')
    downSince = null
    schedule.releaseAll(slot, at)
  }

  /** One batch per device. */
  async function sayBad(affected: readonly PlannedRead[], at: number, reason: Reason): Promise<void> {
    for (const ofDevice of Map.groupBy(affected, ({ device }) => device).values()) {
      await say(badReadingsOf(ofDevice, at, reason), at)
    }
  }

  /** Once per change, however long it lasts. */
  function tell(read: PlannedRead, reason: Reason, detail: string): void {
    if (!health.note(read, reason)) return
    const { device, table, address, count } = read
    log?.warn({ source: name, device, table, address, count, reason, detail }, 'read failed')
  }

  async function open(): Promise<Session | null> {
    try {
      const opened = await openSession(connection, stop)
      counts.connects += 1
      return opened
    } catch {
      return null
    }
  }

  async function pause(ms: number): Promise<void> {
    try {
      await clock.sleep(ms, stop)
    } catch (error) {
      if (!stop.aborted) throw error
    }
  }
}
