import type { Position } from '../store/reading-log.ts'

/**
 * Lines after a position, in log order; `next` is the position once all of them are confirmed. `at` is the site time (ms)
 * at which the newest of them was received; `points` how many readings they stand for.
 */
export type Slice = Readonly<{
  lines: readonly string[]
  next: Position
  at: number
  points: number
  /** Readings left out because their time cannot be believed (F17); they stay in the log. */
  undated?: number
}>

export type LogReader = Readonly<{
  /** Null at the end of the log. At most about `limit` points. A slice may hold no lines (readings without values) and still move on. */
  readAfter(position: Position, limit: number): Promise<Slice | null>
  /**
   * Newest batch id, its site time (0 and 0 for an empty log), and how many points lie after `position`: an estimate is
   * fine. Without `points` nothing can be bounded by size.
   */
  end(position: Position): Promise<Readonly<{ batch: number; at: number; points?: number }>>
  /** First position whose points were received at or after `at`, and how many points lie between `from` and it: for dropping what is too old. */
  skipTo(from: Position, at: number): Promise<Readonly<{ position: Position; dropped: number }>>
  /** Lines of a chosen past range by source time, page by page, for re-sending; `after` is the page token of the answer before, null to begin; null at the end. */
  range(
    from: number,
    to: number,
    after: string | null,
    limit: number,
  ): Promise<Readonly<{ lines: readonly string[]; after: string }> | null>
}>

/** How far each target has confirmed. */
export type CursorStore = Readonly<{
  /** Null for a target never seen. */
  load(target: string): Promise<Position | null>
  save(target: string, position: Position): Promise<void>
}>

/** One point of one device, as charts ask for it. `kind` is the measurement it was sent to. */
export type ChartSeries = Readonly<{ site: string; device: string; kind: string; point: string }>
/** From `from` (ms, inclusive) to `to` (exclusive). */
export type ChartRange = Readonly<{ from: number; to: number; buckets: number }>
/** `n` readings of one stretch that begins at `t` (ms). A stretch without any has n 0 and nulls: a gap stays a gap. */
export type ChartBucket = Readonly<{
  t: number
  min: number | null
  mean: number | null
  max: number | null
  last: number | null
  n: number
  /** The worst in the stretch; bad readings are in it and not in the figures. */
  quality: 'good' | 'uncertain' | 'bad' | null
}>

/** A database that takes lines of line protocol with timestamps in ms. Every request is one; nothing is left behind. */
export type Target = Readonly<{
  /** Names the database itself, without secrets: the cursor and the quarantine are kept under it. */
  name: string
  /** Resolves only when the server confirmed all lines; rejects with a TargetError. */
  write(lines: readonly string[], signal: AbortSignal): Promise<void>
  /** Creates the database or bucket with its retention when it is missing and the credentials allow it; rejects with a TargetError. */
  prepare(signal: AbortSignal): Promise<void>
  /** Asks whether it is there; the version as the server says it, null when it does not. Rejects with a TargetError. */
  ping(signal: AbortSignal): Promise<Readonly<{ version: string | null }>>
  /** A numeric point in buckets of equal width, `range.buckets` at most. Rejects with a TargetError. */
  query(series: ChartSeries, range: ChartRange, signal: AbortSignal): Promise<readonly ChartBucket[]>
}>

/**
 * `unavailable`: the same lines may be taken later, nothing is known to be wrong with them.
 * `rejected`: the server read the lines and refuses at least one of them for good.
 * `expired`: so many of the oldest lines are older than the database keeps; nothing is known about the others.
 */
export type TargetFailure = 'unavailable' | 'rejected' | 'expired'

export class TargetError extends Error {
  readonly kind: TargetFailure
  /** The server's or the socket's own words. Never the client's error object: those carry the credentials. */
  override readonly cause: string
  /** How long the server asks to be left alone. */
  readonly retryAfterMs: number
  /** Lines, when expired. */
  readonly expired: number
  constructor(kind: TargetFailure, cause: string, more: { retryAfterMs?: number; expired?: number } = {}) {
    super(`${kind}: ${cause}`)
    this.name = 'TargetError'
    this.kind = kind
    this.cause = cause
    this.retryAfterMs = more.retryAfterMs ?? 0
    this.expired = more.expired ?? 0
  }
}
