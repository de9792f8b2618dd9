import type { Clock } from '#devices/clock.ts'
import type { Position } from '../store/reading-log.ts'
import type { LogReader, Slice } from './target.ts'

/** How much is kept for a target that is away. `keepBytes` is counted as it would be sent, uncompressed. */
export type Bounds = Readonly<{ keepMs: number; keepBytes?: number }>
export type Skipped = Readonly<{ position: Position; dropped: number; reason: 'age' | 'size' }>

/**
 * Whether what waits at `position` is beyond the bounds, and from where on it is not. `next` is the slice that waits
 * there. By size it is an estimate: from the bytes of that slice and the time that the backlog spans.
 */
export async function beyondBounds(
  { keepMs, keepBytes }: Bounds,
  { log, clock }: Readonly<{ log: LogReader; clock: Clock }>,
  position: Position,
  next: Slice,
): Promise<Skipped | null> {
  const oldest = clock.now() - keepMs
  if (next.at < oldest) return { ...(await log.skipTo(position, oldest)), reason: 'age' }
  if (keepBytes === undefined || next.points === 0) return null
  const { at, points = 0 } = await log.end(position)
  const bytesPerPoint = next.lines.reduce((sum, line) => sum + line.length + 1, 0) / next.points
  const excess = 1 - keepBytes / (points * bytesPerPoint)
  // A slice more or less is not worth an alarm.
  if (!(excess > 0) || points <= next.points) return null
  return { ...(await log.skipTo(position, next.at + excess * (at - next.at))), reason: 'size' }
}
