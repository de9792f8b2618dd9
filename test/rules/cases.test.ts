import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import t from 'tap'
import type { Event } from '#rules/event.ts'
import { WorkingDays } from '#rules/clocks/working-days.ts'
import { at, orderSite, said } from './order-site.ts'

/** The New Year of 2026: the 1st to the 3rd are off, Sunday the 4th is worked like a Friday. */
const CALENDAR = { holidays: ['2026-01-01', '2026-01-02', '2026-01-03'], workdays: { '2026-01-04': 5 } }

t.test('working days know holidays, and days off that are worked instead', async (t) => {
  const days = new WorkingDays('Asia/Shanghai', CALENDAR)
  for (const [from, count, end] of [
    ['6 10:00', 3, '10 00:00'],
    ['7 23:59', 3, '13 00:00'],
    ['9 10:00', 1, '13 00:00'],
    ['1 10:00', 3, '7 00:00'],
    ['3 10:00', 1, '5 00:00'],
  ] as const)
    t.equal(said(days.endOf(at(from), count)), end, `${count} after ${from}`)
})

t.test('F19 so many working days lie between, in ten years, at each month end and change of the clocks', async (t) => {
  const zones = ['Asia/Shanghai', 'America/New_York', 'Europe/Berlin'] as const
  const day = fc.integer({ min: 0, max: 3_652 }).map((n) => Temporal.PlainDate.from('2023-01-01').add({ days: n }))
  const calendar = fc.record({
    off: fc.uniqueArray(day.map(String), { maxLength: 40 }),
    on: fc.uniqueArray(day.map(String), { maxLength: 20 }),
  })
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      calendar,
      day,
      fc.integer({ min: 1, max: 10 }),
      (zone, { off, on }, start, count) => {
        const workdays = Object.fromEntries(on.map((text) => [text, 1]))
        const days = new WorkingDays(zone, { holidays: off, workdays })
        const from = start.toZonedDateTime({ timeZone: zone, plainTime: '13:30' }).epochMilliseconds
        const end = Temporal.Instant.fromEpochMilliseconds(days.endOf(from, count)).toZonedDateTimeISO(zone)
        const last = end.subtract({ nanoseconds: 1 }).toPlainDate()
        let worked = 0
        for (let one = start.add({ days: 1 }); Temporal.PlainDate.compare(one, last) <= 0; one = one.add({ days: 1 })) {
          const isOff = off.includes(one.toString()) || one.dayOfWeek > 5
          if (on.includes(one.toString()) || !isOff) worked++
        }
        return worked === count && days.isWorked(last) && end.equals(end.startOfDay())
      },
    ),
    { numRuns: 300 },
  )
  t.pass('300 spans')
})

/** A pressure that nobody sees to: level 3 after four hours. */
function escalated(changes: Parameters<typeof orderSite>[1] = {}) {
  const site = orderSite('P1', changes)
  site.says('6 06:30', 20)
  site.passes('6 10:30')
  return { site, id: site.of('case.opened')[0]!.case, order: site.of('order.opened')[0]!.order }
}

t.test('level 3 opens a case; explained and judged it is over', async (t) => {
  const { site, id, order } = escalated()
  t.match(site.of('case.opened'), [{ order, class: 'P1', assignee: 'T1', to: ['CE', 'PM'], dueAt: at('10 00:00') }])
  const judge = { type: 'case.judge', case: id, by: 'Q', verdict: 'deducted', points: 2, text: 'late' } as const
  t.equal(site.does('6 11:00', judge), 'wrong_state', 'nobody is judged unheard')
  t.equal(site.does('7 09:00', { type: 'case.explain', case: 'SC0', by: 'CE', text: 'x' }), 'unknown_case')
  t.equal(site.does('7 09:00', { type: 'case.explain', case: id, by: 'X', text: 'x' }), 'unknown_person')
  t.equal(site.does('7 09:00', { type: 'case.explain', case: id, by: 'CE', text: 'pump parts' }), 'done')
  t.equal(site.does('7 09:01', { type: 'case.explain', case: id, by: 'CE', text: 'again' }), 'wrong_state')
  t.equal(site.does('7 09:02', { ...judge, by: 'PM' }), 'not_quality')
  t.equal(site.does('7 09:02', { ...judge, verdict: 'excused' }), 'wrong_points')
  t.equal(site.does('7 09:02', { ...judge, points: 0 }), 'wrong_points')
  t.equal(site.does('7 09:03', judge), 'done')
  site.passes('14 00:00')
  t.strictSame(site.of('case.deducted'), [], 'what was explained is not deducted by itself')
  t.equal(site.does('14 00:00', judge), 'unknown_case', 'one verdict')
})

t.test(
  'nobody explains it in three working days: the deduction is booked by itself, and may still be excused',
  async (t) => {
    const { site, id, order } = escalated({ deduction: 3 })
    t.equal(site.does('6 11:00', { type: 'order.accept', order, by: 'T1' }), 'done', 'the order goes its own way')
    site.passes('9 23:59')
    t.strictSame(site.of('case.deducted'), [])
    site.passes('10 00:00')
    t.match(site.of('case.deducted'), [{ case: id, points: 3, at: at('10 00:00') }])
    t.equal(site.does('10 09:00', { type: 'case.explain', case: id, by: 'CE', text: 'late' }), 'wrong_state')
    const excuse = { type: 'case.judge', case: id, by: 'Q', verdict: 'excused', points: 0, text: 'ill' } as const
    t.equal(site.does('10 10:00', excuse), 'done')
  },
)

t.test('a holiday moves the day; a day off that is worked brings it back', async (t) => {
  const calendar = { holidays: ['2026-01-07', '2026-01-08'], workdays: { '2026-01-10': 4 } }
  const { site } = escalated({ calendar })
  t.match(site.of('case.opened'), [{ dueAt: at('13 00:00') }], 'the 9th, Saturday the 10th, Monday the 12th')
})

t.test(
  'F16 the wall clock is set: three working days end by the new time, also of a case written before',
  async (t) => {
    for (const isOld of [false, true]) {
      const { site, id } = escalated()
      const { dueOnWall: _, ...old } = site.of('case.opened')[0]!
      const flow = isOld
        ? replayed(site.events.map((event) => (event.type === 'case.opened' ? old : event)))
        : site.flow
      const again = orderSite('P1', {}, flow)
      again.records('7 10:00', { type: 'clock.stepped', byMs: -3_600_000, trace: 'C' })
      again.passes('10 00:59')
      t.strictSame(again.of('case.deducted'), [])
      again.passes('10 01:00')
      t.match(again.of('case.deducted'), [{ case: id, dueAt: at('10 01:00'), at: at('10 01:00') }])
    }
    function replayed(events: readonly Event[]) {
      const { flow } = orderSite('P1')
      for (const event of events) flow.apply(event)
      return flow
    }
  },
)

t.test('F62 what was late because the gateway was down is a case that nobody has to explain', async (t) => {
  const before = orderSite('P1')
  before.says('6 06:30', 20)
  before.passes('6 06:35')
  const again = orderSite('P1', {}, before.flow)
  again.returns('6 12:00', '6 06:36')
  t.match(again.of('case.opened'), [{ dueAt: null }])
  again.passes('30 00:00')
  t.strictSame(again.of('case.deducted'), [])
  const id = again.of('case.opened')[0]!.case
  t.equal(again.does('30 01:00', { type: 'case.explain', case: id, by: 'CE', text: 'power was out' }), 'done')
})

t.test('a case survives a restart, and the explanation is paged', async (t) => {
  const paging = { roads: ['card'], room: 'MR' } as const
  const { site, id } = escalated({ paging })
  t.strictSame(
    site
      .of('page.sent')
      .filter(({ purpose }) => purpose === 'explain')
      .map(({ person, subject }) => `${person} ${subject}`),
    [`CE ${id}`, `PM ${id}`],
  )
  const again = orderSite('P1', { paging }, site.flow)
  again.passes('10 00:00')
  t.match(again.of('case.deducted'), [{ case: id, points: 5 }])
})
