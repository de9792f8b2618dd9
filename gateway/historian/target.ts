import type { Batch } from '#devices/reading.ts'

/** A batch as the reading log holds it. Ids ascend in the order in which batches became durable, and start above 0. */
export type LoggedBatch = Readonly<{ id: number; batch: Batch }>

export type LogReader = Readonly<{
  /** At most `limit` batches with an id above `id`, ascending and without holes in what is durable. */
  readAfter(id: number, limit: number): Promise<readonly LoggedBatch[]>
  /** Id of the newest durable batch; 0 when there is none. */
  newest(): Promise<number>
}>

/** How far each target has confirmed. */
export type CursorStore = Readonly<{
  /** Id of the last confirmed batch; 0 for a target never seen. */
  load(target: string): Promise<number>
  save(target: string, id: number): Promise<void>
}>

/** A database that takes lines of line protocol with timestamps in ms. */
export type Target = Readonly<{
  /** Names the database itself, without secrets: the cursor and the quarantine are kept under it. */
  name: string
  /** One request. Resolves only when the server confirmed all lines; rejects with a TargetError. Leaves nothing behind. */
  write(lines: readonly string[], signal: AbortSignal): Promise<void>
  /** Creates the database or bucket when it is missing and the credentials allow it; rejects with a TargetError. */
  prepare(signal: AbortSignal): Promise<void>
}>

/**
 * `unavailable`: the same lines may be taken later, nothing is known to be wrong with them.
 * `rejected`: the server read the lines and refuses at least one of them for good.
 */
export class TargetError extends Error {
  readonly kind: 'unavailable' | 'rejected'
  /** The server's or the socket's own words. Never the client's error object: those carry the credentials. */
  override readonly cause: string
  constructor(kind: 'unavailable' | 'rejected', cause: string) {
    super(`${kind}: ${cause}`)
    this.name = 'TargetError'
    this.kind = kind
    this.cause = cause
  }
}
