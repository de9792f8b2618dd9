import { Temporal } from 'temporal-polyfill'
import t from 'tap'
import type { Draft, Event, EventOf } from '#rules/event.ts'
import { Flow } from '#rules/flow.ts'
import { figuresOf, hashOf } from '#rules/months/figures.ts'
import type { MonthFigures } from '#rules/months/month-figures.ts'
import { MonthBook } from '#rules/months/book.ts'
import { MonthCalendar } from '#rules/months/month-calendar.ts'
import { monthStage } from '#rules/months/months.ts'
import { at, orderSite, person } from './order-site.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A core that does nothing but count months. */
function counting(timeZone = 'Asia/Shanghai', before?: Flow) {
  const assets = new Map([
    ['A', { id: 'A', name: 'A', kind: 'pump', room: 'R', region: 'r', homes: ['h1', 'h2'] }],
    ['B', { id: 'B', name: 'B', kind: 'pump', room: 'R', region: 'r', homes: ['h2', 'h3'] }],
  ])
  const staff = [person('A1', 'agent'), person('T1', 'technician')]
  const flow = new Flow([], [monthStage({ timeZone, assets, staff })])
  if (before) flow.restore(JSON.parse(JSON.stringify(before.snapshot())) as ReturnType<typeof before.snapshot>)
  const events: Event[] = []
  return {
    flow,
    events,
    records: (time: number, draft: object) =>
      void events.push(...flow.record({ trace: 'x', ...draft } as unknown as Draft, time)),
    passes: (time: number) => void events.push(...flow.advance(time)),
    returns(time: number, blindFrom: number, wallOffsetMs = 0) {
      const draft = { type: 'gateway.started', epoch: 'e', after: null, blindFrom, wallOffsetMs, trace: 'G' } as const
      events.push(...flow.begin(draft, time, true))
    },
    frozen: () => events.filter((event): event is EventOf<'month.frozen'> => event.type === 'month.frozen'),
  }
}
type Counting = ReturnType<typeof counting>

const opened = (order: string, more: object = {}) => ({
  type: 'order.opened',
  order,
  incident: order,
  alarm: '',
  rule: '',
  asset: 'A',
  class: 'P2',
  skill: 'water',
  region: 'r',
  closesItself: false,
  ...more,
})
/** January 2026 on the wall of Shanghai; the 36th is the fifth of February. */
const FREEZE = at('36 00:00')

t.test('each definition, by hand', async (t) => {
  const site = counting()
  const start = at('6 08:00')
  const after = (minutes: number, type: string, order: string, more: object = {}) =>
    [minutes, { type, order, by: 'T1', ...more }] as const
  const resident = { class: 'P4b', source: 'resident' } as const
  const lines: (readonly [minutes: number, draft: object])[] = [
    // Repaired within the day, started on the thirtieth minute, level 1 alone, four stars.
    [0, opened('W1', resident)],
    after(1, 'order.dispatched', 'W1', { assignee: 'T1', why: { code: 'x' } }),
    after(5, 'order.accepted', 'W1', { alarms: [] }),
    after(30, 'order.departed', 'W1'),
    after(40, 'order.arrived', 'W1'),
    after(45, 'order.escalated', 'W1', { level: 1, clock: 'arrive', dueAt: 0, to: [] }),
    after(60, 'order.finished', 'W1'),
    after(70, 'order.verified', 'W1'),
    after(80, 'order.closed', 'W1', { by: 'caretaker' }),
    after(90, 'order.rated', 'W1', { by: 'A1', stars: 4 }),
    // A minute too late, and after midnight; level 2; the word that was due did not come.
    [0, opened('W2', resident)],
    after(7, 'order.accepted', 'W2', { alarms: [] }),
    after(31, 'order.departed', 'W2'),
    after(50, 'order.arrived', 'W2'),
    after(60, 'order.silent', 'W2', { dueAt: 0, to: 'T1' }),
    after(61, 'order.silent', 'W2', { dueAt: 0, to: 'T1' }),
    after(100, 'order.escalated', 'W2', { level: 2, clock: 'arrive', dueAt: 0, to: [] }),
    after(120, 'order.finished', 'W2'),
    after(16 * 60, 'order.verified', 'W2'),
    // Of a sensor: verified, taken back, reopened and restored later; late because the gateway was down.
    [0, opened('W3')],
    after(10, 'order.finished', 'W3'),
    after(11, 'order.verified', 'W3'),
    after(12, 'order.unverified', 'W3', { rule: 'r' }),
    after(13, 'order.reopened', 'W3', { rule: 'r' }),
    after(200, 'order.escalated', 'W3', {
      level: 2,
      clock: 'ack',
      dueAt: 0,
      to: [],
      late: { byMs: 9, isGatewayDown: true },
    }),
    after(300, 'order.finished', 'W3'),
    // The three that do not count, and one that was found false by mistake.
    [0, opened('W4')],
    after(1, 'order.merged', 'W4', { into: 'W3' }),
    after(1, 'order.closed', 'W4', { how: 'merged' }),
    [0, opened('W5')],
    after(1, 'order.cancelled', 'W5', { reason: 'x' }),
    after(1, 'order.closed', 'W5', { how: 'cancelled' }),
    [0, opened('W6')],
    after(1, 'order.escalated', 'W6', { level: 3, clock: 'ack', dueAt: 0, to: [] }),
    after(2, 'order.false_alarm', 'W6', { approver: 'A1', proof: 'camera', reason: 'x' }),
    after(2, 'order.closed', 'W6', { how: 'false_alarm' }),
    [0, opened('W7', { source: 'staff' })],
    after(1, 'order.false_alarm', 'W7', { approver: 'A1', proof: 'camera', reason: 'x' }),
    after(1, 'order.closed', 'W7', { how: 'false_alarm' }),
    after(5, 'order.reopened', 'W7', { reason: 'it drips' }),
    // Closed by somebody who looked; two complaints of one home, one of them still open; planned work.
    [0, opened('W8', { class: 'P6', source: 'planned' })],
    after(20, 'order.finished', 'W8'),
    after(24, 'order.closed', 'W8'),
    [0, opened('W9', { class: 'P5', source: 'resident', home: 'h1' })],
    after(4 * 24 * 60 + 180, 'order.verified', 'W9'),
    [9 * 24 * 60, opened('W10', { class: 'P5', source: 'resident', home: 'h1' })],
    after(9 * 24 * 60 + 5, 'order.escalated', 'W10', { level: 1, clock: 'ack', dueAt: 0, to: [] }),
    [
      9 * 24 * 60 + 6,
      {
        type: 'case.opened',
        case: 'SC1',
        order: 'W10',
        class: 'P5',
        clock: 'ack',
        assignee: 'T1',
        to: [],
        dueAt: null,
      },
    ],
    [9 * 24 * 60 + 7, { type: 'case.deducted', case: 'SC1', points: 5, dueAt: 0 }],
    [9 * 24 * 60 + 8, { type: 'case.judged', case: 'SC1', by: 'Q', verdict: 'deducted', points: 2, text: 'x' }],
    [9 * 24 * 60 + 9, { type: 'praise.recorded', praise: 'PR1', by: 'A1', person: 'T1' }],
  ]
  // Of notices: one home by message, one told at the door, one that a correction takes away, one never.
  const told = (home: string) => ({ home, ways: [['c', 'sms']] })
  lines.push(
    [
      0,
      {
        type: 'notice.addressed',
        notice: 'N1',
        phase: 'published',
        cause: 1,
        homes: ['a', 'b', 'c', 'd'].map(told),
        informed: 0,
        cost: 0,
        heldUntil: null,
        isOverCap: false,
      },
    ],
    [
      1,
      {
        type: 'reach.tasks_opened',
        notice: 'N1',
        phase: 'published',
        tasks: [{ task: 'D1', kind: 'door', why: 'no_contact', homes: ['b'] }],
      },
    ],
    [3, { type: 'reach.task_done', notice: 'N1', task: 'D1', by: 'A1', result: 'told' }],
  )
  for (const [minutes, draft] of lines.toSorted((a, b) => a[0] - b[0])) site.records(start + minutes * MINUTE, draft)
  site.records(start + 10 * DAY, {
    type: 'reach.queued',
    notice: 'N1',
    phase: 'published',
    lines: ['a', 'c', 'd'].map((home) => ({ home, contact: 'c', channel: 'sms' })),
  })
  const { seq } = site.events.at(-1)!
  const settled = (place: number, result: string, next?: string) =>
    site.records(start + 10 * DAY, {
      type: 'message.settled',
      notice: 'N1',
      message: `N1-${seq}-${place}`,
      channel: 'sms',
      result,
      ...(next ? { next } : {}),
    })
  settled(0, 'accepted')
  settled(0, 'delivered')
  settled(1, 'delivered')
  settled(2, 'failed', 'email')
  site.records(start + 11 * DAY, {
    type: 'reach.corrected',
    notice: 'N1',
    home: 'c',
    isReached: false,
    since: 0,
    by: 'A1',
  })
  site.passes(FREEZE)
  const [frozen] = site.frozen()
  const { persons, bySource, ...figures } = frozen!.figures
  const tally = { merged: 0, cancelled: 0, falseAlarms: 0, verified: 0, level2: 0, level3: 0 }
  t.strictSame(figures, {
    homes: 3,
    total: {
      opened: 10,
      merged: 1,
      cancelled: 1,
      falseAlarms: 1,
      counted: 7,
      verified: 4,
      settledInside: 6,
      level2: 1,
      level3: 0,
    },
    repairs: { n: 2, started: 1, sameDay: 1 },
    complaints: { n: 2, longestMs: FREEZE - (start + 9 * DAY), repeated: 1 },
    silent: 1,
    reopened: 2,
    ack: { n: 2, medianMs: 6 * MINUTE },
    arrive: { n: 2, medianMs: 45 * MINUTE },
    restore: { n: 5, medianMs: 120 * MINUTE },
    rated: { n: 1, stars: 4 },
    praise: 1,
    reach: { homes: 4, reached: 2 },
  })
  t.strictSame(bySource, {
    sensor: { ...tally, opened: 4, merged: 1, cancelled: 1, falseAlarms: 1, counted: 1, settledInside: 1 },
    resident: { ...tally, opened: 4, counted: 4, verified: 3, settledInside: 3, level2: 1 },
    staff: { ...tally, opened: 1, counted: 1, settledInside: 1 },
    planned: { ...tally, opened: 1, counted: 1, verified: 1, settledInside: 1 },
  })
  t.match(
    persons.find(({ person: id }) => id === 'T1'),
    { opened: 2, settledInside: 1, overdue: 2, levels: [1, 1, 0], points: 2, praise: 1, rated: 1, stars: 4 },
  )
  t.match(
    persons.find(({ person: id }) => id === ''),
    { opened: 5, excused: 1, levels: [1, 0, 0] },
    'what nobody had',
  )
})

t.test('F19 a month freezes on the fifth at midnight on the wall, also where the clocks change', async (t) => {
  for (const [zone, year] of [
    ['Asia/Shanghai', 2026],
    ['America/New_York', 2026],
    ['Europe/Berlin', 2027],
    ['America/Santiago', 2026],
  ] as const) {
    const begin = Temporal.ZonedDateTime.from(`${year}-01-20T12:00[${zone}]`)
    const site = counting(zone)
    site.records(begin.epochMilliseconds, opened('W1'))
    site.passes(begin.add({ years: 1 }).epochMilliseconds)
    t.strictSame(
      site.frozen().map(({ month, at: frozenAt, dueAt }) => {
        const wall = Temporal.Instant.fromEpochMilliseconds(frozenAt).toZonedDateTimeISO(zone)
        t.equal(frozenAt, dueAt)
        t.ok(wall.equals(wall.startOfDay()), zone)
        return [month, wall.toPlainDate().toString()]
      }),
      Array.from({ length: 12 }, (_, i) => {
        const month = Temporal.PlainYearMonth.from({ year, month: 1 }).add({ months: i })
        return [month.toString(), month.add({ months: 1 }).toPlainDate({ day: 5 }).toString()]
      }),
    )
    t.equal(site.frozen()[1]!.figures.total.opened, 0, 'a month without orders is frozen, too')
  }
})

t.test('F62 months that ended while the gateway was away are frozen on its return, in order', async (t) => {
  const before = counting()
  before.records(at('20 08:00'), opened('W1'))
  before.records(at('34 08:00'), opened('W2', { class: 'P5' }))
  const site = counting('Asia/Shanghai', before.flow)
  // The tenth of May.
  const back = at('130 08:00')
  site.returns(back, at('34 09:00'))
  t.strictSame(
    site.frozen().map(({ month, at: frozenAt, figures }) => [month, frozenAt, figures.total.opened]),
    [
      ['2026-01', back, 1],
      ['2026-02', back, 1],
      ['2026-03', back, 0],
      ['2026-04', back, 0],
    ],
  )
  t.equal(site.frozen()[1]!.dueAt, at('64 00:00'), 'what was due on the fifth of March says so')
  t.equal(site.frozen()[1]!.figures.complaints.longestMs, back - at('34 08:00'))
  site.passes(at('155 23:59'))
  t.equal(site.frozen().length, 4)
  site.passes(at('156 00:00'))
  t.equal(site.frozen().length, 5, 'May on the fifth of June')
})

t.test('F18 a wall clock that is set brings the freeze forward or back, and no month is frozen twice', async (t) => {
  const site = counting()
  site.records(at('20 08:00'), opened('W1'))
  site.passes(at('35 23:00'))
  site.records(at('35 23:00'), { type: 'clock.stepped', byMs: -2 * HOUR })
  site.passes(at('36 01:59'))
  t.strictSame(site.frozen(), [], 'two hours later by site time')
  site.passes(at('36 02:00'))
  t.match(site.frozen(), [{ month: '2026-01', at: at('36 02:00') }])
  site.records(at('36 03:00'), { type: 'clock.stepped', byMs: -8 * DAY })
  site.records(at('36 04:00'), opened('W2'))
  site.passes(at('60 00:00'))
  t.equal(site.frozen().length, 1, 'the same January again')
  t.notMatch(JSON.stringify(site.flow.snapshot()), 'W2', 'nothing is kept of a month that is over')
  const fast = counting()
  fast.records(at('20 08:00'), opened('W1'))
  fast.records(at('20 09:00'), { type: 'clock.stepped', byMs: 16 * 365 * DAY })
  t.equal(fast.frozen().length, 0, 'not before it is due')
  fast.passes(at('20 09:00') + 1)
  t.equal(fast.frozen().length, 192, 'one after the other, in one moment')
  t.equal(fast.frozen()[0]!.figures.total.opened, 1)
})

t.test('what was frozen is forgotten, and what becomes of it later changes nothing', async (t) => {
  const site = counting()
  for (let i = 0; i < 500; i++) site.records(at('20 08:00') + i * 1_000, opened(`W${i}`))
  site.records(at('33 08:00'), opened('X'))
  const sizeOf = ({ flow }: Counting) => JSON.stringify(flow.snapshot().stages['months']).length
  const full = sizeOf(site)
  t.ok(full / 500 < 160, `${Math.round(full / 500)} bytes an order`)
  site.passes(FREEZE)
  t.ok(sizeOf(site) < 400, `${sizeOf(site)} bytes after the freeze`)
  site.records(FREEZE + HOUR, { type: 'order.verified', order: 'W1' })
  site.records(FREEZE + HOUR, { type: 'order.verified', order: 'X' })
  const again = counting('Asia/Shanghai', site.flow)
  again.passes(at('64 00:00'))
  t.match(again.frozen(), [{ month: '2026-02', figures: { total: { opened: 1, verified: 1 } } }])
})

t.test('the same events give the same bytes, in the stage, in a replay and counted again', async (t) => {
  const site = orderSite('P2')
  site.says('6 08:00', 20)
  const { order } = site.of('order.opened')[0]!
  for (const [time, type] of [
    ['6 08:05', 'order.accept'],
    ['6 08:30', 'order.arrive'],
    ['6 09:00', 'order.finish'],
  ] as const)
    t.equal(site.does(time, { type, order, by: 'T1' }), 'done')
  site.says('6 09:10', 5)
  site.passes('36 00:00')
  const [frozen] = site.of('month.frozen')
  t.match(frozen, { month: '2026-01', version: 1, figures: { total: { opened: 1, verified: 1 } } })
  const replayed = orderSite('P2')
  for (const event of site.events) replayed.flow.apply(event)
  t.strictSame(replayed.flow.snapshot(), site.flow.snapshot())
  const book = new MonthBook(new MonthCalendar('Asia/Shanghai'))
  for (const event of site.events) if (event.seq < frozen!.seq) book.apply(event, '2026-01')
  const figures: MonthFigures = figuresOf(book.factsOf('2026-01'), { homes: 0, until: frozen!.at })
  t.equal(JSON.stringify(figures), JSON.stringify(frozen!.figures))
  t.equal(hashOf('2026-01', 1, figures), frozen!.hash)
  t.not(hashOf('2026-01', 1, { ...figures, silent: 1 }), frozen!.hash)
})

t.test('praise is recorded of somebody else, and counted', async (t) => {
  const site = orderSite('P2')
  const praise = { type: 'praise.record', by: 'S1', person: 'T1', text: 'came at night' } as const
  t.equal(site.does('6 08:00', praise), 'done')
  t.equal(site.does('6 08:01', { ...praise, person: 'S1' }), 'second_person')
  t.equal(site.does('6 08:01', { ...praise, person: 'X' }), 'unknown_person')
  t.equal(site.does('6 08:01', { ...praise, by: 'X' }), 'unknown_person')
  site.passes('36 00:00')
  t.match(site.of('month.frozen'), [{ figures: { praise: 1, persons: [{ person: 'T1', opened: 0, praise: 1 }] } }])
})
