import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Chunk, encodeChunk, groupOf, type Part } from './chunk.ts'
import { decodeRun, encodeRun } from './columns.ts'
import { Run } from './run.ts'
import type { Scratch } from './scratch.ts'
import { isSummed } from './summary.ts'

/** A chunk ready to be stored. `from` and `to` are source times, both included. */
export type Packed = Readonly<{ group: number; from: number; to: number; points: number; body: Uint8Array }>
export type ChunkRow = Readonly<{ id: number; level: number; body: Uint8Array }>

/**
 * Level 0 is freshly sealed; level 1 was merged, and what it holds stands in the rollups as well, in the minutes where
 * that is worth it; of level 2 all of it does.
 */
export const [FRESH, MERGED, SUMMED] = [0, 1, 2] as const

const ALL_LEVELS: readonly [lowest: number, highest: number] = [FRESH, SUMMED]

/** Runs of one group, each in the order of time → one chunk. */
export function packRuns(group: number, runs: ReadonlyMap<number, Run>, scratch: Scratch): Packed {
  const parts: Part[] = []
  let [from, to, points] = [Infinity, -Infinity, 0]
  for (const [series, run] of [...runs].toSorted(([a], [b]) => a - b)) {
    const [first, last] = [run.times[0]!, run.times.at(-1)!]
    parts.push({ series, n: run.length, from: first, to: last, encode: (out) => encodeRun(out, run) })
    from = Math.min(from, first)
    to = Math.max(to, last)
    points += run.length
  }
  return { group, from, to, points, body: encodeChunk(parts, scratch) }
}

/** Chunks as they stand in the file. */
export class ChunkTable {
  readonly #insert: StatementSync
  readonly #overlapping: StatementSync
  readonly #ofSegment: StatementSync

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      'insert into chunks (segment, level, grp, from_at, to_at, points, body) values (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#overlapping = db.prepare(
      `select id, level, body from chunks where grp = ? and to_at >= ? and from_at <= ? and level between ? and ? order by segment, id`,
    )
    this.#ofSegment = db.prepare('select id, level, body from chunks where segment = ? and grp = ? order by id')
  }

  insert(segment: number, level: number, { group, from, to, points, body }: Packed): void {
    this.#insert.run(segment, level, group, from, to, points, body)
  }

  /** Chunks of a group that hold something of [from, to], of these levels, in the order of the log. */
  overlapping(group: number, from: number, to: number, [lowest, highest] = ALL_LEVELS): Iterable<ChunkRow> {
    return this.#overlapping.iterate(group, from, to, lowest, highest) as Iterable<ChunkRow>
  }

  ofSegment(segment: number, group: number): ChunkRow[] {
    return this.#ofSegment.all(segment, group) as ChunkRow[]
  }

  /** Source times of this series that the rollups of a tier hold already, within the times of `run`. */
  knownTimes(series: number, run: Run, tier: number): ReadonlySet<number> {
    const known = new Set<number>()
    const [from, to] = [run.times[0]!, run.times.at(-1)!]
    for (const { body } of this.overlapping(groupOf(series), from, to, [MERGED, SUMMED])) {
      const chunk = Chunk.tryReading(body)
      const entry = chunk?.entryOf(series)
      if (!chunk || !entry || entry.to < from || entry.from > to || !isSummed(tier, entry)) continue
      for (const at of chunk.read(entry, decodeRun).times) known.add(at)
    }
    return known
  }
}

/** What of a run is not among `known` times: said twice, it counts once. */
export function without(run: Run, known: ReadonlySet<number>): Run {
  if (known.size === 0) return run
  const rest = new Run()
  for (const [index, at] of run.times.entries()) if (!known.has(at)) rest.pushOf(run, index)
  return rest
}
