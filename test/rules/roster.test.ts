import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import t from 'tap'
import type { Event } from '#rules/event.ts'
import type { HolidayCalendar, Person, Rotation } from '#rules/plan.ts'
import { RosterBook } from '#rules/roster/book.ts'
import { dayOf, hoursOf } from '#rules/roster/calendar.ts'
import { union, without } from '#rules/roster/spans.ts'

const H = 3_600_000
const DAY = [{ from: 420, to: 1_140 }]
const NIGHT = [{ from: 1_140, to: 1_860 }]
const OFF: never[] = []
const CREWS: Rotation = { id: 'crews', days: [DAY, DAY, NIGHT, NIGHT, OFF, OFF, OFF, OFF], from: '2026-01-05' }
const ZONES = ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe', 'Europe/Berlin'] as const

function person(id: string, more: Partial<Person> = {}): Person {
  return { id, role: 'technician', regions: ['site'], skills: ['water'], duty: [], ...more }
}
const bookOf = (staff: readonly Person[], timeZone = 'Asia/Shanghai', calendar?: HolidayCalendar) =>
  new RosterBook({ staff, timeZone, ...(calendar ? { calendar } : {}) })
const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds
let seq = 0
const event = (body: object) => ({ seq: ++seq, at: at('2026-12-01T00:00:00Z'), v: 1, trace: 'K1', ...body }) as Event

t.test(
  'F19: a round goes on over month ends, leap days and years, for ten years, the same as counted day by day',
  (t) => {
    const hours = hoursOf(person('T1', { rotation: CREWS }))
    let day = Temporal.PlainDate.from('2026-01-05')
    let index = 0
    let isRight = true
    for (; day.year < 2036; day = day.add({ days: 1 }), index = (index + 1) % 8)
      isRight &&= hours(day) === hours(Temporal.PlainDate.from('2026-01-05').add({ days: index }))
    t.ok(isRight)
    t.same(hours(Temporal.PlainDate.from('2028-02-29')), CREWS.days[modulo(785, 8)], '29 February has its turn')
    t.same(hours(Temporal.PlainDate.from('2026-01-04')), OFF, 'also before its first day')
    t.end()
  },
)

t.test(
  'F18, F19: four crews leave no minute of ten years alone, nor two crews in one, but for clocks that change',
  (t) => {
    for (const timeZone of ZONES) {
      const staff = [0, 2, 4, 6].map((phase) => {
        const from = Temporal.PlainDate.from('2026-01-05').subtract({ days: phase }).toString()
        return person(`C${phase}`, { rotation: { ...CREWS, from } })
      })
      const book = bookOf(staff, timeZone)
      const [from, to] = [at('2026-01-06T12:00:00Z'), at('2036-01-06T12:00:00Z')]
      const spans = staff.map(({ id }) => book.presence(id, from, to))
      t.same(union(spans.flat()), [{ from, to }], `${timeZone}: somebody is there`)
      const total = spans.flat().reduce((sum, span) => sum + span.to - span.from, 0)
      t.equal(total, to - from, `${timeZone}: and nobody twice`)
    }
    t.end()
  },
)

t.test('F18: a duty over the hour that is left out or repeated begins and ends by the clock on the wall', (t) => {
  const book = bookOf([person('T2', { duty: NIGHT })], 'America/New_York')
  const nights: [string, string, number][] = [
    ['2026-03-08T00:00:00Z', '2026-03-08T12:00:00Z', 11],
    ['2026-11-01T00:00:00Z', '2026-11-01T13:00:00Z', 13],
    ['2026-06-10T00:00:00Z', '2026-06-10T12:00:00Z', 12],
  ]
  for (const [from, to, hours] of nights) {
    const spans = book.presence('T2', at(from) - 2 * H, at(to) + 2 * H)
    t.equal((spans[0]!.to - spans[0]!.from) / H, hours, from)
  }
  t.end()
})

t.test('F18: a duty that begins in the hour that is left out begins once, and once where it is repeated', (t) => {
  const book = bookOf([person('T2', { duty: [{ from: 150, to: 210 }] })], 'America/New_York')
  for (const day of ['2026-03-08', '2026-11-01', '2026-07-01']) {
    const start = at(`${day}T00:00:00Z`)
    t.equal(book.presence('T2', start, start + 24 * H).length, 1, day)
  }
  t.end()
})

t.test('a week knows public holidays and days off that are worked instead; a round does not', (t) => {
  const calendar: HolidayCalendar = {
    holidays: ['2026-10-01', '2026-10-02', '2026-10-05'],
    workdays: { '2026-10-10': 2 },
  }
  const tuesday = [{ from: 480, to: 720 }]
  const days = [DAY, tuesday, DAY, DAY, DAY, OFF, OFF]
  const office = hoursOf(person('A', { rotation: { id: 'office', days, from: null } }), calendar)
  const emergency = hoursOf(person('A', { rotation: { id: 'o', days, from: null, holiday: tuesday } }), calendar)
  const crew = hoursOf(person('T', { rotation: CREWS }), calendar)
  const on = (day: string, hours = office) => hours(Temporal.PlainDate.from(day))
  t.same(on('2026-09-30'), DAY, 'a Wednesday')
  t.same(on('2026-10-01'), OFF, 'National Day')
  t.same(on('2026-10-01', emergency), tuesday, 'or its own hours then')
  t.same(on('2026-10-03'), OFF, 'a Saturday')
  t.same(on('2026-10-10'), tuesday, 'a Saturday worked like a Tuesday')
  t.same(on('2026-10-01', crew), CREWS.days[modulo(269, 8)])
  t.end()
})

t.test('several parts a day, and those that run into the next one, count once', (t) => {
  const split = [
    { from: 840, to: 1_080 },
    { from: 480, to: 720 },
  ]
  const book = bookOf([person('S', { duty: split }), person('L', { duty: [{ from: 480, to: 480 + 1_500 }] })])
  const [from, to] = [at('2026-12-07T16:00:00Z'), at('2026-12-08T16:00:00Z')]
  t.same(
    book.presence('S', from, to).map((span) => (span.to - span.from) / H),
    [4, 4],
  )
  t.same(book.presence('L', from, to), [{ from, to }], 'more than a day long: never away')
  t.end()
})

t.test('leave, extra duty and a swap change who is there, to the minute, and no longer than they last', (t) => {
  const book = bookOf([person('T1', { duty: DAY }), person('T2', { duty: NIGHT })])
  const day = (hour: number) => at('2026-12-08T00:00:00+08:00') + hour * H
  const there = (hour: number) => ['T1', 'T2'].filter((id) => book.isOnDuty(id, day(hour))).join(' ')
  t.equal(there(12), 'T1')
  book.apply(
    event({
      type: 'roster.leave_granted',
      leave: 'V1',
      person: 'T1',
      from: day(10),
      to: day(13),
      reason: 'sick',
      by: 'PM',
    }),
  )
  t.same([there(9.99), there(10), there(12.99), there(13)], ['T1', '', '', 'T1'])
  book.apply(event({ type: 'roster.duty_added', duty: 'D1', person: 'T2', from: day(10), to: day(12), by: 'PM' }))
  t.same([there(10), there(12)], ['T2', ''])
  book.apply(
    event({ type: 'roster.duty_added', duty: 'D2', person: 'T2', from: day(15), to: day(17), instead: 'T1', by: 'PM' }),
  )
  t.same([there(14.99), there(15), there(17)], ['T1', 'T2', 'T1'], 'in the place of T1')
  book.apply(event({ type: 'roster.leave_ended', leave: 'V1', person: 'T1', by: 'PM' }))
  t.equal(there(12), 'T1')
  book.apply(event({ type: 'roster.duty_ended', duty: 'D2', person: 'T2', by: 'PM' }))
  t.equal(there(16), 'T1')
  book.apply(event({ type: 'roster.left', person: 'T1', by: 'PM' }))
  t.equal(there(16), '')
  t.same(book.presence('T1', day(0), day(24)), [])
  const again = bookOf([person('T1', { duty: DAY }), person('T2', { duty: NIGHT })])
  again.restore(JSON.parse(JSON.stringify(book.snapshot())) as ReturnType<RosterBook['snapshot']>)
  t.same(again.snapshot(), book.snapshot())
  book.apply(event({ type: 'roster.returned', person: 'T1', by: 'PM' }))
  t.equal(there(16), 'T1')
  t.end()
})

t.test('asked minute by minute it says the same as asked for the whole stretch', (t) => {
  const minute = fc.integer({ min: 0, max: 4 * 1_440 })
  const change = fc.record({
    person: fc.constantFrom('T1', 'T2'),
    from: minute,
    length: fc.integer({ min: 1, max: 2_000 }),
    kind: fc.constantFrom('leave', 'duty', 'swap'),
  })
  const begins = at('2026-10-30T00:00:00Z')
  fc.assert(
    fc.property(fc.array(change, { maxLength: 6 }), fc.constantFrom(...ZONES), (changes, timeZone) => {
      const book = bookOf([person('T1', { duty: DAY }), person('T2', { rotation: CREWS })], timeZone)
      changes.forEach(({ person: who, from, length, kind }, i) => {
        const span = { from: begins + from * 60_000, to: begins + (from + length) * 60_000 }
        if (kind === 'leave')
          book.apply(
            event({ type: 'roster.leave_granted', leave: `V${i}`, person: who, ...span, reason: 'leave', by: 'PM' }),
          )
        else
          book.apply(
            event({
              type: 'roster.duty_added',
              duty: `D${i}`,
              person: who,
              ...span,
              by: 'PM',
              ...(kind === 'swap' ? { instead: who === 'T1' ? 'T2' : 'T1' } : {}),
            }),
          )
      })
      const [from, to] = [begins, begins + 5 * 24 * H]
      for (const id of ['T1', 'T2']) {
        const spans = book.presence(id, from, to)
        for (let moment = from; moment < to; moment += 41 * 60_000) {
          const isThere = spans.some((span) => moment >= span.from && moment < span.to)
          if (isThere !== book.isOnDuty(id, moment)) return false
        }
      }
      return true
    }),
    { numRuns: 60 },
  )
  t.pass('for leave, extra duty and swaps in any order')
  t.end()
})

t.test('stretches are joined and cut as sets are', (t) => {
  const span = fc.tuple(fc.nat(60), fc.nat(20)).map(([from, length]) => ({ from, to: from + length }))
  fc.assert(
    fc.property(fc.array(span), fc.array(span), (a, b) => {
      const has = (spans: readonly { from: number; to: number }[], n: number) =>
        spans.some(({ from, to }) => n >= from && n < to)
      const [joined, left] = [union(a), without(a, b)]
      for (let n = 0; n < 90; n++) {
        if (has(joined, n) !== has(a, n)) return false
        if (has(left, n) !== (has(a, n) && !has(b, n))) return false
      }
      return joined.every(({ from }, i) => i === 0 || from > joined[i - 1]!.to)
    }),
  )
  t.pass()
  t.end()
})

t.test('a certificate is good to the end of its last day, in the time zone of the site', (t) => {
  const book = bookOf([person('T3', { certificates: { lift: '2026-12-08' } })])
  const moments: [string, boolean][] = [
    ['2026-12-08T15:59:59Z', true],
    ['2026-12-08T16:00:00Z', false],
  ]
  for (const [moment, isGood] of moments) t.equal(book.holds('T3', 'lift', at(moment)), isGood, moment)
  book.apply(
    event({ type: 'roster.certificate_recorded', person: 'T3', certificate: 'lift', until: '2027-12-08', by: 'PM' }),
  )
  t.ok(book.holds('T3', 'lift', at('2027-01-01T00:00:00Z')), 'a later one comes before that of the file')
  book.apply(event({ type: 'roster.certificate_withdrawn', person: 'T3', certificate: 'lift', by: 'PM' }))
  t.notOk(book.holds('T3', 'lift', at('2026-12-01T00:00:00Z')), 'and so does taking it away')
  t.notOk(book.holds('T3', 'crane', at('2026-12-01T00:00:00Z')))
  t.equal(dayOf(at('2026-12-31T16:00:00Z'), 'Asia/Shanghai'), '2027-01-01')
  t.end()
})

function modulo(n: number, of: number): number {
  return ((n % of) + of) % of
}
