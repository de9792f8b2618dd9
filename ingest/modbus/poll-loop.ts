import type { Clock } from '#devices/clock.ts'
import type { Reading, Reason } from '#devices/reading.ts'
import type { Ask, Errands } from './errands.ts'
import type { LinkHealth } from './link-health.ts'
import type { Log } from './log.ts'
import type { PollSchedule, Slot } from './poll-schedule.ts'
import type { PlannedRead } from './read-plan.ts'
import { badReadingsOf, readingsOf } from './reply-readings.ts'
import type { Road } from './road.ts'
import type { Reply } from './session.ts'

export type Poll = Readonly<{
  name: string
  road: Road
  schedule: PollSchedule
  errands: Errands
  /** Requests in flight at once; 1 on a bus. */
  window: number
  clock: Clock
  health: LinkHealth
  counts: { polls: number; failures: number }
  /** One batch; waits only when too many are not durable yet. */
  say(readings: readonly Reading[], at: number): Promise<void>
  log: Log | undefined
  stop: AbortSignal
}>

/** With nothing to wait for it looks again this often. */
const IDLE_MS = 30_000
/** "You asked for what I do not have": illegal function, data address, data value. */
const CONFIGURATION_EXCEPTIONS: ReadonlySet<number> = new Set([1, 2, 3])
/** Of these a smaller request may be answered: one register of it is not there, or there are too many. */
const PARTING_EXCEPTIONS: ReadonlySet<number> = new Set([2, 3])

/**
 * The one loop of a connection: errands first, then the read that is due longest; says what came of each. Returns when
 * `stop` aborts. Periods, pauses and backoff are site time; the time-outs of the wire are real time.
 *
 * Two things can be at fault. A *unit* that fails while the connection carries answers is held by the schedule. The
 * *road* is at fault when there is no connection, or one that is lost before it carried any answer: then every point
 * is bad at once, and the next attempt waits.
 */
export async function pollLoop(poll: Poll): Promise<void> {
  const { name, road, schedule, errands, window, clock, health, counts, say, log, stop } = poll
  const inFlight = new Set<Promise<void>>()
  let crash: unknown = null
  let wake = new AbortController()
  const look = () => wake.abort()
  errands.arrived.notify = look
  stop.addEventListener('abort', look, { once: true })

  try {
    while (!stop.aborted && crash === null) {
      wake = new AbortController()
      if (inFlight.size >= window) {
        await Promise.race(inFlight)
        continue
      }
      const errand = errands.take()
      if (errand) {
        start(errand(ask))
        continue
      }
      const next = schedule.next()
      const at = Math.max(next?.at ?? clock.now() + IDLE_MS, road.isOpen() ? 0 : road.triesAt())
      if (!next || at > clock.now()) {
        await Promise.race([pause(at - clock.now()), ...inFlight])
        continue
      }
      // Connecting waits for a due read: many devices close an idle connection, and that is no fault.
      const session = await road.session()
      if (!session) {
        await roadFailed()
        continue
      }
      const begunAt = clock.now()
      schedule.begin(next.slot, begunAt)
      start(session.ask(next.slot.read).then((reply) => judge(next.slot, reply, begunAt)))
    }
  } finally {
    stop.removeEventListener('abort', look)
    look()
    road.end()
    await Promise.allSettled(inFlight)
    errands.refuseAll(new Error('the source is stopping'))
  }
  if (crash !== null) throw crash

  function start(task: Promise<void>): void {
    const done = task
      .catch((error: unknown) => void (crash ??= error))
      .finally(() => {
        inFlight.delete(done)
        wake.abort()
      })
    inFlight.add(done)
  }

  async function ask(...[request, mayStill = () => true]: Parameters<Ask>): ReturnType<Ask> {
    const session = await road.session()
    if (!session || stop.aborted || !mayStill()) return { kind: 'unsent' }
    return session.ask(request)
  }

  async function judge(slot: Slot, reply: Reply, begunAt: number): Promise<void> {
    if (stop.aborted) return
    const { read } = slot
    const at = clock.now()
    if (reply.kind === 'abandoned') return schedule.again(slot, at)
    counts.polls += 1
    if (reply.kind === 'failed') {
      counts.failures += 1
      if (reply.reason !== 'connection_lost' || road.hasAnswered())
        return unitFailed(slot, reply.reason, at, at - begunAt, reply.detail)
      schedule.again(slot, at)
      return roadFailed()
    }
    const isSound = reply.kind === 'values' || CONFIGURATION_EXCEPTIONS.has(reply.code)
    health.heard(read, at)
    health.road('up')
    const wasDown = road.answered(at) !== null
    if (wasDown || (isSound && schedule.isEveryUnitHeld())) unitsRestored(slot, at, wasDown)
    // A gateway that cannot reach the unit, a unit that is broken or busy: not a matter of what was asked.
    if (!isSound) return unitFailed(slot, 'exception', at, at - begunAt, `exception ${reply.code}`)
    if (reply.kind === 'refused') return refused(slot, reply.code, at)
    if (schedule.answered(slot, at)) log?.info({ source: name, device: read.device }, 'unit answers again')
    health.note(read, null)
    return say(readingsOf(read, reply.values, at), at)
  }

  /** The unit is well, and has not what was asked. A read of several points is parted until it is known which. */
  async function refused(slot: Slot, code: number, at: number): Promise<void> {
    if (PARTING_EXCEPTIONS.has(code) && schedule.part(slot, at)) return
    schedule.refused(slot, at)
    tell(slot.read, 'exception', `exception ${code}`)
    health.refused(slot.read, code)
    await say(badReadingsOf([slot.read], at, 'exception'), at)
  }

  async function unitFailed(slot: Slot, reason: Reason, at: number, tookMs: number, detail: string): Promise<void> {
    const isHeld = schedule.failed(slot, at, tookMs, reason === 'no_response')
    tell(slot.read, reason, detail)
    // A held unit is not asked for its other points any more: they are bad with it, and again at each probe.
    const ofUnit = schedule.reads().filter(({ unitId }) => unitId === slot.read.unitId)
    const affected = isHeld ? ofUnit : [slot.read]
    for (const read of affected) health.note(read, reason)
    await sayBad(affected, at, reason)
  }

  async function roadFailed(): Promise<void> {
    if (stop.aborted) return
    const at = clock.now()
    if (!road.failed(at)) return
    health.road('down')
    await sayBad(schedule.reads(), at, 'connection_lost')
  }

  /** Also when every unit had been held: that they all came to be silent was the road, so none waits for its probe. */
  function unitsRestored(slot: Slot, at: number, wasDown: boolean): void {
    if (!wasDown) log?.info({ source: name }, 'units answer again')
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

  /** Until then, or until something happens. */
  async function pause(ms: number): Promise<void> {
    const { signal } = wake
    try {
      await clock.sleep(ms, signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
