import { Temporal } from 'temporal-polyfill'
import type { HolidayCalendar } from '../plan.ts'

/** Days on which offices work: Monday to Friday, without public holidays, with the days off that are worked instead. */
export class WorkingDays {
  readonly #timeZone: string
  readonly #holidays: ReadonlySet<string>
  readonly #workdays: ReadonlySet<string>

  constructor(timeZone: string, calendar?: HolidayCalendar) {
    this.#timeZone = timeZone
    this.#holidays = new Set(calendar?.holidays)
    this.#workdays = new Set(Object.keys(calendar?.workdays ?? {}))
  }

  isWorked(day: Temporal.PlainDate): boolean {
    const written = day.toString()
    if (this.#workdays.has(written)) return true
    return day.dayOfWeek <= 5 && !this.#holidays.has(written)
  }

  /** The end of the so-manieth working day after the day of `at`: the first moment of the next. Times on the wall, ms. */
  endOf(at: number, count: number): number {
    let day = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(this.#timeZone).toPlainDate()
    // A year of nothing but holidays is a mistake in the file; the promise then ends all the same.
    for (let [left, looked] = [count, 0]; left > 0 && looked < 400; looked++) {
      day = day.add({ days: 1 })
      if (this.isWorked(day)) left--
    }
    return day.add({ days: 1 }).toZonedDateTime({ timeZone: this.#timeZone }).epochMilliseconds
  }
}
