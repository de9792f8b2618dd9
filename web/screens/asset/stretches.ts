import type { SeriesPoint } from '../../api/types.ts'

/** A stretch of time, in ms, in which a point was not good. */
export type Stretch = Readonly<{ quality: 'uncertain' | 'bad'; from: number; to: number }>

/**
 * Stretches with a value; and one without, wherever nothing was heard for too long, so that a gap is seen as one.
 * Two values further apart than `validityMs` have a gap between them: a bin that reports every half hour has none.
 */
export function heardOf(points: readonly SeriesPoint[], validityMs: number): SeriesPoint[] {
  const width = bucketMs(points)
  const heard: SeriesPoint[] = []
  let silent: SeriesPoint | null = null
  let isBad = false
  for (const point of points) {
    if (point.mean === null) {
      silent ??= point
      // No line is drawn through what is known to be wrong, however short.
      isBad ||= point.quality === 'bad'
      continue
    }
    const last = heard.at(-1)
    if (silent && last && (isBad || Date.parse(point.t) - Date.parse(last.t) > validityMs + width)) heard.push(silent)
    heard.push(point)
    silent = null
    isBad = false
  }
  return heard
}

/** Where something was heard that is not good: until the next word, but not longer than a value is valid. */
export function stretchesOf(points: readonly SeriesPoint[], validityMs: number): Stretch[] {
  const longest = validityMs + bucketMs(points)
  const told = points.flatMap(({ t, quality }) => (quality === null ? [] : [{ at: Date.parse(t), quality }]))
  const found: Stretch[] = []
  for (const [index, { at, quality }] of told.entries()) {
    if (quality === 'good') continue
    const to = Math.min(told[index + 1]?.at ?? Infinity, at + longest)
    const last = found.at(-1)
    if (last && last.quality === quality && last.to >= at) found[found.length - 1] = { ...last, to }
    else found.push({ quality, from: at, to })
  }
  return found
}

function bucketMs([first, second]: readonly SeriesPoint[]): number {
  return first && second ? Date.parse(second.t) - Date.parse(first.t) : 0
}
