import fc from 'fast-check'
import t from 'tap'
import { dispatch } from '#rules/orders/dispatch.ts'
import type { Person } from '#rules/plan.ts'
import { RosterBook } from '#rules/roster/book.ts'
import { at, DAY, NIGHT, person, planOf, RosterSite, rule, said } from './roster-site.ts'

const PM = person('PM', { role: 'manager', skills: ['management'], duty: [{ from: 0, to: 1_440 }] })
const T2 = person('T2', { duty: NIGHT })
const T3 = person('T3', { certificates: { officer: '2027-06-30' } })
const LIFTCO = person('LiftCo', { role: 'contractor', duty: [{ from: 0, to: 1_440 }], assets: ['L1'] })
const OFFICER = { certificates: { lift: 'officer' }, rosterOwner: 'CE' }

t.test('who gets an order: region, skill, certificate, duty, equipment, load', (t) => {
  const staff = [
    T3,
    person('T4', { regions: ['south'] }),
    person('T5', { certificates: { officer: '2026-12-05' } }),
    T2,
    LIFTCO,
    PM,
  ]
  const plan = planOf(staff, OFFICER)
  const rows: [
    name: string,
    when: string,
    more: { region?: string; assets?: string[]; certificate?: string },
    load: Record<string, number>,
    found: string,
  ][] = [
    ['by day the officer', '8 12:00', {}, { LiftCo: 1 }, 'T3 least_load'],
    ['by load the contractor', '8 12:00', { assets: ['L1'] }, { T3: 2 }, 'LiftCo least_load'],
    ['not for what it is not listed for', '8 12:00', { assets: ['L9'] }, { T3: 2 }, 'T3 least_load'],
    ['nor for some of it', '8 12:00', { assets: ['L1', 'L9'] }, { T3: 2 }, 'T3 least_load'],
    ['a certificate that has ended counts no more', '8 12:00', { assets: ['L9'] }, { T3: 9 }, 'T3 least_load'],
    ['on its last day it does', '5 18:59', { assets: ['L9'] }, { T3: 9 }, 'T5 least_load'],
    ['at night nobody with the certificate', '8 23:40', { assets: ['L9'] }, {}, 'PM no_certificate'],
    ['but the contractor', '8 23:40', { assets: ['L1'] }, {}, 'LiftCo least_load'],
    ['the order itself may ask for more', '8 12:00', { assets: ['L9'], certificate: 'rope' }, {}, 'PM no_certificate'],
    ['in another region nobody who may', '8 12:00', { region: 'south', assets: ['L9'] }, {}, 'PM no_certificate'],
    ['nobody at all', '8 12:00', { region: 'east' }, {}, 'PM nobody_on_duty'],
  ]
  for (const [name, when, more, load, found] of rows) {
    const wanted = { skill: 'lift', region: 'north', passedOver: [], ...more }
    const { assignee, why } = dispatch(plan, wanted, (id) => load[id] ?? 0, at(when))
    t.equal(`${assignee} ${why.code}`, found, name)
  }
  t.end()
})

t.test('dispatch is the same for the same state, in whatever order people and events were written down', (t) => {
  const people = Array.from({ length: 12 }, (_, i): Person => person(`T${i}`, { duty: i % 3 === 0 ? NIGHT : DAY }))
  const loads = fc.array(fc.nat(3), { minLength: 12, maxLength: 12 })
  fc.assert(
    fc.property(fc.shuffledSubarray(people, { minLength: 12 }), loads, fc.nat(1_439), (shuffled, load, minute) => {
      const loadOf = (id: string) => load[Number(id.slice(1))] ?? 0
      const wanted = { skill: 'lift', region: 'north', passedOver: [] }
      const moment = at('8 00:00') + minute * 60_000
      const [a, b] = [people, shuffled].map((staff) => dispatch(planOf([...staff, PM]), wanted, loadOf, moment))
      return JSON.stringify(a) === JSON.stringify(b) && loadOf(a!.assignee) <= Math.min(...onDuty(moment).map(loadOf))
    }),
    { numRuns: 100 },
  )
  t.pass()
  t.end()

  function onDuty(moment: number): string[] {
    const book = new RosterBook(planOf(people))
    return people.map(({ id }) => id).filter((id) => book.isOnDuty(id, moment))
  }
})

t.test(
  'F64: nobody there: the fallback has it in the same moment, and the owner of the roster is told for what',
  (t) => {
    const site = new RosterSite(planOf([T2, T3, PM], OFFICER))
    site.fails('8 23:40')
    t.match(site.given(), [/PM no_certificate 8 23:40/])
    const gap = { region: 'north', skill: 'lift', certificate: 'officer', at: at('8 23:40') }
    t.match(site.of('roster.gap_found'), [
      { ...gap, to: 'CE' },
      { ...gap, to: 'PM' },
    ])
    t.equal(site.of('roster.gap_found').length, 2, 'and the manager, whom the law holds to it')
    const empty = new RosterSite(planOf([PM]))
    empty.fails('8 12:00')
    t.match(empty.given(), [/PM nobody_on_duty 8 12:00/])
    t.match(empty.of('roster.gap_found'), [{ to: 'PM' }], 'without an owner the fallback hears it')
    const well = new RosterSite(planOf([T3, PM], OFFICER))
    well.fails('8 12:00')
    t.same(well.of('roster.gap_found'), [], 'and nobody when somebody is there')
    t.end()
  },
)

t.test('F64: who leaves hands over all open work in one moment: to the person named, or as the rules find', (t) => {
  const lifts = ['L1', 'L2', 'L3'].map((id) => rule(id))
  const staff = [T3, person('T6'), person('T7', { skills: ['water'] }), PM]
  for (const [handTo, expected] of [
    [undefined, 'T6 T6 T6'],
    ['T6', 'T6 T6 T6'],
    ['PM', 'PM PM PM'],
    ['T7', 'T6 T6 T6'],
  ] as const) {
    const site = new RosterSite(planOf(staff, { rules: lifts }))
    for (const lift of ['L1', 'L2', 'L3']) site.fails('8 12:00', lift)
    const orders = site.of('order.opened').map(({ order }) => order)
    for (const order of orders) {
      site.does('8 12:01', { type: 'order.transfer', order, to: 'T3', reason: 'yours', by: 'PM' })
      site.does('8 12:02', { type: 'order.accept', order, by: 'T3' })
    }
    site.does('8 12:03', { type: 'order.arrive', order: orders[0], by: 'T3' })
    const before = site.events.length
    t.equal(
      site.does('8 12:10', { type: 'roster.leave_for_good', person: 'T3', ...(handTo ? { handTo } : {}) }),
      'done',
    )
    const after = site.events.slice(before)
    t.ok(after.every((event) => event.at === at('8 12:10')))
    const hands = after.flatMap((event) =>
      event.type === 'order.dispatched' ? [event.assignee] : event.type === 'order.transferred' ? [event.to] : [],
    )
    t.equal(hands.join(' '), expected, `to ${handTo ?? 'whom the rules find'}`)
    t.equal(site.does('8 12:11', { type: 'roster.leave_for_good', person: 'T3' }), 'person_left')
    const owners = after.flatMap((event) => (event.type === 'order.owner_changed' ? [event.owner] : []))
    t.ok(owners.every((owner) => owner === (handTo ?? 'PM')))
  }
  t.end()
})

t.test('F64: whose leave begins has no work that is not begun, a minute later nothing is unassigned', (t) => {
  const staff = [T3, person('T6'), PM]
  const site = new RosterSite(planOf(staff))
  site.fails('8 12:00')
  t.match(site.given(), [/T3 least_load/])
  const leave = { type: 'roster.grant_leave', person: 'T3', reason: 'sick' }
  t.equal(site.does('8 12:05', { ...leave, from: at('8 12:30'), to: at('9 12:00') }), 'done')
  site.passes('8 12:29')
  t.equal(site.given().length, 1)
  site.passes('8 12:31')
  t.match(site.given()[1], /T6 least_load 8 12:30/)
  site.fails('8 12:40', 'L1', 1)
  t.end()
})

t.test(
  'F64: who is sick is at nothing; who goes on leave finishes what he is at, and what rests until he is back',
  (t) => {
    const devices = ['L1', 'L2', 'L3', 'L4', 'L5', 'L6']
    const staff = [T3, person('T6'), PM]
    for (const [reason, kept] of [
      ['sick', 'none'],
      ['leave', 'L3 L4 L6'],
    ] as const) {
      const site = new RosterSite(planOf(staff, { rules: devices.map((id) => rule(id, { class: 'P2' })) }))
      site.does('8 08:00', { type: 'roster.add_duty', person: 'T3', from: at('8 08:00'), to: at('9 08:00') })
      for (const device of devices) site.fails('8 12:00', device)
      const orderOf = (asset: string) => site.of('order.opened').find((opened) => opened.asset === asset)!.order
      for (const device of devices) {
        site.does('8 12:01', { type: 'order.transfer', order: orderOf(device), to: 'T3', reason: 'yours' })
        if (device !== 'L1') site.does('8 12:02', { type: 'order.accept', order: orderOf(device), by: 'T3' })
      }
      // L1 is not accepted, L2 is; on the way to L3, at work at L4, L5 rests until noon, L6 for a week.
      site.does('8 12:03', { type: 'order.depart', order: orderOf('L3'), by: 'T3' })
      site.does('8 12:03', { type: 'order.arrive', order: orderOf('L4'), by: 'T3' })
      const pause = { type: 'order.pause', by: 'T3', reason: 'parts' }
      site.does('8 12:04', { ...pause, order: orderOf('L5'), until: at('9 12:00') })
      site.does('8 12:04', { ...pause, order: orderOf('L6'), until: at('16 12:00') })
      const before = site.of('order.dispatched').length
      const leave = { type: 'roster.grant_leave', person: 'T3', reason, from: at('8 12:30'), to: at('12 07:00') }
      t.equal(site.does('8 12:30', leave), 'done')
      site.passes('8 12:30')
      const given = site.of('order.dispatched').slice(before)
      t.ok(
        given.every(({ assignee, at: when }) => assignee === 'T6' && when === at('8 12:30')),
        reason,
      )
      const left = devices.filter((device) => !given.some(({ order }) => order === orderOf(device)))
      t.equal(left.join(' ') || 'none', kept, `${reason}: what stays`)
      t.equal(new Set(given.map(({ order }) => order)).size, given.length, 'each once')
    }
    t.end()
  },
)

t.test('F64: who let it lie is asked again when whoever took it goes', (t) => {
  const plan = planOf([T3, person('T6'), PM])
  const site = new RosterSite({ ...plan, settings: { ...plan.settings, acceptWithinMs: 5 * 60_000 } })
  site.fails('8 12:00')
  const { order } = site.of('order.opened')[0]!
  site.passes('8 12:06')
  site.does('8 12:07', { type: 'order.accept', order, by: 'T6' })
  site.does('8 15:00', {
    type: 'roster.grant_leave',
    person: 'T6',
    reason: 'sick',
    from: at('8 15:00'),
    to: at('9 15:00'),
  })
  site.passes('8 15:01')
  t.match(site.given(), [/T3 least_load 8 12:00/, /T6 least_load 8 12:05/, /T3 least_load 8 15:00/])
  t.end()
})

t.test('a pause ends with whoever made it: the clock of its order runs for the next', (t) => {
  const site = new RosterSite(planOf([T3, person('T6'), PM], { rules: [rule('L1', { class: 'P2' })] }))
  site.fails('8 08:00')
  const { order } = site.of('order.opened')[0]!
  site.does('8 08:01', { type: 'order.accept', order, by: 'T3' })
  site.does('8 08:02', { type: 'order.pause', order, by: 'T3', reason: 'parts', until: at('20 12:00') })
  site.does('8 09:00', { type: 'roster.leave_for_good', person: 'T3' })
  t.match(site.given()[1], /T6 least_load 8 09:00/)
  site.passes('9 23:00')
  const restore = site.of('order.warned').filter(({ clock }) => clock === 'restore')
  t.strictSame(
    restore.map(({ percent, to }) => [percent, to]),
    [
      [50, 'T6'],
      [80, 'T6'],
    ],
  )
  t.end()
})

t.test('F64: hundreds of open orders go to others in one moment, each once, and all of them are called', (t) => {
  const devices = Array.from({ length: 400 }, (_, i) => `L${i}`)
  const others = ['U1', 'U2', 'U3', 'U4'].map((id) => person(id, { duty: NIGHT }))
  const plan = planOf([person('T1', { duty: [{ from: 0, to: 1_440 }] }), ...others, PM], {
    rules: devices.map((id) => rule(id, { class: 'P8a' })),
    paging: { roads: ['card'], room: 'PM' },
  })
  const site = new RosterSite(plan)
  const readings = devices.map(
    (device) => ({ device, point: 'v', value: 20, quality: 'good', at: at('8 12:00') }) as const,
  )
  site.events.push(...site.flow.judge({ source: 's', receivedAt: at('8 12:00'), readings }, 1))
  t.equal(site.of('order.opened').length, devices.length)
  t.ok(
    site.of('order.dispatched').every(({ assignee }) => assignee === 'T1'),
    'alone by day',
  )
  const before = site.events.length
  t.equal(site.does('8 19:30', { type: 'roster.leave_for_good', person: 'T1' }), 'done')
  const after = site.events.slice(before)
  const given = after.filter((event) => event.type === 'order.dispatched')
  t.equal(new Set(given.map(({ order }) => order)).size, devices.length)
  t.equal(given.length, devices.length)
  const shares = Map.groupBy(given, ({ assignee }) => assignee)
  t.strictSame(
    [...shares].map(([who, of]) => [who, of.length]),
    others.map(({ id }) => [id, devices.length / 4]),
    'evenly, and in the order of their ids',
  )
  const calls = after.filter((event) => event.type === 'page.called' && event.purpose === 'accept')
  t.equal(calls.length, devices.length)
  t.end()
})

t.test('F64: who was deleted from the site file, or left, has nothing; not even as the fallback', (t) => {
  const site = new RosterSite(planOf([T3, PM]))
  site.fails('8 12:00')
  site.loads('8 12:10', planOf([person('T6'), PM]))
  t.match(site.given()[1], /T6 least_load 8 12:10/)
  const chief = person('CE', { role: 'chief', skills: [], duty: [] })
  const alone = new RosterSite(planOf([PM, chief]))
  alone.does('8 11:00', { type: 'roster.leave_for_good', person: 'PM', by: 'CE' })
  alone.fails('8 12:00')
  t.match(alone.given(), [/CE nobody_on_duty/])
  t.end()
})

t.test('F58: a device that is taken out of the site leaves its order open, for a person to finish', (t) => {
  const site = new RosterSite(planOf([T3, PM]))
  site.fails('8 12:00')
  const { order } = site.of('order.opened')[0]!
  site.does('8 12:01', { type: 'order.accept', order, by: 'T3' })
  const without = planOf([T3, PM], { rules: [rule('L2')] })
  site.loads('8 12:10', without)
  site.restarts(without)
  t.same(site.of('order.closed'), [])
  t.equal(site.does('8 12:20', { type: 'order.arrive', order, by: 'T3' }), 'done')
  t.equal(site.does('8 12:30', { type: 'order.finish', order, by: 'T3' }), 'done')
  t.equal(site.does('8 23:30', { type: 'order.close', order, by: 'PM' }), 'done')
  t.end()
})

t.test('whoever fits may take it, and was asked first stays its owner; a contractor takes only its own', (t) => {
  const staff = [T3, person('T6'), LIFTCO, person('Other', { role: 'contractor', assets: ['L9'] }), PM]
  const site = new RosterSite(planOf(staff, OFFICER))
  site.fails('8 12:00')
  const { order } = site.of('order.opened')[0]!
  const accepts = (by: string) => site.does('8 12:01', { type: 'order.accept', order, by })
  t.equal(accepts('Other'), 'not_qualified')
  t.equal(accepts('T6'), 'not_qualified', 'without the certificate')
  t.equal(
    site.does('8 12:01', {
      type: 'roster.record_certificate',
      person: 'T6',
      certificate: 'officer',
      until: '2027-01-01',
    }),
    'done',
  )
  t.equal(accepts('T6'), 'done')
  t.equal(accepts('T3'), 'already_accepted')
  t.end()
})

t.test('commands about the roster say why not', (t) => {
  const site = new RosterSite(planOf([T2, T3, PM]))
  const span = { from: at('9 00:00'), to: at('10 00:00') }
  const rows: [body: Record<string, unknown>, answer: string][] = [
    [{ type: 'roster.grant_leave', person: 'nobody', reason: 'leave', ...span }, 'unknown_person'],
    [{ type: 'roster.grant_leave', person: 'T3', reason: 'leave', from: span.to, to: span.from }, 'bad_window'],
    [
      { type: 'roster.grant_leave', person: 'T3', reason: 'leave', from: at('1 00:00'), to: at('2 00:00') },
      'bad_window',
    ],
    [
      { type: 'roster.grant_leave', person: 'T3', reason: 'leave', from: at('9 00:00'), to: at('999 00:00') },
      'bad_window',
    ],
    [{ type: 'roster.grant_leave', person: 'T3', reason: 'leave', ...span }, 'done'],
    [{ type: 'roster.grant_leave', person: 'T3', reason: 'sick', ...span }, 'already_on_leave'],
    [{ type: 'roster.add_duty', person: 'T3', ...span }, 'already_on_leave'],
    [{ type: 'roster.add_duty', person: 'T2', instead: 'T2', ...span }, 'not_yourself'],
    [{ type: 'roster.add_duty', person: 'T2', instead: 'nobody', ...span }, 'unknown_person'],
    [{ type: 'roster.add_duty', person: 'T2', instead: 'T3', ...span }, 'done'],
    [{ type: 'roster.end_leave', leave: 'V99' }, 'unknown_leave'],
    [{ type: 'roster.end_duty', duty: 'D99' }, 'unknown_duty'],
    [{ type: 'roster.withdraw_certificate', person: 'T2', certificate: 'officer' }, 'unknown_certificate'],
    [{ type: 'roster.leave_for_good', person: 'T3', handTo: 'T3' }, 'person_left'],
    [{ type: 'roster.leave_for_good', person: 'T3', handTo: 'nobody' }, 'unknown_person'],
    [{ type: 'roster.return', person: 'T3' }, 'done'],
  ]
  for (const [body, answer] of rows) t.equal(site.does('8 12:00', body), answer, JSON.stringify(body))
  const leave = site.of('roster.leave_granted')[0]!
  t.equal(site.does('8 12:00', { type: 'roster.end_leave', leave: leave.leave }), 'done')
  t.equal(said(leave.from), '9 00:00')
  t.end()
})
