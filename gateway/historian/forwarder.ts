import type { Clock } from '#devices/clock.ts'
import { type DeviceSeries, lineWriter } from './batch-lines.ts'
import { linkedController } from './deadline.ts'
import { type CursorStore, type LogReader, type Target, TargetError } from './target.ts'

export type ForwardingHealth = Readonly<{
  target: string
  state: 'starting' | 'running' | 'unavailable' | 'stopped'
  /** Site time at which the state began. */
  since: number
  /** Why it is unavailable, in the words of what failed. */
  reason?: string
  /** Id of the last batch that the target has confirmed. */
  cursor: number
  /** Batches in the log that the target has not confirmed. */
  lag: number
  /** Lines since start: confirmed, and set aside for good. */
  sent: number
  quarantined: number
}>

export type Forwarding = Readonly<{
  /** Settles when the signal has aborted and nothing runs any more. Never rejects. */
  finished: Promise<void>
  /** Says that the log has grown: ends an idle wait at once. */
  nudge(): void
  health(): ForwardingHealth
}>

export type ForwardOptions = Readonly<{
  target: Target
  log: LogReader
  cursors: CursorStore
  site: string
  devices: ReadonlyMap<string, DeviceSeries>
  clock: Clock
  signal: AbortSignal
  /** Keeps a line that the target refuses for good. Durable when it resolves; may be told the same line again after a crash. */
  quarantine(target: string, line: string, reason: string): Promise<void>
  /** Called after every change of state or counters, for metrics. */
  onChange?(health: ForwardingHealth): void
  /** At most so many batches in one request. */
  batchesPerWrite?: number
}>

const IDLE_MS = 500
const FIRST_BACKOFF_MS = 1_000
const LONGEST_BACKOFF_MS = 60_000

/**
 * One cursor over the reading log. Batches go out in log order, one request at a time; the cursor moves only after the
 * target has confirmed (or a refused line is safely set aside), so whatever is repeated after a crash is the same
 * points at the same times, and nothing is left out.
 */
export function forward(options: ForwardOptions): Forwarding {
  const { target, log, cursors, clock, signal, quarantine, batchesPerWrite = 500 } = options
  const linesOf = lineWriter(options.site, options.devices)
  let health: ForwardingHealth = {
    target: target.name,
    state: 'starting',
    since: clock.now(),
    cursor: 0,
    lag: 0,
    sent: 0,
    quarantined: 0,
  }
  let cursor: number | null = null
  let isPrepared = false
  /** Read but not yet confirmed. `slices` is a stack, the next in order on top; it survives an outage half-way. */
  let pending: { upTo: number; slices: (readonly string[])[] } | null = null
  let backoffMs = FIRST_BACKOFF_MS
  let wasNudged = false
  let wake = () => {}

  const change = (changes: Partial<ForwardingHealth>) => {
    health = { ...health, ...changes }
    options.onChange?.(health)
  }
  const enter = (state: ForwardingHealth['state'], reason?: string) => {
    const since = state === health.state ? health.since : clock.now()
    const { reason: _, ...rest } = health
    health = rest
    change({ state, since, ...(reason === undefined ? {} : { reason }) })
  }

  /** A cursor ahead of the log means the log was replaced by an older copy: its ids will name other batches. */
  const loadCursor = async (): Promise<number> => {
    const [saved, newest] = [await cursors.load(target.name), await log.newest()]
    return saved > newest ? 0 : saved
  }

  const writeTop = async (slices: (readonly string[])[]) => {
    const lines = slices.at(-1)!
    try {
      await target.write(lines, signal)
      slices.pop()
      backoffMs = FIRST_BACKOFF_MS
      change({ sent: health.sent + lines.length })
    } catch (error) {
      if (!(error instanceof TargetError) || error.kind !== 'rejected') throw error
      if (lines.length > 1) {
        const middle = lines.length >> 1
        slices.splice(-1, 1, lines.slice(middle), lines.slice(0, middle))
        return
      }
      await quarantine(target.name, lines[0]!, error.cause)
      slices.pop()
      change({ quarantined: health.quarantined + 1 })
    }
  }

  /** One read, its writes, its cursor. True when there may be more at once. */
  const step = async (): Promise<boolean> => {
    cursor ??= await loadCursor()
    if (!isPrepared) await target.prepare(signal)
    isPrepared = true
    if (!pending) {
      const batches = await log.readAfter(cursor, batchesPerWrite)
      const last = batches.at(-1)
      if (last) {
        const lines = batches.flatMap(({ batch }) => linesOf(batch))
        pending = { upTo: last.id, slices: lines.length > 0 ? [lines] : [] }
      }
    }
    const hadMore = pending !== null
    if (pending) {
      while (pending.slices.length > 0) {
        await writeTop(pending.slices)
        signal.throwIfAborted()
      }
      await cursors.save(target.name, pending.upTo)
      cursor = pending.upTo
      pending = null
    }
    change({ cursor, lag: await lagOf(cursor) })
    return hadMore
  }

  const lagOf = async (from: number) => Math.max(0, (await log.newest()) - from)

  const idle = async () => {
    const { controller, unlink } = linkedController(signal)
    wake = () => controller.abort()
    if (!wasNudged) await clock.sleep(IDLE_MS, controller.signal).catch(() => {})
    wasNudged = false
    unlink()
  }

  const backOff = async (error: unknown) => {
    isPrepared = false // the database may come back empty
    enter('unavailable', error instanceof TargetError ? error.cause : String(error))
    const lag = await lagOf(cursor ?? 0).catch(() => health.lag)
    change({ lag })
    await clock.sleep(backoffMs, signal).catch(() => {})
    backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)
  }

  const run = async () => {
    while (!signal.aborted) {
      try {
        const hasMore = await step()
        backoffMs = FIRST_BACKOFF_MS
        if (health.state !== 'running') enter('running')
        if (!hasMore) await idle()
      } catch (error) {
        if (!signal.aborted) await backOff(error)
      }
    }
    enter('stopped')
  }

  return {
    finished: run(),
    nudge() {
      wasNudged = true
      wake()
    },
    health: () => health,
  }
}
