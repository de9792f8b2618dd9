import { Temporal } from 'temporal-polyfill'
import type { NoticeSettings } from './settings.ts'

/** The hours in which residents' phones do not ring, in the time zone of the site. All times are the wall's, in ms. */
export class QuietHours {
  readonly #timeZone: string
  readonly #hours: Pick<NoticeSettings, 'quietFrom' | 'quietTo' | 'eveningAt'>

  constructor(timeZone: string, hours: Pick<NoticeSettings, 'quietFrom' | 'quietTo' | 'eveningAt'>) {
    this.#timeZone = timeZone
    this.#hours = hours
  }

  isQuiet(at: number): boolean {
    const minute = this.#minuteOf(at)
    return minute >= this.#hours.quietFrom || minute < this.#hours.quietTo
  }

  /** The end of the quiet hours in which `at` lies. */
  morningAfter(at: number): number {
    const { quietFrom, quietTo } = this.#hours
    return this.#at(at, this.#minuteOf(at) >= quietFrom ? 1 : 0, quietTo)
  }

  /** `at` itself, or the evening before the quiet hours in which it lies. */
  awake(at: number): number {
    if (!this.isQuiet(at)) return at
    const { quietFrom, eveningAt } = this.#hours
    return this.#at(at, this.#minuteOf(at) >= quietFrom ? 0 : -1, eveningAt)
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
