import type { Stretch } from '../clocks/day-stretches.ts'

/** All of it that lies in any of these, in order and joined where they touch. */
export function union(spans: readonly Stretch[]): readonly Stretch[] {
  const joined: { from: number; to: number }[] = []
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else if (to > from) joined.push({ from, to })
  }
  return joined
}

/** What is left of these without the others. */
export function without(spans: readonly Stretch[], others: readonly Stretch[]): readonly Stretch[] {
  let left = union(spans)
  for (const hole of union(others)) {
    left = left.flatMap((span) =>
      hole.to <= span.from || hole.from >= span.to
        ? [span]
        : [
            { from: span.from, to: Math.max(span.from, hole.from) },
            { from: Math.min(span.to, hole.to), to: span.to },
          ].filter(({ from, to }) => to > from),
    )
  }
  return left
}

/** What lies between two moments. */
export function clipped(spans: readonly Stretch[], from: number, to: number): readonly Stretch[] {
  return spans
    .map((span) => ({ from: Math.max(span.from, from), to: Math.min(span.to, to) }))
    .filter((span) => span.to > span.from)
}

export function covers({ from, to }: Stretch, at: number): boolean {
  return at >= from && at < to
}
