import type { Reading, Value } from '#devices/reading.ts'
import type { Truth } from '../event.ts'
import type { Allowed, Control } from '../plan.ts'

/** What decimals lose on their way through binary. */
const ROUNDING = 1e-6

export function isAllowed(value: Value, allowed: Allowed): boolean {
  if (allowed.kind === 'one_of') return allowed.values.includes(value)
  if (typeof value !== 'number' || !(value >= allowed.min && value <= allowed.max)) return false
  if (allowed.step === null) return true
  const steps = (value - allowed.min) / allowed.step
  return Math.abs(steps - Math.round(steps)) <= ROUNDING
}

/** As a person reads it: `0.5 … 0.95, step 0.01`, or the words. */
export function allowedText(allowed: Allowed): string {
  if (allowed.kind === 'one_of') return allowed.values.join(', ')
  return `${allowed.min} … ${allowed.max}${allowed.step === null ? '' : `, step ${allowed.step}`}`
}

/** The device holds what was wanted, as nearly as it can. */
export function isHeld(wanted: Value, held: Value, { tolerance }: Pick<Control, 'tolerance'>): boolean {
  if (typeof wanted !== 'number' || typeof held !== 'number') return wanted === held
  return Math.abs(wanted - held) <= tolerance + Math.abs(wanted) * ROUNDING
}

/**
 * The conditions of a control on readings that are good and fresh: nothing else proves anything. Names the first that
 * is not true.
 */
export function judgeWhen(
  { when, validityMs }: Pick<Control, 'when' | 'validityMs'>,
  readings: ReadonlyMap<string, Reading>,
  now: number,
): Readonly<{ when: Truth; condition: string }> {
  const values: Record<string, Value> = {}
  for (const [point, { value, quality, at, timeQuality }] of readings)
    if (quality === 'good' && value !== null && timeQuality !== 'bad' && now - at <= validityMs) values[point] = value
  for (const condition of when) {
    const answer = condition.evaluate(values)
    if (answer !== true) return { when: answer === false ? 'false' : 'unknown', condition: condition.text }
  }
  return { when: 'true', condition: '' }
}
