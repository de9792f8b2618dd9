import type { DatabaseSync } from 'node:sqlite'
import { eachReading } from '../batch-codec.ts'
import { markSealed, newestBatch, sealedUpto } from '../reading-log.ts'
import { inTransaction } from '../schema.ts'
import { ChunkTable, FRESH, type Packed, packRuns } from './chunk-table.ts'
import type { Gathering } from './gathering.ts'
import type { Run } from './run.ts'
import type { Scratch } from './scratch.ts'

/** About so many readings are worked on at a time: a commit that comes meanwhile waits for no more. */
const PIECE = 20_000
const ROWS = 200

type LogRow = Readonly<{ id: number; received_at: number; body: Uint8Array }>

/** What stands in the log after the last sealed batch, up to `upto`. */
export type Sealing = Readonly<{ kind: 'seal'; after: number; upto: number }>
/** … by series. `last` is the last batch of it, `from` and `to` the times at which the first and the last came. */
export type Sealed = Readonly<{
  kind: 'seal'
  after: number
  last: number
  from: number
  to: number
  chunks: readonly Packed[]
}>

/** Packs a stretch of the log, and yields between pieces. Reads only; null where there is nothing. */
export function* packLog(db: DatabaseSync, { after, upto }: Sealing, scratch: Scratch): Generator<void, Sealed | null> {
  const read = db.prepare('select id, received_at, body from log where id > ? and id <= ? order by id limit ?')
  const gathered = scratch.gathering.clear()
  let [paused, last, from, to] = [0, after, Infinity, -Infinity]
  for (;;) {
    const rows = read.all(last, upto, ROWS) as LogRow[]
    if (rows.length === 0) break
    for (const { id, received_at: receivedAt, body } of rows) {
      eachReading(body, receivedAt, gathered.take, scratch.reader)
      last = id
      from = Math.min(from, receivedAt)
      to = Math.max(to, receivedAt)
      if (gathered.length - paused < PIECE) continue
      paused = gathered.length
      yield
    }
  }
  if (last === after) return null
  const chunks: Packed[] = []
  let worked = 0
  for (const [group, ofGroup] of gathered.groups((series) => scratch.runOf(series))) {
    chunks.push(packOrdered(group, ofGroup, scratch))
    worked += chunks.at(-1)!.points
    if (worked < PIECE) continue
    worked = 0
    yield
  }
  return { kind: 'seal', after, last, from, to, chunks }
}

/** Puts down what was packed, in one transaction. Of a log that was sealed otherwise meanwhile, nothing. */
export function putSealed(db: DatabaseSync, { after, last, from, to, chunks }: Sealed): void {
  inTransaction(db, () => {
    if (sealedUpto(db) === after) addSegment(db, { first: after + 1, last, from, to }, chunks)
  })
}

/** A stretch of history that never stood in the log: it takes the next number of a batch, and nothing is judged of it. */
export function sealForeign(db: DatabaseSync, gathered: Gathering, receivedAt: number, scratch: Scratch): void {
  const next = newestBatch(db) + 1
  const packed = Array.from(
    gathered.groups((series) => scratch.runOf(series)),
    ([group, ofGroup]) => packOrdered(group, ofGroup, scratch),
  )
  inTransaction(db, () => addSegment(db, { first: next, last: next, from: receivedAt, to: receivedAt }, packed))
}

function packOrdered(group: number, runs: ReadonlyMap<number, Run>, scratch: Scratch): Packed {
  return packRuns(group, new Map([...runs].map(([series, run]) => [series, run.ordered()])), scratch)
}

type Stretch = Readonly<{ first: number; last: number; from: number; to: number }>

function addSegment(db: DatabaseSync, { first, last, from, to }: Stretch, packed: readonly Packed[]): void {
  db.prepare(
    'insert into segments (id, level, last_batch, from_received, to_received, points) values (?, ?, ?, ?, ?, ?)',
  ).run(
    first,
    FRESH,
    last,
    from,
    to,
    packed.reduce((sum, { points }) => sum + points, 0),
  )
  const table = new ChunkTable(db)
  for (const chunk of packed) table.insert(first, FRESH, chunk)
  markSealed(db, last)
}
