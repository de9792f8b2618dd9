import { Temporal } from 'temporal-polyfill'

/** When phones rest: minutes since local midnight; `to` may lie before `from`, on the next day. */
export type QuietSettings = Readonly<{ quietFrom: number; quietTo: number }>
export const QUIET: QuietSettings = { quietFrom: 22 * 60, quietTo: 6 * 60 + 30 }

/** Reminders that would fall into the quiet go out on the evening before. */
const EVENING = 20 * 60

/** The hours in which residents' phones do not ring, in the time zone of the site. All times are the wall's, in ms. */
export class QuietHours {
  readonly #timeZone: string
  readonly #hours: QuietSettings

  constructor(timeZone: string, hours: QuietSettings) {
    this.#timeZone = timeZone
    this.#hours = hours
  }

  isQuiet(at: number): boolean {
    const { quietFrom, quietTo } = this.#hours
    const minute = this.#minuteOf(at)
    return quietFrom <= quietTo ? minute >= quietFrom && minute < quietTo : minute >= quietFrom || minute < quietTo
  }

  /** The end of the quiet hours in which `at` lies. */
  morningAfter(at: number): number {
    const { quietTo } = this.#hours
    return this.#at(at, this.#minuteOf(at) < quietTo ? 0 : 1, quietTo)
  }

  /** `at` itself, or the evening before the quiet hours in which it lies. */
  awake(at: number): number {
    if (!this.isQuiet(at)) return at
    return this.#at(at, this.#minuteOf(at) < this.#hours.quietTo ? -1 : 0, EVENING)
  }

  #local(at: number): Temporal.ZonedDateTime {
    return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(this.#timeZone)
  }

  #minuteOf(at: number): number {
    const { hour, minute } = this.#local(at)
    return hour * 60 + minute
  }

  #at(at: number, days: number, minute: number): number {
    const time = new Temporal.PlainTime(Math.floor(minute / 60), minute % 60)
    const day = this.#local(at).toPlainDate().add({ days })
    return day.toZonedDateTime({ timeZone: this.#timeZone, plainTime: time }).epochMilliseconds
  }
}
