import { type DailyHours, DayStretches, type Stretch } from './day-stretches.ts'

const ALWAYS: DailyHours = [{ from: 0, to: 1_440 }]

/**
 * The hours in which a clock runs: the same on each day, weekends and holidays too, in the time zone of the site.
 * Lengths are real time: an hour that a change of the clocks leaves out is not counted, one that it repeats counts twice.
 * All times are those of the wall, in ms.
 */
export class OpeningHours {
  readonly #stretches: DayStretches
  readonly #isAlways: boolean

  /** @throws RangeError when it never opens, or parts overlap. */
  constructor(written: DailyHours | 'always', timeZone: string) {
    this.#isAlways = written === 'always'
    const hours = (written === 'always' ? ALWAYS : written).toSorted((a, b) => a.from - b.from)
    if (
      hours.length === 0 ||
      hours.some(({ from, to }) => from < 0 || from >= 1_440 || to <= from || to - from > 1_440)
    )
      throw new RangeError('opening hours need parts that begin within the day and end after they begin')
    const next = [...hours.slice(1), { from: hours[0]!.from + 1_440 }]
    if (hours.some(({ to }, i) => to > next[i]!.from)) throw new RangeError('opening hours overlap')
    this.#stretches = new DayStretches(() => hours, timeZone)
  }

  /** `at` itself while open, else the moment it opens next. */
  nextOpening(at: number): number {
    if (this.#isAlways) return at
    for (const { from, to } of this.#stretches.after(at)) if (to > at) return Math.max(from, at)
    throw new RangeError('opening hours without an end')
  }

  /** The moment at which `ms` of open time have passed since `at`; with 0 the next opening. */
  after(at: number, ms: number): number {
    if (this.#isAlways) return at + ms
    let left = ms
    for (const { from, to } of this.#stretches.after(at)) {
      const start = Math.max(from, at)
      if (to <= start) continue
      if (left <= to - start) return start + left
      left -= to - start
    }
    throw new RangeError('opening hours without an end')
  }

  /** Open time between two moments, in ms. */
  between(from: number, to: number): number {
    if (to <= from) return 0
    if (this.#isAlways) return to - from
    let open = 0
    for (const stretch of this.#stretches.within(from, to))
      open += Math.max(0, Math.min(stretch.to, to) - Math.max(stretch.from, from))
    return open
  }

  /** When it is open between two moments. */
  within(from: number, to: number): readonly Stretch[] {
    return this.#isAlways ? [{ from, to }] : this.#stretches.within(from, to)
  }
}
