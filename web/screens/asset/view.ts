const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** How far back a chart looks; the word stands in the address. */
export const RANGES = { '1h': HOUR_MS, '24h': DAY_MS, '7d': 7 * DAY_MS, '30d': 30 * DAY_MS } as const
export type Range = keyof typeof RANGES

/** A stretch of time, in ms. */
export type Span = Readonly<{ from: number; to: number }>
/** What a chart shows: the latest of `range`, or the `span` that somebody looks at more closely. */
export type View = Readonly<{ range: Range; span: Span | null }>

const SHORTEST_MS = MINUTE_MS
/** What the gateway answers at once. */
const LONGEST_MS = 31 * DAY_MS

/** Out of an address. What cannot be read there is as if it were not there. */
export function viewOf({ range, from, to }: Readonly<Record<string, string | undefined>>): View {
  const word = range !== undefined && Object.hasOwn(RANGES, range) ? (range as Range) : '1h'
  const [start, end] = [Date.parse(from ?? ''), Date.parse(to ?? '')]
  const isSpan = end - start >= SHORTEST_MS && end - start <= LONGEST_MS
  return { range: word, span: isSpan ? { from: start, to: end } : null }
}

/** The same into an address, which anybody may be sent. */
export function queryOf(point: string, { range, span }: View): string {
  const times = span && { from: isoOf(span.from), to: isoOf(span.to) }
  // A colon needs no escape in a query, and is easier to read.
  return new URLSearchParams({ point, range, ...times }).toString().replaceAll('%3A', ':')
}

export function spanOf({ range, span }: View, now: number): Span {
  return span ?? { from: now - RANGES[range], to: now }
}

/** Closer (`factor` < 1) or further away, around the middle. */
export function zoomed({ from, to }: Span, factor: number, now: number): Span {
  const middle = (from + to) / 2
  const half = ((to - from) * factor) / 2
  return fitted({ from: middle - half, to: middle + half }, now)
}

/** Earlier (`part` < 0) or later, by a part of what is seen. */
export function moved({ from, to }: Span, part: number, now: number): Span {
  const by = (to - from) * part
  return fitted({ from: from + by, to: to + by }, now)
}

/** In whole seconds, not too short, not too long, and never beyond now. */
export function fitted({ from, to }: Span, now: number): Span {
  const width = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.round((to - from) / 1_000) * 1_000))
  const end = Math.floor(Math.min(now, (from + to + width) / 2) / 1_000) * 1_000
  return { from: end - width, to: end }
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}
