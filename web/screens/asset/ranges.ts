const HOUR_MS = 3_600_000

/** How far back a chart looks; the word stands in the address. */
export const RANGES = { '1h': HOUR_MS, '6h': 6 * HOUR_MS, '24h': 24 * HOUR_MS, '7d': 7 * 24 * HOUR_MS } as const
export type Range = keyof typeof RANGES

export function rangeOf(word: string | undefined): Range {
  return word !== undefined && Object.hasOwn(RANGES, word) ? (word as Range) : '1h'
}
