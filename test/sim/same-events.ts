import type { Event } from '#rules/event.ts'

/**
 * Events as far as restarts may not change them: without those of the gateway itself; places, the ids made of them, and
 * the traces counted anew in order.
 */
export function withoutRestarts(events: readonly Event[], dropped: (event: Event) => boolean = () => false): string[] {
  const kept = events.filter((event) => !event.type.startsWith('gateway.') && !dropped(event))
  const places = new Map(kept.map((event, i) => [event.seq, i + 1]))
  const traces = new Map<string, number>()
  const renamed = (text: string): string => {
    if (/^R\d+$/.test(text)) {
      if (!traces.has(text)) traces.set(text, traces.size + 1)
      return `R${traces.get(text)}`
    }
    return /^(settle-)?(?:[AWNSMOI]|WR|LO|PT|EN)\d+(-\d+-\w+|-[a-z_]+)?$/.test(text)
      ? text.replaceAll(/(?<=^(?:settle-)?(?:[AWNSMOI]|WR|LO|PT|EN)|-)\d+/g, (place) =>
          String(places.get(Number(place))),
        )
      : text
  }
  return kept.map((event, i) =>
    JSON.stringify({ ...event, seq: i + 1 }, (_, value: unknown) =>
      typeof value === 'string' ? renamed(value) : value,
    ),
  )
}

/** The first difference, in words; null when there is none. */
export function difference(a: readonly string[], b: readonly string[]): string | null {
  const at = a.findIndex((event, i) => event !== b[i])
  if (at < 0 && a.length === b.length) return null
  const place = at < 0 ? a.length : at
  return `event ${place + 1} of ${a.length} and ${b.length}:\n  ${a[place]}\n  ${b[place]}`
}
