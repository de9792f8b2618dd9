import { Temporal } from 'temporal-polyfill'

/** Parts of a day in minutes since local midnight; `to` may lie past midnight (19:00–07:00 is 1140–1860). */
export type DailyHours = readonly Readonly<{ from: number; to: number }>[]

/** A stretch of real time, `to` excluded; ms on the wall. */
export type Stretch = Readonly<{ from: number; to: number }>

/** More than these, and the memory of them begins anew: some ten years. */
const MOST_STRETCHES = 10_000

/**
 * The parts of days as stretches of real time, in order and without overlap, in the time zone of the site: an hour that a
 * change of the clocks leaves out is shorter, one that it repeats longer. Days are counted out once; calendars are slow.
 */
export class DayStretches {
  readonly #hoursOn: (day: Temporal.PlainDate) => DailyHours
  readonly #timeZone: string
  /** In order, from `#knownFrom` to the day before `#nextDay`. */
  readonly #stretches: Stretch[] = []
  #knownFrom = Infinity
  /** All that begin before this are known. */
  #knownTo = -Infinity
  #nextDay: Temporal.PlainDate | null = null

  constructor(hoursOn: (day: Temporal.PlainDate) => DailyHours, timeZone: string) {
    this.#hoursOn = hoursOn
    this.#timeZone = timeZone
  }

  /** The stretch that covers this moment. */
  at(moment: number): Stretch | null {
    this.#lookAt(moment)
    while (this.#knownTo <= moment) this.#lookFurther()
    const stretch = this.#stretches[this.#firstAfter(moment)]
    return stretch && stretch.from <= moment ? stretch : null
  }

  /** Those that have a part between the two moments. */
  within(from: number, to: number): readonly Stretch[] {
    this.#lookAt(from)
    while (this.#knownTo < to) this.#lookFurther()
    const first = this.#firstAfter(from)
    const found: Stretch[] = []
    for (let i = first; i < this.#stretches.length && this.#stretches[i]!.from < to; i++)
      found.push(this.#stretches[i]!)
    return found
  }

  /** Those that end after `at`, without end: for hours that open again and again. */
  *after(at: number): Generator<Stretch, void> {
    this.#lookAt(at)
    for (let next = this.#firstAfter(at); ; next++) {
      while (next >= this.#stretches.length) this.#lookFurther()
      yield this.#stretches[next]!
    }
  }

  #lookAt(at: number): void {
    if (at >= this.#knownFrom && this.#stretches.length < MOST_STRETCHES) return
    const day = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(this.#timeZone).toPlainDate()
    this.#knownFrom = this.#wallTime(day, 0)
    // A part of yesterday may reach into today.
    this.#nextDay = day.subtract({ days: 1 })
    this.#knownTo = -Infinity
    this.#stretches.length = 0
  }

  #lookFurther(): void {
    const day = this.#nextDay!
    for (const { from, to } of this.#hoursOn(day)) {
      const last = this.#stretches.at(-1)
      // Parts that reach into the next are cut there.
      const stretch = { from: Math.max(this.#wallTime(day, from), last?.to ?? -Infinity), to: this.#wallTime(day, to) }
      if (stretch.to > stretch.from) this.#stretches.push(stretch)
    }
    this.#nextDay = day.add({ days: 1 })
    this.#knownTo = this.#wallTime(this.#nextDay, 0)
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
    const time = day.add({ days: Math.floor(minutes / 1_440) }).toZonedDateTime({ timeZone: this.#timeZone, plainTime })
    // A time that the clocks leave out is the moment at which they are put forward.
    const isLeftOut = time.minute !== plainTime.minute || time.hour !== plainTime.hour
    return ((isLeftOut && time.getTimeZoneTransition('previous')) || time).epochMilliseconds
  }
}
