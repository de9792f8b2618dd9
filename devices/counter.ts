import type { Point, RegisterType } from './point.ts'

const HOUR_MS = 3_600_000

/**
 * What a counter can do: `modulus` is where it starts from 0 again, `maxRate` the most it grows in an hour. It shows its
 * growth in steps: of `step`, or of `precision` times its value. A counter of hours stands for 59 minutes and then
 * jumps by one, and that is no jump.
 */
export type CounterLimits = Readonly<{ modulus?: number; maxRate?: number; step?: number; precision?: number }>

/** A good reading of a counter: value in the point's unit, `at` in ms. */
export type CounterSample = Readonly<{ value: number; at: number }>

/**
 * How far a counter went from one sample to the next, or null where nobody can know.
 * `grew` and `wrapped` are counted in full; `reset` counts what came since 0; `jumped` is no growth of this counter: a
 * new meter, a garbled value, a sample out of order.
 */
export type CounterDelta = Readonly<
  { how: 'grew' | 'wrapped' | 'reset'; delta: number } | { how: 'jumped'; delta: null }
>

/** Without `maxRate`, a step back is a wrap only if it went at most so much of the whole round. */
const BELIEVED_ROUND = 0.1

/**
 * A step back is a wrap when the way over the top is short enough, otherwise a reset to 0 if the way from 0 is.
 * In doubt it counts too little: a reset taken for a wrap invents consumption that somebody pays for.
 */
export function counterDelta(before: CounterSample, now: CounterSample, limits: CounterLimits): CounterDelta {
  const elapsed = now.at - before.at
  const { modulus, maxRate } = limits
  const most = maxRate === undefined ? Infinity : (maxRate * elapsed) / HOUR_MS + slack(now.value, limits)
  const jumped = { how: 'jumped', delta: null } as const
  if (elapsed < 0) return jumped
  const step = now.value - before.value
  if (step >= 0) return step <= most ? { how: 'grew', delta: trimmed(step, now.value) } : jumped
  if (modulus !== undefined) {
    const around = step + modulus
    const longest = maxRate === undefined ? modulus * BELIEVED_ROUND : most
    if (around >= 0 && around <= longest && around < modulus) return { how: 'wrapped', delta: trimmed(around, modulus) }
  }
  return now.value >= 0 && now.value <= most ? { how: 'reset', delta: now.value } : jumped
}

/** Limits of a point: by what was written, else by its register type. Floats and 64 bits never come round. */
export function counterLimits(point: Point): CounterLimits {
  const { modbus } = point
  const range = modbus === undefined ? undefined : RANGE[modbus.type ?? 'uint16']
  // A scale that another point makes is not known here, and neither is where it wraps.
  const byType = range === undefined || modbus?.scale_from ? undefined : range * Math.abs(modbus?.scale ?? 1)
  const modulus = point.wraps_at ?? byType
  const step = byType === undefined ? undefined : Math.abs(modbus?.scale ?? 1)
  return {
    ...(step === undefined ? {} : { step }),
    ...(modbus?.type === 'float32' ? { precision: 2 ** -22 } : {}),
    ...(modulus === undefined ? {} : { modulus }),
    ...(point.max_rate === undefined ? {} : { maxRate: point.max_rate }),
  }
}

/** Values that a counter of this type runs through. A signed one comes round below 0. */
const RANGE: Readonly<Partial<Record<RegisterType, number>>> = {
  uint16: 2 ** 16,
  int16: 2 ** 16,
  uint32: 2 ** 32,
  int32: 2 ** 32,
  bcd16: 10 ** 4,
  bcd32: 10 ** 8,
}

/** Samples are rounded decimals, and integers of something larger: one step more may be seen than has been. */
function slack(value: number, { step = 0, precision = 1e-12 }: CounterLimits): number {
  return Math.max(step, Math.abs(value) * precision)
}

/** A difference of decimals is meant to be a decimal: digits below those of the larger part are noise. */
function trimmed(difference: number, largest: number): number {
  if (Number.isInteger(difference) || largest === 0) return difference
  const decimals = 14 - Math.floor(Math.log10(Math.abs(largest)))
  return decimals >= 0 && decimals <= 100 ? Number(difference.toFixed(decimals)) : difference
}
