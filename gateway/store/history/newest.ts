import type { DatabaseSync } from 'node:sqlite'
import type { Reading } from '#devices/reading.ts'
import { eachReading, type Taken } from '../batch-codec.ts'
import { newestBatch, sealedUpto } from '../reading-log.ts'
import type { SeriesNames } from '../series-names.ts'
import { Chunk, GROUP_SIZE, groupOf } from './chunk.ts'
import { decodeRun } from './columns.ts'
import { readingOf, type Run } from './run.ts'

type Newest = { at: number; value: Run['values'][number]; flags: number }

type LogRow = Readonly<{ id: number; received_at: number; body: Uint8Array }>

/** Chunks of a group that are looked through for a series that has said nothing for long. */
const CHUNKS = 50

/**
 * The newest reading of every series by source time: the end of the log first, then back through the chunks. Whoever asks
 * again is told from memory and from what came since.
 */
export class NewestReadings {
  readonly #db: DatabaseSync
  #newest: (Newest | undefined)[] = []
  /** The last batch that `#newest` knows of; null before the first. */
  #upto: number | null = null

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  of(names: SeriesNames): Reading[] {
    if (!this.#goOn()) this.#beginAnew(names)
    return this.#newest.flatMap((found, series) => {
      const { device, point } = names.nameOf(series)
      return found ? [readingOf(device, point, found.at, found.value, found.flags)] : []
    })
  }

  /** False where that would be longer than to begin anew, or where what came since has left the log. */
  #goOn(): boolean {
    if (this.#upto === null) return false
    const { first } = this.#db.prepare('select max(id) as first from segments').get() as { first: number | null }
    if ((first ?? 0) > this.#upto + 1) return false
    for (const { id, received_at: receivedAt, body } of this.#logAfter(this.#upto)) {
      if (id !== this.#upto + 1) return false
      eachReading(body, receivedAt, this.#take)
      this.#upto = id
    }
    return this.#upto === newestBatch(this.#db)
  }

  #beginAnew(names: SeriesNames): void {
    this.#newest = []
    for (const { received_at: receivedAt, body } of this.#logAfter(sealedUpto(this.#db)))
      eachReading(body, receivedAt, this.#take)
    if (names.size > 0)
      for (let group = 0; group <= groupOf(names.size - 1); group++) addGroup(this.#db, group, this.#newest, names)
    this.#upto = newestBatch(this.#db)
  }

  #logAfter(batch: number): Iterable<LogRow> {
    return this.#db
      .prepare('select id, received_at, body from log where id > ? order by id')
      .iterate(batch) as Iterable<LogRow>
  }

  readonly #take: Taken = (series, at, value, flags) => {
    const known = this.#newest[series]
    if (!known) this.#newest[series] = { at, value, flags }
    else if (at >= known.at) {
      known.at = at
      known.value = value
      known.flags = flags
    }
  }
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
