import { Temporal } from 'temporal-polyfill'

/** Parts of a day in minutes since local midnight; `to` may lie past midnight (19:00–07:00 is 1140–1860). */
export type DailyHours = readonly Readonly<{ from: number; to: number }>[]

/** A stretch of real time, `to` excluded; ms. */
type Stretch = Readonly<{ from: number; to: number }>

const ALWAYS: DailyHours = [{ from: 0, to: 1_440 }]
/** Days that are looked at more than once are counted out once; more than this many are forgotten again. */
const MOST_DAYS = 1_000

/**
 * The hours in which a clock runs: the same on each day, weekends and holidays too, in the time zone of the site.
 * Lengths are real time: an hour that a change of the clocks leaves out is not counted, one that it repeats counts twice.
 * All times are those of the wall, in ms.
 */
export class OpeningHours {
  readonly #hours: DailyHours
  readonly #timeZone: string
  readonly #isAlways: boolean
  readonly #days = new Map<string, readonly Stretch[]>()

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

  /** The stretches from the day before `at` on, without end; a part of yesterday may reach into today. */
  *#from(at: number): Generator<Stretch, void> {
    let day = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(this.#timeZone).toPlainDate()
    day = day.subtract({ days: 1 })
    for (;;) {
      yield* this.#stretchesOf(day)
      day = day.add({ days: 1 })
    }
  }

  #stretchesOf(day: Temporal.PlainDate): readonly Stretch[] {
    const key = day.toString()
    const known = this.#days.get(key)
    if (known) return known
    const stretches = this.#hours
      .map(({ from, to }) => ({ from: this.#wallTime(day, from), to: this.#wallTime(day, to) }))
      .filter(({ from, to }) => to > from)
    if (this.#days.size >= MOST_DAYS) this.#days.clear()
    this.#days.set(key, stretches)
    return stretches
  }

  #wallTime(day: Temporal.PlainDate, minutes: number): number {
    const plainTime = { hour: Math.floor((minutes % 1_440) / 60), minute: minutes % 60 }
    return day.add({ days: Math.floor(minutes / 1_440) }).toZonedDateTime({ timeZone: this.#timeZone, plainTime })
      .epochMilliseconds
  }
}
