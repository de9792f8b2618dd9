import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import t from 'tap'
import type { DailyHours } from '#rules/clocks/day-stretches.ts'
import { OpeningHours } from '#rules/clocks/opening-hours.ts'

const MIN = 60_000
const ZONES = ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe', 'Europe/Berlin'] as const
const HOURS: readonly DailyHours[] = [
  [{ from: 420, to: 1_380 }],
  [{ from: 480, to: 1_200 }],
  [{ from: 1_140, to: 1_860 }],
  [
    { from: 60, to: 150 },
    { from: 480, to: 720 },
    { from: 1_320, to: 1_470 },
  ],
]
/** Ten years with changes of the clocks, month ends and a leap day in them. */
const SPAN = { min: Date.UTC(2023, 0, 1) / MIN, max: Date.UTC(2033, 0, 1) / MIN }
const minuteOf = (at: number, zone: string) => {
  const { hour, minute } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)
  return hour * 60 + minute
}
/** Said a second time, minute by minute: open is what the clock on the wall says. */
function isOpenByTheWall(at: number, hours: DailyHours, zone: string): boolean {
  const minute = minuteOf(at, zone)
  return hours.some(({ from, to }) => (minute >= from && minute < to) || minute + 1_440 < to)
}

t.test('open time is what the clock on the wall says, minute by minute, in ten years and four zones', async (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ZONES),
      fc.constantFrom(...HOURS),
      fc.integer(SPAN),
      fc.integer({ min: 1, max: 300 }),
      (zone, daily, minute, length) => {
        const hours = new OpeningHours(daily, zone)
        const from = minute * MIN
        let open = 0
        for (let i = 0; i < length; i++) if (isOpenByTheWall(from + i * MIN, daily, zone)) open += MIN
        return hours.between(from, from + length * MIN) === open
      },
    ),
    { numRuns: 400 },
  )
  t.pass('the same for 400 stretches')
})

t.test('so much open time later is the moment at which so much has passed, and not one earlier', async (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ZONES),
      fc.constantFrom(...HOURS),
      fc.integer(SPAN),
      fc.integer({ min: 1, max: 6_000 }),
      (zone, daily, minute, length) => {
        const hours = new OpeningHours(daily, zone)
        const [from, ms] = [minute * MIN, length * MIN]
        const due = hours.after(from, ms)
        return hours.between(from, due) === ms && hours.between(from, due - 1) === ms - 1
      },
    ),
    { numRuns: 1_000 },
  )
  t.pass('due, and not before')
})

t.test('an hour that the clocks leave out or repeat is counted as it passes', async (t) => {
  const night = new OpeningHours([{ from: 60, to: 240 }], 'America/New_York')
  const noon = (day: string) => Temporal.ZonedDateTime.from(`${day}T12:00[America/New_York]`).epochMilliseconds
  t.equal(night.between(noon('2026-03-07'), noon('2026-03-08')), 120 * MIN, 'forward')
  t.equal(night.between(noon('2026-10-31'), noon('2026-11-01')), 240 * MIN, 'back')
})

for (const [name, hours] of [
  ['no hours at all', []],
  ['an end before the beginning', [{ from: 600, to: 500 }]],
  [
    'parts that overlap',
    [
      { from: 0, to: 700 },
      { from: 600, to: 800 },
    ],
  ],
  [
    'a part that reaches into the next',
    [
      { from: 0, to: 60 },
      { from: 1_400, to: 1_460 },
    ],
  ],
] as const)
  t.test(`${name} is refused`, async (t) => t.throws(() => new OpeningHours(hours, 'UTC'), RangeError))
