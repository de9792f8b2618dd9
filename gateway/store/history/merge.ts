import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../schema.ts'
import { type ChunkRow, ChunkTable, FRESH, MERGED, type Packed, packRuns, SUMMED, without } from './chunk-table.ts'
import { Chunk } from './chunk.ts'
import { decodeRun } from './columns.ts'
import { HOURS, MINUTES, TIERS } from './policy.ts'
import { insertRollups, type PackedRollup, packRollup } from './rollups.ts'
import { Run } from './run.ts'
import type { Scratch } from './scratch.ts'
import { coarser, isSummed, type Rollup, rollupOf } from './summary.ts'

/** Of one group: so many fit into memory. Of all: what is put down in one transaction holds up a commit. */
const MERGED_AT_ONCE = 500_000
const MERGED_IN_ALL = 10_000_000

export type Segment = Readonly<{
  id: number
  last_batch: number
  from_received: number
  to_received: number
  points: number
}>
/** Segments that become one, in chunks of about so many readings. */
export type Merging = Readonly<{ kind: 'merge'; segments: readonly Segment[]; readingsOfChunk: number }>
/** … with their sums; `rows` are the chunks of which it was made. */
export type Merged = Readonly<{
  kind: 'merge'
  segments: readonly Segment[]
  rows: number
  chunks: readonly (Packed & Readonly<{ level: number }>)[]
  rollups: readonly PackedRollup[]
  /** Chunks that are not what was written: kept as they are, for whoever can make something of them. */
  damaged: readonly number[]
}>

/**
 * Neighbouring fresh segments that may become one: those of one span of time, with no cursor between or within them, and
 * no more of them than fit into memory a group at a time.
 */
export function nextMerge(db: DatabaseSync, spanMs: number, closedAt: number): Segment[] {
  const fresh = db
    .prepare(
      'select id, last_batch, from_received, to_received, points from segments where level = ? and to_received < ? order by id',
    )
    .all(FRESH, closedAt) as Segment[]
  const spans = Map.groupBy(fresh, ({ to_received: to }) => Math.floor(to / spanMs))
  for (const ofSpan of spans.values()) {
    const segments = ofSpan.slice(0, fitting(db, ofSpan))
    if (areApartFromCursors(db, segments)) return segments
  }
  return []
}

/** A cursor within a segment counts readings in their order, which merging changes. */
function areApartFromCursors(db: DatabaseSync, segments: readonly Segment[]): boolean {
  const cursors = db.prepare('select batch, skip from cursors').all() as { batch: number; skip: number }[]
  const [first, last] = [segments[0]!.id, segments.at(-1)!.last_batch]
  return cursors.every(({ batch, skip }) => batch >= last || batch + 1 < first || (batch + 1 === first && skip === 0))
}

/** How many of these segments, at least one, are no more than is merged at a time. */
function fitting(db: DatabaseSync, segments: readonly Segment[]): number {
  const groups = db.prepare('select grp, sum(points) as sum from chunks where segment = ? group by grp')
  const sums = new Map<number, number>()
  let total = 0
  for (const [count, { id, points }] of segments.entries()) {
    for (const { grp, sum } of groups.all(id) as { grp: number; sum: number }[])
      sums.set(grp, (sums.get(grp) ?? 0) + sum)
    total += points
    if (count > 0 && (total > MERGED_IN_ALL || Math.max(0, ...sums.values()) > MERGED_AT_ONCE)) return count
  }
  return segments.length
}

/** Packs the readings of several segments anew, and sums them up. Yields after each group. Reads only. */
export function* packSegments(
  db: DatabaseSync,
  { segments, readingsOfChunk }: Merging,
  scratch: Scratch,
): Generator<void, Merged> {
  const table = new ChunkTable(db)
  const groups = new Set<number>()
  const groupsOf = db.prepare('select grp from chunks where segment = ?')
  for (const { id } of segments) for (const row of groupsOf.all(id) as { grp: number }[]) groups.add(row.grp)
  const chunks: (Packed & Readonly<{ level: number }>)[] = []
  const rollups: PackedRollup[] = []
  const damaged: number[] = []
  let rows = 0
  for (const group of [...groups].toSorted((a, b) => a - b)) {
    const ofGroup = segments.flatMap(({ id }) => table.ofSegment(id, group))
    rows += ofGroup.length
    const runs = runsOf(ofGroup, damaged, scratch)
    if (runs.size === 0) continue
    for (const some of split(runs, readingsOfChunk)) {
      chunks.push({ ...packRuns(group, some, scratch), level: levelOf(some) })
      rollups.push(...packRollups(table, group, some, scratch))
    }
    yield
  }
  return { kind: 'merge', segments, rows, chunks, rollups, damaged }
}

/**
 * Puts one segment in the place of several, in one transaction. Nothing where a cursor has come between them since, or
 * where some of what was packed was let go for want of room: it is packed anew then.
 */
export function putMerged(db: DatabaseSync, merged: Merged): void {
  inTransaction(db, () => {
    if (areAsPacked(db, merged) && areApartFromCursors(db, merged.segments)) replaceSegments(db, merged)
  })
}

function areAsPacked(db: DatabaseSync, { segments, rows }: Merged): boolean {
  const segment = db.prepare('select 1 from segments where id = ? and level = ? and last_batch = ?')
  const count = db.prepare('select count(*) as count from chunks where segment = ?')
  let found = 0
  for (const { id, last_batch: last } of segments) {
    if (!segment.get(id, FRESH, last)) return false
    found += (count.get(id) as { count: number }).count
  }
  return found === rows
}

function replaceSegments(db: DatabaseSync, { segments, chunks, rollups, damaged }: Merged): void {
  const table = new ChunkTable(db)
  const first = segments[0]!
  const last = segments.at(-1)!
  for (const id of damaged)
    db.prepare(
      "insert into quarantine (at, origin, reason, body) select ?, 'history', 'a chunk does not match its checksum', hex(body) from chunks where id = ?",
    ).run(last.to_received, id)
  for (const { id } of segments) {
    db.prepare('delete from chunks where segment = ?').run(id)
    db.prepare('delete from segments where id = ?').run(id)
  }
  db.prepare(
    'insert into segments (id, level, last_batch, from_received, to_received, points) values (?, ?, ?, ?, ?, ?)',
  ).run(
    first.id,
    MERGED,
    last.last_batch,
    first.from_received,
    last.to_received,
    chunks.reduce((sum, { points }) => sum + points, 0),
  )
  for (const chunk of chunks) table.insert(first.id, chunk.level, chunk)
  insertRollups(db, rollups)
}

function runsOf(rows: readonly ChunkRow[], damaged: number[], scratch: Scratch): Map<number, Run> {
  const runs = new Map<number, Run>()
  for (const { id, body } of rows) {
    const chunk = Chunk.tryReading(body)
    if (!chunk) {
      damaged.push(id)
      continue
    }
    for (const entry of chunk.entries) {
      let run = runs.get(entry.series)
      if (!run) runs.set(entry.series, (run = scratch.runOf(entry.series)))
      const longer = run
      chunk.read(entry, (bytes) => decodeRun(bytes, longer))
    }
  }
  return new Map([...runs].map(([series, run]) => [series, run.ordered()]))
}

/** Cut in time until no piece holds more than about `most` readings. */
function split(runs: ReadonlyMap<number, Run>, most: number): ReadonlyMap<number, Run>[] {
  let [total, longest] = [0, new Run()]
  for (const run of runs.values()) {
    total += run.length
    if (run.length > longest.length) longest = run
  }
  if (total <= most || longest.length < 2) return [runs]
  const middle = longest.times[longest.length >> 1]!
  const part = (from: number, to: number) => {
    const some = new Map<number, Run>()
    for (const [series, run] of runs) {
      const piece = new Run()
      piece.pushFrom(run, from, to)
      if (piece.length > 0) some.set(series, piece)
    }
    return some
  }
  return [...split(part(-Infinity, middle), most), ...split(part(middle, Infinity), most)]
}

function levelOf(runs: ReadonlyMap<number, Run>): number {
  return [...runs.values()].every((run) => isSummed(MINUTES, extentOf(run))) ? SUMMED : MERGED
}

function extentOf({ length, times }: Run): Readonly<{ n: number; from: number; to: number }> {
  return { n: length, from: times[0]!, to: times.at(-1)! }
}

/** What was merged before is summed up already: a reading said again counts once. */
function packRollups(
  table: ChunkTable,
  group: number,
  runs: ReadonlyMap<number, Run>,
  scratch: Scratch,
): PackedRollup[] {
  const rolled = TIERS.map(() => new Map<number, Rollup>())
  for (const [series, run] of runs) {
    let rollup = rollupOf(without(run, table.knownTimes(series, run, HOURS)), TIERS[MINUTES])
    if (rollup.size === 0) continue
    for (const [tier, widthMs] of TIERS.entries()) {
      if (tier !== MINUTES) rollup = coarser(rollup, widthMs)
      if (isSummed(tier, extentOf(run))) rolled[tier]!.set(series, rollup)
    }
  }
  return rolled.flatMap((rollups, tier) =>
    rollups.size === 0 ? [] : [packRollup(tier, group, rollups, scratch, 'together')],
  )
}
