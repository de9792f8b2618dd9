import type { DatabaseSync } from 'node:sqlite'
import { encodeApart, encodeChunk, type Part } from './chunk.ts'
import { TIERS } from './policy.ts'
import type { Scratch } from './scratch.ts'
import { encodeRollup, type Rollup } from './summary.ts'

/** Sums of a group ready to be stored. `from` and `to` are source times, both included. */
export type PackedRollup = Readonly<{ tier: number; group: number; from: number; to: number; body: Uint8Array }>

/** Sums of an hour are small, and compressed `together`; of a day each series has its own frame: a chart needs but one. */
export function packRollup(
  tier: number,
  group: number,
  rollups: ReadonlyMap<number, Rollup>,
  scratch: Scratch,
  layout: 'together' | 'apart',
): PackedRollup {
  const widthMs = TIERS[tier]!
  const parts: Part[] = []
  let [from, to] = [Infinity, -Infinity]
  for (const [series, rollup] of [...rollups].toSorted(([a], [b]) => a - b)) {
    let [first, last] = [Infinity, -Infinity]
    for (const start of rollup.keys()) {
      first = Math.min(first, start)
      last = Math.max(last, start)
    }
    parts.push({ series, n: rollup.size, from: first, to: last, encode: (out) => encodeRollup(out, rollup, widthMs) })
    from = Math.min(from, first)
    to = Math.max(to, last + widthMs - 1)
  }
  const body = layout === 'together' ? encodeChunk(parts, scratch) : encodeApart(parts, scratch)
  return { tier, group, from, to, body }
}

export function insertRollups(db: DatabaseSync, rollups: readonly PackedRollup[]): void {
  const insert = db.prepare('insert into rollups (tier, grp, from_at, to_at, body) values (?, ?, ?, ?, ?)')
  for (const { tier, group, from, to, body } of rollups) insert.run(tier, group, from, to, body)
}
