import { counterDelta, type CounterLimits, type CounterSample } from './counter.ts'

/** A window is kept in about so many stretches: memory is bounded, and its edge is known to 2 %. */
const STRETCHES = 60

type Stretch = Readonly<{ from: number; to: number; delta: number }>

/**
 * How much a counter grew within the last `overMs`, through wraps and resets (F31), and whether all of that time is
 * known. While it is not, the growth is what was seen of it: it may be more, never less. `perMs` makes a rate of it.
 */
export type Growth = Readonly<{ value: number; isWhole: boolean }>
export type GrowthWindow = Readonly<{
  /** A good sample. Null when it is older than the last one: that says nothing of now. */
  take(sample: CounterSample): Growth | null
}>

export function growthWindow(
  limits: CounterLimits,
  { overMs, perMs = overMs }: Readonly<{ overMs: number; perMs?: number }>,
  before: CounterSample | null = null,
): GrowthWindow {
  let last = before
  /** Since when no stretch is missing. */
  let knownSince = before?.at ?? 0
  let stretches: Stretch[] = []

  const grow = (from: number, to: number, delta: number): void => {
    const open = stretches.at(-1)
    const isShort = open && to - open.from <= overMs / STRETCHES
    if (isShort) stretches[stretches.length - 1] = { from: open.from, to, delta: open.delta + delta }
    else stretches.push({ from, to, delta })
  }

  return {
    take(sample) {
      if (last && sample.at < last.at) return null
      const { delta } = last ? counterDelta(last, sample, limits) : { delta: null }
      if (last && delta !== null) grow(last.at, sample.at, delta)
      // Another meter, a garbled value: nobody knows what it counted meanwhile.
      else knownSince = sample.at
      last = sample
      const begin = sample.at - overMs
      stretches = stretches.filter(({ to }) => to > begin)
      const grown = stretches.reduce((sum, stretch) => sum + shareWithin(stretch, begin), 0)
      return { value: (stepped(grown, limits) * perMs) / overMs, isWhole: knownSince <= begin }
    },
  }
}

/** Of a stretch that began before the window, the part that lies in it: nobody knows better when it grew. */
function shareWithin({ from, to, delta }: Stretch, begin: number): number {
  return from >= begin ? delta : (delta * (to - begin)) / (to - from)
}

/** In doubt too little: whole steps of a counter that has them, and no noise of binary fractions. */
function stepped(grown: number, { step }: CounterLimits): number {
  const tidy = Number(grown.toPrecision(12))
  if (step === undefined) return tidy
  return Number((Math.floor(Number((tidy / step).toPrecision(12))) * step).toPrecision(12))
}
