import { type Outcome, unitMeter, type UnitFigures } from './unit-meter.ts'

/** Exchanges that the error rate looks back on: enough for 1 % steps, and a mended line is well again soon. */
const LOOK_BACK = 100
/** One broken frame among the first few is no statistic. */
const FEWEST = 20
/** Above this share of broken exchanges the line itself is in doubt: shield, termination, a second master. */
const NOISY_ABOVE = 0.05

/**
 * How well a line carries frames, and who takes its time. Only what came broken or unasked counts against the line:
 * silence and refusals are the unit's.
 */
export type LineMeter = Readonly<{
  /** A request goes out. To be called once with what came of it; `exception` is the code of a refusal. */
  begin(unitId: number): (outcome: Outcome, exception?: number) => void
  /** A frame came that nobody in particular waited for, and the stream cannot be trusted any more. */
  unasked(): void
  retried(): void
  /** Bytes that nobody had asked for. */
  stray(bytes: number): void
  /** Share of the last exchanges that came broken, 0…1. */
  errorRate(): number
  /** So many exchanges were made that the rate says something. */
  isKnown(): boolean
  isNoisy(): boolean
  counts(): Readonly<{ brokenFrames: number; retries: number; strayBytes: number }>
  /** Null for a unit that was never asked. */
  unit(unitId: number): UnitFigures | null
}>

/** `now` is a stopwatch in real ms: what a wire takes is not site time. */
export function lineMeter(now: () => number): LineMeter {
  const counts = { brokenFrames: 0, retries: 0, strayBytes: 0 }
  const recent: boolean[] = []
  const units = new Map<number, ReturnType<typeof unitMeter>>()
  const errorRate = () => (recent.length === 0 ? 0 : recent.filter(Boolean).length / recent.length)

  const unitOf = (unitId: number) => {
    let unit = units.get(unitId)
    if (!unit) units.set(unitId, (unit = unitMeter(now())))
    return unit
  }
  const exchanged = (isBroken: boolean): void => {
    if (isBroken) counts.brokenFrames += 1
    recent.push(isBroken)
    if (recent.length > LOOK_BACK) recent.shift()
  }
  const isKnown = () => recent.length >= FEWEST

  return {
    begin(unitId) {
      const from = now()
      return (outcome, exception = 0) => {
        const at = now()
        unitOf(unitId).note(outcome, exception, at, at - from)
        if (outcome !== 'lost') exchanged(outcome === 'garbled' || outcome === 'foreign')
      }
    },
    unasked: () => exchanged(true),
    retried: () => void (counts.retries += 1),
    stray: (bytes) => void (counts.strayBytes += bytes),
    errorRate,
    isKnown,
    isNoisy: () => isKnown() && errorRate() > NOISY_ABOVE,
    counts: () => ({ ...counts }),
    unit: (unitId) => units.get(unitId)?.figures(now()) ?? null,
  }
}
