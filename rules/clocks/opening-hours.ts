import { Temporal } from 'temporal-polyfill'

/** Parts of a day in minutes since local midnight; `to` may lie past midnight (19:00–07:00 is 1140–1860). */
export type DailyHours = readonly Readonly<{ from: number; to: number }>[]

/** A stretch of real time, `to` excluded; ms. */
type Stretch = Readonly<{ from: number; to: number }>

const ALWAYS: DailyHours = [{ from: 0, to: 1_440 }]
/** More than these, and the memory of them begins anew: some ten years. */
const MOST_STRETCHES = 10_000

/**
 * The hours in which a clock runs: the same on each day, weekends and holidays too, in the time zone of the site.
 * Lengths are real time: an hour that a change of the clocks leaves out is not counted, one that it repeats counts twice.
 * All times are those of the wall, in ms.
 */
export class OpeningHours {
  readonly #hours: DailyHours
  readonly #timeZone: string
  readonly #isAlways: boolean
  /** In order, from `#knownFrom` to the day before `#nextDay`. */
  readonly #stretches: Stretch[] = []
  #knownFrom = Infinity
  #nextDay: Temporal.PlainDate | null = null

  /** @throws RangeError when it never opens, or parts overlap. */
  constructor(hours: DailyHours | 'always', timeZone: string) {
    this.#isAlways = hours === 'always'
    this.#hours = (hours === 'always' ? ALWAYS : hours).toSorted((a, b) => a.from - b.from)
    this.#timeZone = timeZone
    const last = this.#hours.at(-1)
    if (!last || this.#hours.some(({ from, to }) => from < 0 || from >= 1_440 || to <= from || to - from > 1_440))
      throw new RangeError('opening hours need parts that begin within the day and end after they begin')
    const next = [...this.#hours.slice(1), { from: this.#hours[0]!.from + 1_440 }]
    if (this.#hours.some(({ to }, i) => to > next[i]!.from)) throw new RangeError('opening hours overlap')
  }

  /** `at` itself while open, else the moment it opens next. */
  nextOpening(at: number): number {
    if (this.#isAlways) return at
    for (const { from, to } of this.#from(at)) if (to > at) return Math.max(from, at)
    throw new RangeError('opening hours without an end')
  }

  /** The moment at which `ms` of open time have passed since `at`; with 0 the next opening. */
  after(at: number, ms: number): number {
    if (this.#isAlways) return at + ms
    let left = ms
    for (const { from, to } of this.#from(at)) {
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
    for (const stretch of this.#from(from)) {
      if (stretch.from >= to) break
      open += Math.max(0, Math.min(stretch.to, to) - Math.max(stretch.from, from))
    }
    return open
  }

  /** The stretches that end after `at`, without end. */
  *#from(at: number): Generator<Stretch, void> {
    this.#lookAt(at)
    for (let next = this.#firstAfter(at); ; next++) {
      while (next >= this.#stretches.length) this.#lookFurther()
      yield this.#stretches[next]!
    }
  }

  /** Days are counted out once, from the first that anybody asked for; calendars are slow. */
  #lookAt(at: number): void {
    if (at >= this.#knownFrom && this.#stretches.length < MOST_STRETCHES) return
    const day = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(this.#timeZone).toPlainDate()
    this.#knownFrom = this.#wallTime(day, 0)
    // A part of yesterday may reach into today.
    this.#nextDay = day.subtract({ days: 1 })
    this.#stretches.length = 0
  }

  #lookFurther(): void {
    const day = this.#nextDay!
    for (const { from, to } of this.#hours) {
      const stretch = { from: this.#wallTime(day, from), to: this.#wallTime(day, to) }
      if (stretch.to > stretch.from) this.#stretches.push(stretch)
    }
    this.#nextDay = day.add({ days: 1 })
  }

  #firstAfter(at: number): number {
    let [low, high] = [0, this.#stretches.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#stretches[middle]!.to > at) high = middle
      else low = middle + 1
    }
    return low
  }

  #wallTime(day: Temporal.PlainDate, minutes: number): number {
    const plainTime = { hour: Math.floor((minutes % 1_440) / 60), minute: minutes % 60 }
    return day.add({ days: Math.floor(minutes / 1_440) }).toZonedDateTime({ timeZone: this.#timeZone, plainTime })
      .epochMilliseconds
  }
}
