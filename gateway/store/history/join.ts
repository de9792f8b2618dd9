import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from '../schema.ts'
import { Chunk } from './chunk.ts'
import { HOURS, MINUTES, TIERS } from './policy.ts'
import { insertRollups, type PackedRollup, packRollup } from './rollups.ts'
import type { Scratch } from './scratch.ts'
import { addSummary, eachSummary, type Summary } from './summary.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** What is joined over which span: a chart of a month then opens 30 rows, and one of ten years not 90,000. */
const SPANS = [
  { tier: MINUTES, spanMs: DAY_MS },
  { tier: HOURS, spanMs: DAY_MS },
  { tier: HOURS, spanMs: 32 * DAY_MS },
] as const
/** Fewer are left as they are: what comes late is not worth writing a day anew each time. */
const FEWEST = 8
/** A day is over, and its last hour is merged. */
const SETTLED_AFTER_MS = 2 * HOUR_MS
const ROWS_OF_PIECE = 8

/** Rows of the rollups of one group that lie within [from, to) and become one. */
export type Joining = Readonly<{ kind: 'join'; tier: number; group: number; from: number; to: number }>
export type Joined = Readonly<{ kind: 'join'; rows: readonly number[]; rollup: PackedRollup | null }>

/** The time up to which days may be joined. */
export function joinableUpto(now: number): number {
  return Math.floor((now - SETTLED_AFTER_MS) / DAY_MS) * DAY_MS
}

/** Looks through the index of all rollups: once a day. */
export function joinings(db: DatabaseSync, closedAt: number): Joining[] {
  return SPANS.flatMap(({ tier, spanMs }) => {
    const rows = db
      .prepare(
        `select grp, to_at / ${spanMs} as span from rollups
         where tier = ${tier} and from_at >= 0 and from_at / ${spanMs} = to_at / ${spanMs}
         group by grp, span having count(*) >= ${FEWEST}`,
      )
      .all() as { grp: number; span: number }[]
    return rows
      .map(({ grp, span }): Joining => ({
        kind: 'join',
        tier,
        group: grp,
        from: span * spanMs,
        to: (span + 1) * spanMs,
      }))
      .filter(({ to }) => to <= closedAt)
  })
}

/** Packs sums of many rows as one. Reads only. A damaged row is left where it is. */
export function* packJoined(
  db: DatabaseSync,
  { tier, group, from, to }: Joining,
  scratch: Scratch,
): Generator<void, Joined> {
  const rows = db
    .prepare('select id, body from rollups where tier = ? and grp = ? and to_at >= ? and to_at < ? and from_at >= ?')
    .all(tier, group, from, to, from) as { id: number; body: Uint8Array }[]
  const rollups = new Map<number, Map<number, Summary>>()
  const read: number[] = []
  for (const { id, body } of rows) {
    const chunk = Chunk.tryReading(body)
    if (!chunk) continue
    for (const entry of chunk.entries) {
      let rollup = rollups.get(entry.series)
      if (!rollup) rollups.set(entry.series, (rollup = new Map()))
      const known = rollup
      chunk.read(entry, (bytes) =>
        eachSummary(bytes, TIERS[tier]!, (start, summary) => {
          const there = known.get(start)
          if (there) addSummary(there, summary)
          else known.set(start, { ...summary })
        }),
      )
    }
    read.push(id)
    if (read.length % ROWS_OF_PIECE === 0) yield
  }
  if (read.length < 2) return { kind: 'join', rows: [], rollup: null }
  const inOrder = new Map([...rollups].map(([series, rollup]) => [series, ordered(rollup)]))
  yield
  return { kind: 'join', rows: read, rollup: packRollup(tier, group, inOrder, scratch, 'apart') }
}

/** One row in the place of many, in one transaction; nothing where one of them was let go meanwhile. */
export function putJoined(db: DatabaseSync, { rows, rollup }: Joined): void {
  if (!rollup) return
  const remove = db.prepare('delete from rollups where id = ? and tier = ? and grp = ?')
  const there = db.prepare('select 1 from rollups where id = ? and tier = ? and grp = ?')
  const { tier, group } = rollup
  inTransaction(db, () => {
    if (!rows.every((id) => there.get(id, tier, group))) return
    for (const id of rows) remove.run(id, tier, group)
    insertRollups(db, [rollup])
  })
}

function ordered(rollup: ReadonlyMap<number, Summary>): ReadonlyMap<number, Summary> {
  return new Map([...rollup].toSorted(([a], [b]) => a - b))
}
