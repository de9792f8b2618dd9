import { utf8 } from '../strict-json.ts'
import type { Refusals, Rejection, Stranger } from '../source.ts'

/** So many refused messages within a minute, and its points are no longer believed. */
const BURST = 10
const BURST_MS = 60_000
const MAX_SAMPLE = 1_024
const MAX_STRANGERS = 100
const MAX_NAME = 64

type Entry = { counts: Partial<Record<Rejection, number>>; last: Refusals['last']; recent: number[] }

/** Who said what cannot be taken, by name, so that a person can look for the device. Bounded. */
export type RefusalBook = Readonly<{
  /** `isBurst`: with this one there were too many within a minute; true once for each burst. */
  refuse(sender: string, reason: Rejection, detail: string, payload: Uint8Array, at: number): { isBurst: boolean }
  stranger(name: string, via: string, at: number): void
  of(sender: string): Refusals | undefined
  strangers(): readonly Stranger[]
}>

export function refusalBook(): RefusalBook {
  const entries = new Map<string, Entry>()
  const strangers = new Map<string, { name: string; via: string; count: number; lastAt: number }>()
  return {
    refuse(sender, reason, detail, payload, at) {
      const last = { at, reason, detail, sample: sampleOf(payload) }
      const entry = entries.get(sender) ?? { counts: {}, last, recent: [] }
      entries.set(sender, entry)
      entry.counts[reason] = (entry.counts[reason] ?? 0) + 1
      entry.last = last
      entry.recent = [...entry.recent.filter((earlier) => earlier > at - BURST_MS), at]
      const isBurst = entry.recent.length >= BURST
      if (isBurst) entry.recent = []
      return { isBurst }
    },
    stranger(written, via, at) {
      const name = written.slice(0, MAX_NAME)
      const key = `${via}/${name}`
      const known = strangers.get(key)
      strangers.delete(key)
      strangers.set(key, { name, via, count: (known?.count ?? 0) + 1, lastAt: at })
      const [oldest] = strangers.keys()
      if (oldest !== undefined && strangers.size > MAX_STRANGERS) strangers.delete(oldest)
    },
    of(sender) {
      const entry = entries.get(sender)
      return entry && { counts: entry.counts, last: entry.last }
    },
    strangers: () => [...strangers.values()],
  }
}

/** Whole characters of UTF-8 as text, anything else as hex. */
function sampleOf(payload: Uint8Array): string {
  const text = payload.length <= MAX_SAMPLE ? utf8(payload) : undefined
  return text ?? Buffer.from(payload.subarray(0, MAX_SAMPLE / 2)).toString('hex')
}
