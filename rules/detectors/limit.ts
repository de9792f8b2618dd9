import type { Reading } from '#devices/reading.ts'
import type { LimitWatch, Rule } from '../plan.ts'
import type { Judgement } from './judgement.ts'
import { limitAt } from './schedule.ts'
import { Window } from './window.ts'

/**
 * One alarm limit on one point, or on what a window makes of it. High sides are true from the limit upwards and stay so
 * until the value is below limit − deadband; low sides are the mirror image. A schedule says which limit holds now.
 */
export function limitJudgement(watch: LimitWatch, { validityMs }: Pick<Rule, 'validityMs'>): Judgement {
  const { point, deadband } = watch
  const isHigh = watch.side === 'hi' || watch.side === 'hihi'
  const limitNow = limitAt(watch)
  const window = watch.window ? new Window(watch.window.overMs, validityMs) : null
  let newest: Reading | null = null

  const measured = (): number | null => {
    if (newest === null || newest.quality === 'bad' || !isNumber(newest.value)) return null
    if (!window) return newest.value
    // The highest so far is at least that high, however little of the window was seen.
    const { of } = watch.window!
    return of === (isHigh ? 'max' : 'min') ? window.atLeast(of) : window.read(of)
  }
  return {
    points: [point],
    take(reading) {
      if (reading.point !== point) return
      newest = reading
      window?.add(reading.at, reading.quality !== 'bad' && isNumber(reading.value) ? reading.value : null)
    },
    verdict(known) {
      const at = newest?.at ?? 0
      const value = window ? measured() : (newest?.value ?? null)
      const limit = limitNow(at)
      const evidence = {
        point,
        value,
        ...(limit === null ? {} : { limit }),
        ...(watch.window ? { why: whyOf(watch.window.of, watch.window.overMs) } : {}),
        at,
      }
      const number = measured()
      if (number === null) return { state: 'unknown', evidence }
      // Not watched at this time of the week.
      if (limit === null) return { state: 'false', evidence }
      const edge = known === 'true' ? (isHigh ? limit - deadband : limit + deadband) : limit
      const isBeyond = isHigh ? number >= edge : number <= edge
      // Uncertain may raise; it never clears.
      if (!isBeyond && newest!.quality === 'uncertain') return { state: 'unknown', evidence }
      return { state: isBeyond ? 'true' : 'false', evidence }
    },
    ...(window ? { memory: () => window.memory(), recall: (memory) => window.recall(memory) } : {}),
  }
}

function whyOf(of: string, overMs: number): { code: string; params: { overMs: number } } {
  return { code: `window_${of}`, params: { overMs } }
}

/** F30: what is no number is never beyond a limit. */
export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
