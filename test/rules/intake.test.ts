import t from 'tap'
import type { OrderClass } from '#devices/alarm-definition.ts'
import type { CommandBody } from '#rules/command.ts'
import { OrderClocks, type OrderFacts } from '#rules/clocks/order-clocks.ts'
import type { Intake } from '#rules/orders/intake.ts'
import type { Procedure } from '#rules/orders/procedure.ts'
import { at, orderSite, person, said, STAFF } from './order-site.ts'

const STEWARD = person('S1', 'steward', ['notices'], [510, 1_230])
const PEOPLE = [...STAFF.filter(({ id }) => id !== 'S1'), STEWARD, person('A', 'agent', ['service'], [480, 1_200])]
const HOME = { home: 'B2-1803', region: 'r' } as const
const COMPLAINT = { class: 'P5', source: 'resident', skill: 'notices', ...HOME } as const satisfies Intake

function estate(orders: Procedure = {}) {
  const plain = orderSite('P2', { staff: PEOPLE })
  const site = orderSite('P2', { staff: PEOPLE, settings: { ...plain.plan.settings, acceptWithinMs: 300_000, orders } })
  const open = (time: string, what: Intake, by = 'A') => site.does(time, { type: 'order.open', by, ...what })
  const newest = () => site.of('order.opened').at(-1)!
  const step = (time: string, name: string, by: string, more: object = {}) =>
    site.does(time, { type: `order.${name}`, order: newest().order, by, ...more } as CommandBody)
  const levels = () => site.of('order.escalated').map(({ level, at: when }) => `L${level} ${said(when)}`)
  return { ...site, open, newest, step, levels }
}

t.test('a complaint of a home: to its steward, followed by whoever took it, three levels once each', async (t) => {
  const here = estate()
  t.equal(here.open('10 10:05', { ...COMPLAINT, reporter: 'C1', note: 'T1' }), 'done')
  const opened = here.newest()
  t.match(opened, { class: 'P5', source: 'resident', by: 'A', owner: 'A', home: 'B2-1803', reporter: 'C1', note: 'T1' })
  t.strictSame([opened.alarm, opened.rule, opened.asset, opened.region], ['', '', 'B2-1803', 'r'])
  t.match(here.of('order.dispatched'), [{ assignee: 'S1', why: { code: 'least_load' } }])
  here.passes('15 10:06')
  t.strictSame(here.levels(), ['L1 10 12:05', 'L2 13 10:05', 'L3 15 10:05'])
  t.match(here.of('order.silent'), [{ dueAt: at('11 10:05'), to: 'S1' }], 'a first word within a day')
  t.equal(here.of('order.dispatched').length, 1, 'it is left with whoever has it')
})

t.test('what is asked of each class: its clocks, by the hour at which it came', async (t) => {
  const clocks = new OrderClocks('Asia/Shanghai')
  const facts = (ofClass: OrderClass, opened: string, more: Partial<OrderFacts> = {}): OrderFacts => {
    const nothing = { acceptedAt: null, arrivedAt: null, restoredAt: null, toldAt: null, pauses: [] }
    return { class: ofClass, startedAt: at(opened), ...nothing, ...more }
  }
  const day = { planned: { due: at('20 10:00') } }
  const cases: readonly [string, OrderFacts, string][] = [
    ['a complaint by day', facts('P5', '10 10:05'), '10 12:05|-|13 10:05|11 10:05|10 12:05,13 10:05,15 10:05'],
    ['a complaint at night', facts('P5', '10 23:00'), '11 10:00|-|13 23:00|11 23:00|11 10:00,13 23:00,15 23:00'],
    ['an enquiry', facts('P5q', '10 10:00'), '10 10:30|-|10 14:00|-|10 14:00,11 10:00,-'],
    ['an enquiry in the evening', facts('P5q', '10 19:00'), '10 19:30|-|11 11:00|-|11 11:00,11 19:00,-'],
    ['urgent at home', facts('P4a', '10 23:00'), '10 23:10|10 23:30|11 01:00|10 23:30|10 23:15,11 00:00,11 23:00'],
    ['a repair at home', facts('P4b', '10 10:00'), '10 10:30|10 12:00|10 20:00|11 10:00|10 10:30,11 12:00,11 20:00'],
    ['a repair, late', facts('P4b', '10 17:00'), '10 17:30|10 19:00|11 12:00|11 17:00|10 17:30,11 16:00,12 12:00'],
    [
      '… with an appointment',
      facts('P4b', '10 17:00', { appointment: { for: at('12 15:00'), madeAt: at('10 17:10') } }),
      '10 17:30|12 15:00|12 20:00|11 17:00|12 15:00,13 12:00,13 20:00',
    ],
    ['planned work', facts('P6', '6 10:00', day), '19 10:00|-|20 10:00|-|18 10:00,20 10:00,21 10:00'],
    [
      'planned work of a lift',
      facts('P6', '6 10:00', { planned: { due: at('20 10:00'), latest: at('22 10:00') } }),
      '19 10:00|-|20 10:00|-|18 10:00,20 10:00,22 10:00',
    ],
    ['planned for tomorrow', facts('P6', '19 10:00', day), '19 22:00|-|20 10:00|-|19 22:00,20 10:00,21 10:00'],
    ['planned work without a day', facts('P6', '6 10:00'), '-|-|-|-|-,-,-'],
  ]
  for (const [name, order, wanted] of cases) {
    const dues = (['ack', 'arrive', 'restore'] as const).map((goal) => said(clocks.dueAt(order, goal)))
    const levels = ([1, 2, 3] as const).map((level) => said(clocks.levelAt(order, level)?.at))
    t.equal([...dues, said(clocks.feedbackDueAt(order)), levels].join('|'), wanted, name)
  }
  const complaint = clocks.read(facts('P5', '10 10:05'), at('10 10:06')).find(({ clock }) => clock === 'restore')
  t.equal(said(complaint?.latestAt), '15 10:05', 'the latest beside what is promised')
})

t.test('planned work nobody took: its head two days ahead; done in time, nobody', async (t) => {
  const here = estate()
  const planned: Intake = { class: 'P6', source: 'planned', skill: 'water', asset: 'A', due: at('20 10:00') }
  t.equal(here.open('6 10:00', planned, 'PM'), 'done')
  t.match(here.newest(), { due: at('20 10:00'), incident: here.newest().order })
  here.passes('22 10:00')
  t.strictSame(here.levels(), ['L1 18 10:00', 'L2 20 10:00', 'L3 21 10:00'])
  t.match(
    here.of('order.escalated').map(({ clock }) => clock),
    ['ack', 'restore', 'restore'],
  )
})

t.test('who opens, and what for: exactly one place, known people, a day that is to come', async (t) => {
  const here = estate()
  const fault: Intake = { class: 'P2', source: 'staff', skill: 'water', asset: 'A' }
  const cases: readonly [string, Intake, string, string][] = [
    ['a fault of an asset', fault, 'T1', 'done'],
    ['a stranger', fault, 'T9', 'unknown_person'],
    ['an asset that is none', { ...fault, asset: 'X' }, 'T1', 'unknown_asset'],
    ['a home and an asset', { ...fault, ...HOME }, 'T1', 'invalid_request'],
    ['nothing at all', { class: 'P2', source: 'staff', skill: 'water' }, 'T1', 'invalid_request'],
    ['a home without a region', { ...COMPLAINT, region: undefined } as unknown as Intake, 'A', 'invalid_request'],
    ['a complaint of nobody', { ...COMPLAINT, against: 'X' }, 'A', 'unknown_person'],
    ['planned without a day', { ...fault, class: 'P6' }, 'PM', 'invalid_request'],
    ['planned for yesterday', { ...fault, class: 'P6', due: at('5 10:00') }, 'PM', 'invalid_request'],
    ['a day for what is not planned', { ...fault, due: at('20 10:00') }, 'PM', 'invalid_request'],
    ['a resident for himself', { ...COMPLAINT, reporter: 'C1' }, 'C1', 'done'],
    ['a resident as another', { ...COMPLAINT, reporter: 'C2' }, 'C1', 'unknown_person'],
  ]
  for (const [name, what, by, wanted] of cases) t.equal(here.open('6 10:00', what, by), wanted, name)
})

t.test('S02 a complaint is closed after a call by somebody else, whatever the site says of the others', async (t) => {
  for (const orders of [{}, { closing: 'by_class' }] as const) {
    const here = estate(orders)
    here.open('10 10:05', { ...COMPLAINT, against: 'T1' })
    t.equal(here.step('10 10:20', 'finish', 'S1'), 'wrong_state', 'not before it is accepted')
    t.equal(here.step('10 10:21', 'accept', 'S1'), 'done')
    t.equal(here.step('10 11:00', 'update', 'A', { text: 'the steward is looking into it' }), 'done', 'who took it')
    t.equal(
      here.step('10 11:01', 'finish', 'S1', { finding: 'her number was not on file' }),
      'done',
      'answered, not mended',
    )
    t.equal(here.of('order.verified').length, 1)
    t.equal(here.step('10 11:02', 'close', 'S1'), 'second_person', 'who handled it')
    t.equal(here.step('10 11:02', 'close', 'PM'), 'call_back_owed')
    for (const who of ['S1', 'T1'])
      t.equal(here.step('10 11:03', 'call_back', who, { reached: true, solved: true }), 'second_person', who)
    t.equal(here.step('10 12:00', 'call_back', 'A', { reached: false }), 'done')
    t.equal(here.of('order.closed').length, 0, 'nobody was reached')
    t.equal(here.step('10 13:00', 'call_back', 'A', { reached: true, solved: true }), 'done')
    t.match(here.of('order.closed'), [{ by: 'caretaker', at: at('10 13:00') }])
    t.equal(here.step('11 09:00', 'rate', 'A', { stars: 4 }), 'done')
    t.equal(here.step('11 09:00', 'reopen', 'A', { reason: 'it happened again' }), 'done')
    t.match(
      here.of('order.dispatched').map(({ assignee }) => assignee),
      ['S1', 'S1'],
      'again to whom it belongs',
    )
  }
})

t.test('what is urgent goes on to the next, what is not waits for whoever comes next', async (t) => {
  const here = estate()
  const leak: Intake = { class: 'P4a', source: 'resident', skill: 'water', ...HOME }
  here.open('6 23:00', leak)
  here.passes('6 23:06')
  t.strictSame(
    here.of('order.dispatched').map(({ assignee, at: when }) => `${assignee} ${said(when)}`),
    ['T1 6 23:00', 'T2 6 23:05'],
  )
  here.open('6 23:10', COMPLAINT)
  const night = here.of('order.dispatched').at(-1)
  t.match(night, { assignee: 'S1', at: at('6 23:10') }, 'who is there from half past eight')
  t.notOk(here.of('roster.gap_found').some(({ order }) => order === night?.order))
})

t.test('an appointment is the promise: made by whoever took the call, kept by whoever goes', async (t) => {
  const here = estate()
  here.open('6 10:00', { class: 'P4b', source: 'resident', skill: 'water', ...HOME })
  t.equal(here.step('6 10:10', 'appoint', 'T2', { for: at('8 15:00') }), 'not_assignee')
  t.equal(here.step('6 10:10', 'appoint', 'A', { for: at('6 09:00') }), 'invalid_request')
  t.equal(here.step('6 10:10', 'appoint', 'A', { for: at('8 15:00') }), 'done')
  here.passes('8 15:01')
  t.strictSame(here.levels(), ['L1 8 15:00'], 'nobody came when he was expected')
  const complaint = estate()
  complaint.open('6 10:00', COMPLAINT)
  t.equal(complaint.step('6 10:10', 'appoint', 'A', { for: at('8 15:00') }), 'wrong_state')
})

t.test('merged: one order, the graver class, and both who reported it', async (t) => {
  const here = estate()
  here.open('6 10:00', { class: 'P4b', source: 'resident', skill: 'water', ...HOME, reporter: 'C1', note: 'T1' })
  const into = here.newest().order
  here.open('6 10:05', { class: 'P4a', source: 'resident', skill: 'water', home: 'B2-1804', region: 'r', note: 'T2' })
  t.equal(here.step('6 10:06', 'merge', 'PM', { into }), 'done')
  t.match(here.of('order.joined'), [
    { order: into, class: 'P4a', alarm: '', reported: { home: 'B2-1804', note: 'T2' } },
  ])
  t.match(here.of('order.closed'), [{ how: 'merged' }])
  t.match(
    here.of('order.opened').map(({ trace, order }) => trace === order),
    [true, true],
  )
})

t.test(
  'a fault by hand is the incident of its room: the alarm that follows joins it; a complaint takes none',
  async (t) => {
    const here = estate()
    here.open('6 10:00', COMPLAINT)
    here.open('6 10:00', { class: 'P2', source: 'staff', skill: 'water', asset: 'A' }, 'T1')
    const byHand = here.newest().order
    here.says('6 10:05', 20)
    t.match(here.of('order.joined'), [{ order: byHand, rule: 'A/hi' }])
    t.equal(here.of('order.opened').length, 2)
  },
)

t.test('nothing of it is lost in a restart', async (t) => {
  const here = estate()
  here.open('10 10:05', { ...COMPLAINT, reporter: 'C1', note: 'T1', against: 'T1' })
  here.open('10 10:06', { class: 'P6', source: 'planned', skill: 'water', asset: 'A', due: at('14 10:00') }, 'PM')
  const again = orderSite('P2', { staff: PEOPLE, settings: here.plan.settings }, here.flow)
  for (const site of [here, again]) site.passes('20 10:00')
  t.strictSame(
    again.of('order.escalated').map(({ order, level, at: when }) => `${order} L${level} ${said(when)}`),
    here.of('order.escalated').map(({ order, level, at: when }) => `${order} L${level} ${said(when)}`),
  )
  t.equal(again.of('order.escalated').length, 6)
})
