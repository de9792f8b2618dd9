import type { DatabaseSync } from 'node:sqlite'
import type { Reading } from '#devices/reading.ts'
import { eachReading } from '../batch-codec.ts'
import { sealedUpto } from '../reading-log.ts'
import type { SeriesNames } from '../series-names.ts'
import { Chunk, GROUP_SIZE, groupOf } from './chunk.ts'
import { decodeRun } from './columns.ts'
import { readingOf, type Run } from './run.ts'

type Newest = { at: number; value: Run['values'][number]; flags: number }

/** Chunks of a group that are looked through for a series that has said nothing for long. */
const CHUNKS = 50

/** The newest reading of every series by source time: the end of the log first, then back through the chunks. */
export function newestReadings(db: DatabaseSync, names: SeriesNames): Reading[] {
  const newest: (Newest | undefined)[] = []
  const take = (series: number, at: number, value: Newest['value'], flags: number) => {
    const known = newest[series]
    if (!known) newest[series] = { at, value, flags }
    else if (at >= known.at) [known.at, known.value, known.flags] = [at, value, flags]
  }
  const log = db.prepare('select received_at, body from log where id > ? order by id').iterate(sealedUpto(db))
  for (const { received_at: receivedAt, body } of log as Iterable<{ received_at: number; body: Uint8Array }>)
    eachReading(body, receivedAt, take)
  if (names.size > 0) for (let group = 0; group <= groupOf(names.size - 1); group++) addGroup(db, group, newest, names)
  return newest.flatMap((found, series) => {
    const { device, point } = names.nameOf(series)
    return found ? [readingOf(device, point, found.at, found.value, found.flags)] : []
  })
}

function addGroup(db: DatabaseSync, group: number, newest: (Newest | undefined)[], names: SeriesNames): void {
  const ids = Array.from({ length: GROUP_SIZE }, (_, index) => group * GROUP_SIZE + index).filter(
    (series) => series < names.size,
  )
  const rows = db
    .prepare('select id, to_at from chunks where grp = ? order by to_at desc limit ?')
    .all(group, CHUNKS) as { id: number; to_at: number }[]
  for (const { id, to_at: to } of rows) {
    if (ids.every((series) => (newest[series]?.at ?? -Infinity) >= to)) return
    const { body } = db.prepare('select body from chunks where id = ?').get(id) as { body: Uint8Array }
    const chunk = Chunk.tryReading(body)
    if (!chunk) continue
    for (const entry of chunk.entries) {
      if ((newest[entry.series]?.at ?? -Infinity) >= entry.to) continue
      const run = chunk.read(entry, decodeRun)
      const last = run.length - 1
      newest[entry.series] = { at: run.times[last]!, value: run.valueAt(last), flags: run.flags[last]! }
    }
  }
}
