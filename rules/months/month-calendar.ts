import { Temporal } from 'temporal-polyfill'

/** YYYY-MM, on the calendar of the site. */
export type Month = string

/** On the fifth, at the first moment of the day: what the last days left behind is counted with them. */
const FROZEN_ON = 5

/** Months of the site. Times on the wall, in ms. */
export class MonthCalendar {
  readonly #timeZone: string
  /** Asked for each order, and calendars are slow: the month and the day of the last answer, with their ends. */
  #month = { from: Infinity, to: -Infinity, name: '' }
  #day = { from: Infinity, to: -Infinity }

  constructor(timeZone: string) {
    this.#timeZone = timeZone
  }

  monthOf(wall: number): Month {
    if (wall < this.#month.from || wall >= this.#month.to) {
      const name = this.#dayOf(wall).toPlainYearMonth().toString()
      this.#month = { ...this.boundsOf(name), name }
    }
    return this.#month.name
  }

  /** The first moment of the next day. */
  dayEndOf(wall: number): number {
    if (wall < this.#day.from || wall >= this.#day.to) {
      const day = this.#dayOf(wall)
      this.#day = { from: this.#begin(day), to: this.#begin(day.add({ days: 1 })) }
    }
    return this.#day.to
  }

  /** `to` is the first moment of the next month. */
  boundsOf(month: Month): Readonly<{ from: number; to: number }> {
    const first = Temporal.PlainYearMonth.from(month).toPlainDate({ day: 1 })
    return { from: this.#begin(first), to: this.#begin(first.add({ months: 1 })) }
  }

  freezesAt(month: Month): number {
    return this.#begin(Temporal.PlainYearMonth.from(month).add({ months: 1 }).toPlainDate({ day: FROZEN_ON }))
  }

  after(month: Month): Month {
    return Temporal.PlainYearMonth.from(month).add({ months: 1 }).toString()
  }

  #dayOf(wall: number): Temporal.PlainDate {
    return Temporal.Instant.fromEpochMilliseconds(wall).toZonedDateTimeISO(this.#timeZone).toPlainDate()
  }

  #begin(day: Temporal.PlainDate): number {
    return day.toZonedDateTime({ timeZone: this.#timeZone }).epochMilliseconds
  }
}
