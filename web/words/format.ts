import { computed, type ReadonlySignal } from '@preact/signals'
import type { Language } from '../api/types.ts'

/** How a language writes numbers, times and durations. Times are ISO 8601 or ms, shown in the site's time zone. */
export type Formats = Readonly<{
  number(value: number): string
  /** 1.4 GB */
  bytes(value: number): string
  /** 14:05:09 */
  time(at: string | number): string
  /** 14:05 */
  clock(at: string | number): string
  /** Date and time, for what may lie days back. */
  moment(at: string | number): string
  /** With its year, for what leaves this page or lies months back. */
  day(at: string | number): string
  /** The two largest units: 3 h 5 min. */
  duration(ms: number): string
}>

const UNITS = [
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
  { unit: 'second', ms: 1_000 },
] as const
const SIZES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

export function formatsOf(language: ReadonlySignal<Language>, timeZone: ReadonlySignal<string>): Formats {
  // British English counts to 24.
  const locale = computed(() => (language.value === 'en' ? 'en-GB' : language.value))
  const number = computed(() => new Intl.NumberFormat(locale.value, { maximumFractionDigits: 2 }))
  const time = computed(() => clockFormat(locale.value, timeZone.value, { second: '2-digit' }))
  const clock = computed(() => clockFormat(locale.value, timeZone.value, {}))
  const moment = computed(() => clockFormat(locale.value, timeZone.value, { month: 'short', day: 'numeric' }))
  const day = computed(() =>
    clockFormat(locale.value, timeZone.value, { year: 'numeric', month: 'short', day: 'numeric' }),
  )
  const units = computed(
    () =>
      new Map(
        UNITS.map(({ unit }) => [
          unit,
          new Intl.NumberFormat(locale.value, { style: 'unit', unit, unitDisplay: 'narrow', maximumFractionDigits: 0 }),
        ]),
      ),
  )
  const sizes = computed(() =>
    SIZES.map(
      (unit) =>
        new Intl.NumberFormat(locale.value, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 }),
    ),
  )
  return {
    bytes(value) {
      const step = Math.min(SIZES.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)))
      return sizes.value[step]!.format(value / 1_000 ** step)
    },
    number: (value) => number.value.format(value),
    time: (at) => time.value.format(new Date(at)),
    clock: (at) => clock.value.format(new Date(at)),
    moment: (at) => moment.value.format(new Date(at)),
    day: (at) => day.value.format(new Date(at)),
    duration(ms) {
      const first = UNITS.findIndex((unit) => ms >= unit.ms)
      if (first < 0) return units.value.get('second')!.format(0)
      let rest = ms
      return UNITS.slice(first, first + 2)
        .map(({ unit, ms: size }) => {
          const count = Math.floor(rest / size)
          rest -= count * size
          return count > 0 ? units.value.get(unit)!.format(count) : ''
        })
        .filter(Boolean)
        .join(' ')
    },
  }
}

function clockFormat(locale: string, timeZone: string, more: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...more })
}
