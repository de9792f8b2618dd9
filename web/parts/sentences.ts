import type { Evidence, Fate, Order } from '../api/types.ts'
import type { Words } from '../words/words.ts'

/** Sentences that more than one screen says. */

export function homesText(words: Words, homes: number): string {
  return homes === 1 ? words.say('web.homes.one') : words.say('web.homes', { n: words.format.number(homes) })
}

export function closingText(words: Words, { closedAt, closedBy }: Pick<Order, 'closedAt' | 'closedBy'>): string {
  const params = { time: closedAt === null ? '' : words.format.time(closedAt), by: closedBy ?? '' }
  return words.say(closedBy === 'telemetry' ? 'web.order.closed_itself' : 'web.order.closed_by', params)
}

export function deliveredText(words: Words, { queued, delivered, failed }: Readonly<Record<Fate, number>>): string {
  const all = queued + delivered + failed
  if (all === 0) return ''
  return words.say('web.delivered', { n: words.format.number(delivered), all: words.format.number(all) })
}

/** The limit, and in words what was held against it, where that is not the newest value. */
export function limitText(words: Words, { limit, unit, said }: Evidence): string {
  const atLimit = limit === undefined ? '' : words.say('web.limit', { limit: words.figure(limit, unit ?? null) })
  return [words.of(said ?? null), atLimit].filter(Boolean).join(', ')
}
