/**
 * How one exchange ended. `garbled`: bytes that are no frame (noise, baud rate, parity). `foreign`: a sound frame that is
 * no answer to this (late, another unit's, another master's). `lost`: the road went away under it.
 */
export type Outcome = 'answer' | 'silent' | 'garbled' | 'foreign' | 'lost'

/** Exchanges looked back on, in two arrays of fixed size: a unit costs about a kilobyte, whatever happens. */
const LOOK_BACK = 100
/** The share of the wire is that of the last one to two of these. */
const SHARE_WINDOW_MS = 30_000

const OUTCOMES = ['answer', 'silent', 'garbled', 'foreign', 'lost'] as const satisfies readonly Outcome[]
/** An exception is kept as its code beyond the outcomes. */
const EXCEPTIONS_FROM = OUTCOMES.length

/** Of the last exchanges with a unit, at most 100. Latencies are real ms, from the request to the whole answer. */
export type UnitFigures = Readonly<{
  exchanges: number
  timeouts: number
  garbled: number
  foreign: number
  /** Exception code → how often. */
  exceptions: Readonly<Record<string, number>>
  latencyMs: Readonly<{ p50: number; p95: number }> | null
  /** Share of real time in which the wire was this unit's, 0…1. */
  busyShare: number
  last: Readonly<{ outcome: Outcome; exception: number | null }>
}>

/** What came of the exchanges with one unit. `startAt` and `at` are those of the same stopwatch. */
export function unitMeter(startAt: number) {
  const outcomes = new Uint8Array(LOOK_BACK)
  const tookMs = new Float64Array(LOOK_BACK)
  let exchanges = 0
  let windowAt = startAt
  let [busyBefore, busyNow, windowBeforeMs] = [0, 0, 0]

  /** Two windows, so that the share never rests on a moment alone. */
  const turn = (at: number): void => {
    const passed = at - windowAt
    if (passed < SHARE_WINDOW_MS) return
    const isNext = passed < 2 * SHARE_WINDOW_MS
    busyBefore = isNext ? busyNow : 0
    windowBeforeMs = SHARE_WINDOW_MS
    windowAt = isNext ? windowAt + SHARE_WINDOW_MS : at
    busyNow = 0
  }

  return {
    note(outcome: Outcome, exception: number, at: number, ms: number): void {
      turn(at)
      const place = exchanges % LOOK_BACK
      outcomes[place] = exception > 0 ? EXCEPTIONS_FROM + exception : OUTCOMES.indexOf(outcome)
      tookMs[place] = ms
      busyNow += ms
      exchanges += 1
    },
    figures(at: number): UnitFigures {
      turn(at)
      const known = Math.min(exchanges, LOOK_BACK)
      const kept = outcomes.subarray(0, known)
      const countOf = (outcome: Outcome) => kept.filter((code) => code === OUTCOMES.indexOf(outcome)).length
      const exceptions: Record<string, number> = {}
      for (const code of kept)
        if (code >= EXCEPTIONS_FROM) exceptions[code - EXCEPTIONS_FROM] = (exceptions[code - EXCEPTIONS_FROM] ?? 0) + 1
      const answered = tookMs
        .subarray(0, known)
        .filter((_, i) => kept[i] === 0 || kept[i]! >= EXCEPTIONS_FROM)
        .toSorted()
      const at95 = Math.min(Math.floor(answered.length * 0.95), answered.length - 1)
      const elapsed = windowBeforeMs + at - windowAt
      const last = outcomes[(exchanges - 1 + LOOK_BACK) % LOOK_BACK]!
      return {
        exchanges: known,
        timeouts: countOf('silent'),
        garbled: countOf('garbled'),
        foreign: countOf('foreign'),
        exceptions,
        latencyMs: answered.length === 0 ? null : { p50: answered[answered.length >> 1]!, p95: answered[at95]! },
        busyShare: elapsed > 0 ? Math.min((busyBefore + busyNow) / elapsed, 1) : 0,
        last:
          last >= EXCEPTIONS_FROM
            ? { outcome: 'answer', exception: last - EXCEPTIONS_FROM }
            : { outcome: OUTCOMES[last]!, exception: null },
      }
    },
  }
}
