import type { Clock, Random } from '#devices/clock.ts'
import { backoff } from './backoff.ts'
import { beyondBounds, type Bounds } from './bounds.ts'
import type { Position } from '../store/reading-log.ts'
import { linkedController } from './deadline.ts'
import { dropsOf, type ForwardingEvent, outageOf } from './outage.ts'
import { resending, type ResendProgress, type TimeRange } from './resending.ts'
import { type Refused, sliceWriter } from './slice-writer.ts'
import { type CursorStore, type LogReader, type Slice, type Target, TargetError } from './target.ts'

export type ForwardingHealth = Readonly<{
  target: string
  state: 'starting' | 'running' | 'unavailable' | 'stopped'
  /** Site time at which the state began. */
  since: number
  /** Why it is unavailable, in the words of what failed. */
  reason?: string
  /** What the server calls its version; null when it does not say. */
  version: string | null
  /** Everything up to here is confirmed. */
  position: Position
  /** Batches of the log that the target has not confirmed, and about how many points that is; null when nobody knows. */
  lag: number
  lagPoints: number | null
  /** Site time up to which the target has every reading; null until that is known. */
  confirmedAt: number | null
  /** Lines since start: confirmed, and set aside for good. */
  sent: number
  quarantined: number
  /** Points since start that will not be sent: beyond the bounds, or older than the target keeps. */
  dropped: number
  /** Readings since start that are not sent because their time cannot be believed. */
  undated: number
  resend?: ResendProgress
}>

export type Forwarding = Readonly<{
  /** Settles when the signal has aborted and nothing runs any more. Never rejects. */
  finished: Promise<void>
  /** Says that the log has grown: ends an idle wait at once. */
  nudge(): void
  /** Sends a past range again, when the log has nothing newer to send. False while another is on its way. */
  resend(range: TimeRange): boolean
  health(): ForwardingHealth
}>

export type ForwardOptions = Readonly<{
  target: Target
  log: LogReader
  cursors: CursorStore
  clock: Clock
  random: Pick<Random, 'next'>
  signal: AbortSignal
  bounds: Bounds
  /** Keeps a line that the target refuses for good. Durable when it resolves; may be told the same line again after a crash. */
  quarantine(target: string, line: string, reason: string): Promise<void>
  /** What people must hear of. */
  report?(event: ForwardingEvent): void
  /** About so many points in one request. */
  pointsPerWrite?: number
}>

const IDLE_MS = 500
const START: Position = { batch: 0, offset: 0 }

/**
 * One cursor over the reading log. Points go out in log order, one request at a time; the cursor moves only after the
 * target has confirmed (or a refused line is safely set aside), so whatever is repeated after a crash is the same
 * points at the same times, and nothing is left out.
 */
export function forward(options: ForwardOptions): Forwarding {
  const { target, log, cursors, clock, signal, pointsPerWrite = 5_000, report = () => {} } = options
  const told = { target: target.name, clock, report }
  const [outage, drops, waits, writer] = [outageOf(told), dropsOf(told), backoff(options.random), sliceWriter(target)]
  const resends = resending(log, sliceWriter(target), setAside, pointsPerWrite)
  let health: ForwardingHealth = {
    target: target.name,
    state: 'starting',
    since: clock.now(),
    version: null,
    position: START,
    lag: 0,
    lagPoints: null,
    confirmedAt: null,
    sent: 0,
    quarantined: 0,
    dropped: 0,
    undated: 0,
  }
  let position: Position | null = null
  let isPrepared = false
  /** Read and not yet confirmed; and the one after it, read while the target works. */
  let pending: Slice | null = null
  let ahead: Promise<Slice | null> | null = null
  let wasNudged = false
  let wake = () => {}

  const enter = (state: ForwardingHealth['state'], reason?: string) => {
    const since = state === health.state ? health.since : clock.now()
    const { reason: _, ...rest } = health
    health = { ...rest, state, since, ...(reason === undefined ? {} : { reason }) }
  }

  async function setAside(refused: readonly Refused[]): Promise<void> {
    for (const { line, reason } of refused) await options.quarantine(target.name, line, reason)
    health = { ...health, quarantined: health.quarantined + refused.length }
  }

  /** A cursor ahead of the log means the log was replaced by an older copy: its ids will name other batches. */
  const loadCursor = async (): Promise<Position> => {
    const saved = (await cursors.load(target.name)) ?? START
    return saved.batch > (await log.end(START)).batch ? START : saved
  }

  const moveTo = async (next: Position) => {
    await cursors.save(target.name, next)
    position = next
    pending = null
  }

  const prepare = async () => {
    const { version } = await target.ping(signal).catch(() => ({ version: health.version }))
    health = { ...health, version }
    await target.prepare(signal)
    isPrepared = true
  }

  /** Leaves out what is beyond the bounds. True when it did. */
  const hasSkipped = async (from: Position, next: Slice): Promise<boolean> => {
    const skipped = await beyondBounds(options.bounds, { log, clock }, from, next)
    if (!skipped || (skipped.position.batch === from.batch && skipped.position.offset === from.offset)) return false
    ahead = null
    await moveTo(skipped.position)
    drops.add(skipped.dropped, skipped.reason)
    drops.tell(false)
    return true
  }

  const send = async (slice: Slice) => {
    if (slice.points > 0) ahead ??= readAhead(slice)
    const { confirmed, refused, expired } = await writer.write(slice.lines, signal)
    await setAside(refused)
    await moveTo(slice.next)
    const { lines, points, at, undated = 0 } = slice
    drops.add(lines.length === 0 ? 0 : Math.round((expired / lines.length) * points), 'retention')
    drops.tell(false)
    health = { ...health, sent: health.sent + confirmed, undated: health.undated + undated, confirmedAt: at }
  }

  /** Only while catching up: at the end of the log there may be more by the time it is asked for. */
  const readAhead = (slice: Slice): Promise<Slice | null> | null => {
    if (slice.points < pointsPerWrite / 2) return null
    const reading = log.readAfter(slice.next, pointsPerWrite)
    reading.catch(() => {}) // asked for again where it is needed
    return reading
  }

  /** One read, its write, its cursor. True when there may be more at once. */
  const step = async (): Promise<boolean> => {
    position ??= await loadCursor()
    // Read first: what waits for a target that is away grows old, and somebody must see that.
    if (!pending) {
      const reading = ahead ?? log.readAfter(position, pointsPerWrite)
      ahead = null
      pending = await reading
    }
    if (!isPrepared) await prepare()
    const slice = pending
    const startedAt = clock.now()
    if (slice && !(await hasSkipped(position, slice))) await send(slice)
    await measure()
    const isLive = slice !== null && slice.points < pointsPerWrite / 2
    const hasMore = slice !== null || (await resends.step(signal))
    // The target has others to serve, and so has this machine: catching up takes two thirds of what it could.
    if (hasMore && !isLive) await clock.sleep((clock.now() - startedAt) / 2, signal).catch(() => {})
    return hasMore
  }

  const measure = async () => {
    const at = position ?? START
    const end = await log.end(at)
    const lag = Math.max(0, end.batch - at.batch)
    const confirmedAt = lag === 0 && !pending ? clock.now() : health.confirmedAt
    health = { ...health, position: at, lag, lagPoints: lag === 0 ? 0 : (end.points ?? null), confirmedAt }
  }

  const idle = async () => {
    const { controller, unlink } = linkedController(signal)
    wake = () => controller.abort()
    if (!wasNudged) await clock.sleep(IDLE_MS, controller.signal).catch(() => {})
    wasNudged = false
    unlink()
  }

  const backOff = async (error: unknown) => {
    isPrepared = false // the database may come back empty
    const reason = error instanceof TargetError ? error.cause : String(error)
    enter('unavailable', reason)
    outage.failed(reason)
    // What waits may grow too old meanwhile: that is said when it happens, not when the target is back.
    if (position && pending) await hasSkipped(position, pending).catch(() => {})
    await measure().catch(() => {})
    const until = clock.now() + waits.next(error instanceof TargetError ? error.retryAfterMs : 0)
    for (let left = until - clock.now(); left > 0 && !signal.aborted; left = until - clock.now()) {
      await clock.sleep(Math.min(left, Math.max(outage.dueInMs(), 1)), signal).catch(() => {})
      outage.failed(reason)
    }
    // The log is put in order meanwhile: where a slice of before ends, the rest may no longer begin.
    ahead = null
    if (!writer.isUnderWay()) pending = null
  }

  const run = async () => {
    while (!signal.aborted) {
      try {
        const hasMore = await step()
        waits.reset()
        if (health.state !== 'running') enter('running')
        outage.ended()
        if (hasMore) continue
        drops.tell(true)
        await idle()
      } catch (error) {
        if (!signal.aborted) await backOff(error)
      }
    }
    enter('stopped')
  }

  const nudge = () => {
    wasNudged = true
    wake()
  }

  return {
    finished: run(),
    nudge,
    resend(range) {
      const isStarted = resends.start(range)
      if (isStarted) nudge()
      return isStarted
    },
    health() {
      const resend = resends.progress()
      return { ...health, dropped: drops.total(), ...(resend ? { resend } : {}) }
    },
  }
}
