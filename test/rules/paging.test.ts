import t from 'tap'
import fc from 'fast-check'
import type { OrderClass } from '#devices/alarm-definition.ts'
import type { Event } from '#rules/event.ts'
import { CALLEE_LIMITS, ROADS, type Road } from '#rules/paging/policy.ts'
import { at, orderSite, type OrderSite, person, ruleOf, said, STAFF } from './order-site.ts'

const PAGING = { roads: ROADS, room: 'MR' } as const
const pagedSite = (ofClass: OrderClass, changes: Parameters<typeof orderSite>[1] = {}) =>
  orderSite(ofClass, { paging: PAGING, ...changes })
const orderOf = (site: OrderSite) => site.of('order.opened')[0]!.order
/** `accept T1 voice 6 06:30`: what was sent, to whom, when. */
const sent = (site: OrderSite, purpose?: string) =>
  site
    .of('page.sent')
    .filter((page) => purpose === undefined || page.purpose === purpose)
    .map((page) => `${page.purpose} ${page.person} ${page.road} ${said(page.at)}`)
const settle = (site: OrderSite, time: string, page: string, result: 'delivered' | 'failed', tried = 1) =>
  site.does(time, { type: 'page.settle', page, try: tried, result, ...(result === 'failed' ? { reason: 'x' } : {}) })
const accept = (site: OrderSite, time: string, by = 'T1') =>
  site.does(time, { type: 'order.accept', order: orderOf(site), by })

t.test('each class is called by its own roads, and again after its own time', async (t) => {
  for (const [ofClass, until, expected] of [
    [
      'P0',
      '6 06:31',
      [
        'accept MR sounder 6 06:30',
        'accept T1 voice 6 06:30',
        'accept T1 card 6 06:30',
        'accept T1 sms 6 06:30',
        'accept MR sounder 6 06:31',
        'accept T1 voice 6 06:31',
        'accept T1 card 6 06:31',
        'accept T1 sms 6 06:31',
      ],
    ],
    [
      'P1',
      '6 06:33',
      ['accept T1 voice 6 06:30', 'accept T1 card 6 06:30', 'accept T1 voice 6 06:32', 'accept T1 card 6 06:32'],
    ],
    [
      'P2',
      '6 07:06',
      ['accept T1 card 6 07:00', 'accept T1 sms 6 07:00', 'accept T1 card 6 07:05', 'accept T1 sms 6 07:05'],
    ],
    ['P3', '6 09:00', ['accept T1 card 6 06:30']],
    ['P8a', '6 09:00', ['accept T1 card 6 06:30']],
    ['P8b', '6 09:00', ['accept T1 card 6 08:00']],
  ] as const) {
    const site = pagedSite(ofClass)
    site.says('6 06:30', 20)
    site.passes(until)
    t.strictSame(sent(site, 'accept'), expected, ofClass)
  }
})

t.test('at once, once: who is told of what is grave', async (t) => {
  const grave = pagedSite('P1')
  grave.says('6 06:30', 20)
  grave.passes('6 06:31')
  t.strictSame(sent(grave, 'told'), ['told CE card 6 06:30', 'told PM card 6 06:30', 'told S1 card 6 06:30'])
  const slow = pagedSite('P3')
  slow.says('6 06:30', 20)
  t.strictSame(sent(slow, 'told'), [])
})

t.test('outside the hours of its class an order pages nobody, until they begin', async (t) => {
  const site = pagedSite('P8b')
  site.says('6 20:30', 20)
  site.passes('7 07:59')
  t.strictSame(sent(site, 'accept'), [])
  site.passes('7 08:00')
  t.strictSame(sent(site, 'accept'), ['accept T1 card 7 08:00'])
  const alone = pagedSite('P2', {
    assets: new Map([['A', { id: 'A', name: 'A', kind: 'pump', room: 'R', region: 'r', homes: [], standby: 'none' }]]),
  })
  alone.says('6 23:30', 20)
  t.strictSame(sent(alone, 'accept'), ['accept T1 card 6 23:30', 'accept T1 sms 6 23:30'], 'nothing stands by for it')
})

t.test('accepting stops its calls and the horn, and nothing else', async (t) => {
  const site = pagedSite('P0')
  site.says('6 06:30', 20)
  const [alarm] = site.of('alarm.raised')
  t.equal(site.does('6 06:30:30', { type: 'alarm.acknowledge', alarm: alarm!.alarm, by: 'MR' }), 'done')
  site.passes('6 06:31')
  t.equal(site.of('page.ended').length, 0, 'an acknowledged alarm stops no call')
  t.equal(sent(site, 'accept').filter((line) => line.endsWith('06:31')).length, 4)
  t.equal(accept(site, '6 06:31:30'), 'done')
  t.match(site.of('page.ended'), [{ person: 'T1', end: 'accepted', by: 'T1' }])
  t.match(site.of('sounder.silenced'), [{ person: 'MR' }])
  site.passes('6 08:00')
  t.equal(sent(site, 'accept').at(-1)!.slice(-7), '6 06:31', 'nobody is called after that')
  t.ok(sent(site, 'silent').length > 0, 'silence towards those concerned is told all the same')
  t.ok(site.of('order.escalated').length > 0, 'and so is a level')
  t.ok(sent(site, 'level').length > 0)
})

t.test('the horn goes on while another order wants it', async (t) => {
  const site = pagedSite('P0')
  site.says('6 06:30', 20)
  const wanted = { type: 'page.called', about: 'order', subject: 'W9', purpose: 'accept', class: 'P0' } as const
  const call = { ...wanted, call: 'PG9', person: 'T2', roads: ROADS, everyMs: 60_000, from: at('6 06:30'), trace: 'x' }
  site.records('6 06:30', call)
  accept(site, '6 06:31')
  t.equal(site.of('sounder.silenced').length, 0)
})

t.test('whoever has the order now is called instead of whoever had it', async (t) => {
  const site = pagedSite('P1')
  site.says('6 06:30', 20)
  const order = orderOf(site)
  t.equal(site.does('6 06:31', { type: 'order.decline', order, by: 'T1', reason: 'elsewhere' }), 'done')
  t.match(site.of('page.ended'), [{ person: 'T1', end: 'declined', by: 'T1' }])
  site.passes('6 06:33')
  t.strictSame(sent(site, 'accept').slice(2), [
    'accept T2 voice 6 06:31',
    'accept T2 card 6 06:31',
    'accept T2 voice 6 06:33',
    'accept T2 card 6 06:33',
  ])
  site.does('6 06:34', { type: 'order.transfer', order, by: 'T2', to: 'T1', reason: 'shift' })
  t.match(site.of('page.ended').at(-1), { person: 'T2', end: 'passed_on' })
  t.equal(sent(site, 'accept').at(-1), 'accept T1 card 6 06:34')
})

t.test('answered is not accepted', async (t) => {
  const site = pagedSite('P1')
  site.says('6 06:30', 20)
  const voice = site.of('page.sent').find(({ road }) => road === 'voice')!
  t.equal(settle(site, '6 06:30:05', voice.page, 'delivered'), 'done')
  t.equal(site.does('6 06:30:20', { type: 'page.answer', page: voice.page, key: null }), 'done')
  t.match(site.of('page.answered'), [{ person: 'T1', road: 'voice', key: null }])
  site.passes('6 06:32')
  t.ok(sent(site, 'accept').includes('accept T1 voice 6 06:32'), 'and rung again')
  t.equal(site.does('6 06:33', { type: 'page.answer', page: 'PG999-voice', key: null }), 'unknown_page')
})

t.test('nobody is called oftener than a provider takes; the other roads go on', async (t) => {
  const site = pagedSite('P0')
  site.says('6 06:30', 20)
  site.passes('6 07:29')
  const calls = site
    .of('page.sent')
    .filter(({ road, purpose, person: who }) => road === 'voice' && who === 'T1' && purpose === 'accept')
  t.equal(calls.length, 5, 'five an hour')
  t.ok(site.of('page.held').some(({ road, why }) => road === 'voice' && why.code === 'callee_limit'))
  t.equal(site.of('page.sent').filter(({ road, purpose }) => road === 'sounder' && purpose === 'accept').length, 60)
})

t.test('a card that was held back is sent when there is room for it', async (t) => {
  const site = pagedSite('P3')
  for (let i = 0; i < 31; i++) {
    const opened = {
      type: 'order.opened',
      order: `W9${i}`,
      incident: `I${i}`,
      alarm: `A${i}`,
      rule: `r${i}`,
      asset: 'A',
    } as const
    site.records('6 06:30', { ...opened, class: 'P3', skill: 'water', region: 'x', closesItself: false, trace: 'x' })
  }
  // All of them go to the fallback: nobody is of that region.
  t.equal(site.of('page.sent').length, 30)
  t.match(site.of('page.held'), [{ road: 'card', person: 'PM', freeAt: at('6 06:31') }])
  site.passes('6 06:31')
  t.equal(site.of('page.sent').length, 31)
  t.equal(site.of('page.held').length, 1)
})

t.test('when no road leads to somebody, whoever stands in for everybody hears of it', async (t) => {
  const site = pagedSite('P1')
  site.says('6 06:30', 20)
  const [voice, card] = site.of('page.sent').filter(({ purpose }) => purpose === 'accept')
  settle(site, '6 06:30:05', voice!.page, 'failed')
  t.equal(site.of('page.unreached').length, 0)
  settle(site, '6 06:30:06', card!.page, 'failed')
  t.match(site.of('page.unreached'), [{ person: 'T1', purpose: 'accept', subject: orderOf(site) }])
  t.strictSame(
    sent(site, 'unreached'),
    ['voice', 'card', 'sms'].map((road) => `unreached PM ${road} 6 06:30:06`),
  )
})

t.test('F62 a level that fell due while the gateway was dead is paged once, when it is back', async (t) => {
  const before = pagedSite('P1')
  before.says('6 06:30', 20)
  before.passes('6 06:35')
  const again = orderSite('P1', { paging: PAGING }, before.flow)
  again.returns('6 08:00', '6 06:36')
  t.strictSame(sent(again, 'level'), [
    'level CE voice 6 08:00',
    'level CE card 6 08:00',
    'level PM voice 6 08:00',
    'level PM card 6 08:00',
  ])
  t.equal(sent(again, 'accept').length, 2, 'one try for all that were missed')
})

const LIFT_CO = person('LiftCo', 'contractor', ['lift'])
const rescueSite = () =>
  pagedSite('P0', {
    rules: [{ ...ruleOf('P0'), skill: 'lift', rescue: true }],
    staff: [...STAFF, LIFT_CO],
    rescue: {
      comfort: ['monitor'],
      onSite: ['technician'],
      contractor: 'LiftCo',
      lines: ['+8621000001', '+8621000002'],
    },
  })
const tasksSent = (site: OrderSite) =>
  site
    .of('page.sent')
    .filter(({ about, road }) => about === 'task' && road === 'voice')
    .map(({ subject, person: who, line, at: when }) => `${subject.split('-')[1]} ${who} ${line ?? '-'} ${said(when)}`)

t.test('each task of a rescue calls its own people, each step of the chain the next number', async (t) => {
  const site = rescueSite()
  site.says('6 23:41', 20)
  const order = orderOf(site)
  t.strictSame(tasksSent(site), ['comfort MR - 6 23:41', 'on_site T1 - 6 23:41', 'rescue LiftCo 0 6 23:41'])
  t.strictSame(
    sent(site, 'accept').filter((line) => line.includes('sounder')),
    ['accept MR sounder 6 23:41'],
  )
  t.equal(site.does('6 23:43', { type: 'task.contact', task: `${order}-comfort`, by: 'MR' }), 'done')
  site.passes('6 23:44')
  t.ok(tasksSent(site).includes('rescue LiftCo 0 6 23:42') && tasksSent(site).includes('rescue LiftCo 1 6 23:44'))
  t.equal(site.of('order.escalated').length, 1, 'L1: nobody accepted within 3 min')
  t.equal(site.does('6 23:46:30', { type: 'task.accept', task: `${order}-rescue`, by: 'LiftCo' }), 'done')
  const before = tasksSent(site).length
  site.passes('6 23:52')
  t.strictSame(
    tasksSent(site)
      .slice(before)
      .filter((line) => line.startsWith('rescue') || line.startsWith('comfort')),
    [],
  )
  t.equal(site.of('order.escalated').length, 1, 'no level 2 at 23:51: somebody accepted')
  t.equal(site.does('7 00:05', { type: 'task.arrive', task: `${order}-rescue`, by: 'LiftCo' }), 'done')
  site.does('7 00:05', { type: 'task.contact', task: `${order}-comfort`, by: 'MR' })
  t.equal(site.does('7 00:14', { type: 'task.out', task: `${order}-rescue`, by: 'LiftCo' }), 'done')
  site.passes('7 03:00')
  t.strictSame(
    site.of('order.escalated').map(({ level }) => level),
    [1],
    'out in time: level 3 never',
  )
  t.ok(site.of('page.ended').some(({ subject, end }) => subject === `${order}-on_site` && end === 'over'))
})

t.test('a guard at the door is no rescuer: levels 2 and 3 wait for whoever may free them', async (t) => {
  const site = rescueSite()
  site.says('6 23:41', 20)
  const order = orderOf(site)
  site.does('6 23:42', { type: 'task.accept', task: `${order}-rescue`, by: 'LiftCo' })
  site.does('6 23:45', { type: 'task.arrive', task: `${order}-on_site`, by: 'T1' })
  site.passes('7 00:27')
  const levels = site.of('order.escalated').map(({ level, at: when }) => `${level} ${said(when)}`)
  t.strictSame(levels, ['1 7 00:11', '2 7 00:11', '3 7 00:26'], 'with a level go those below it')
})

t.test('a site without a road is as it was: nobody is paged', async (t) => {
  const site = orderSite('P0')
  site.says('6 06:30', 20)
  site.passes('6 08:00')
  t.strictSame(
    site.events.filter(({ type }) => type.startsWith('page.')),
    [],
  )
})

type Deed = 'wait' | 'accept' | 'decline' | 'restart' | 'step' | 'settle' | 'ack' | 'join'
t.test('F16 F62 whatever happens, nobody is called early, after the end, or beyond a limit', async (t) => {
  const deeds = fc.array(
    fc.tuple(
      fc.constantFrom<Deed>('wait', 'accept', 'decline', 'restart', 'step', 'settle', 'ack', 'join'),
      fc.integer({ min: 1, max: 400 }),
    ),
    { minLength: 1, maxLength: 25 },
  )
  fc.assert(
    fc.property(fc.constantFrom<OrderClass>('P0', 'P1', 'P2', 'P3', 'P8b'), deeds, (ofClass, walk) => {
      let site = pagedSite(ofClass)
      const all: Event[] = site.events
      site.says('6 06:30', 20)
      let now = at('6 06:30')
      let commands = 0
      const collected = () => (site.events === all ? all : [...all, ...site.events])
      for (const [deed, seconds] of walk) {
        now += seconds * 1_000
        const order = collected().find((event) => event.type === 'order.opened')!.order
        const send = (body: object) =>
          site.events.push(...site.flow.command({ ...body, id: `p${++commands}`, actor: 'x' } as never, now).events)
        if (deed === 'wait') site.events.push(...site.flow.advance(now))
        if (deed === 'accept') send({ type: 'order.accept', order, by: 'T1' })
        if (deed === 'decline') send({ type: 'order.decline', order, by: 'T1', reason: 'x' })
        if (deed === 'ack') send({ type: 'alarm.acknowledge', alarm: `A${commands}`, by: 'MR' })
        if (deed === 'step')
          site.events.push(...site.flow.record({ type: 'clock.stepped', byMs: seconds * 10_000, trace: 'C' }, now))
        if (deed === 'settle')
          for (const page of collected()
            .filter((event) => event.type === 'page.sent')
            .slice(-2))
            send({ type: 'page.settle', page: page.page, try: page.try, result: seconds % 2 ? 'failed' : 'delivered' })
        if (deed === 'restart') {
          if (site.events !== all) all.push(...site.events)
          site = orderSite(ofClass, { paging: PAGING }, site.flow)
        }
      }
      if (site.events !== all) all.push(...site.events)
      return isLawful(all)
    }),
    { numRuns: 300 },
  )
  t.pass('300 walks')
})

/** No page of an ended call, none before its time, tries counted one by one, no more to one person than a road may carry. */
function isLawful(events: readonly Event[]): boolean {
  const ended = new Set<string>()
  const from = new Map<string, number>()
  const tries = new Map<string, number>()
  const times = new Map<string, number[]>()
  for (const event of events) {
    if (event.type === 'page.called') from.set(event.call, event.from)
    if (event.type === 'page.ended') ended.add(event.call)
    if (event.type !== 'page.sent' && event.type !== 'page.held') continue
    if (ended.has(event.call) || !from.has(event.call)) return false
    if (event.try !== (tries.get(event.page) ?? 0) + 1) return false
    tries.set(event.page, event.try)
    if (event.type === 'page.held') continue
    const key = `${event.person} ${event.road}`
    const known = times.get(key) ?? []
    for (const { most, withinMs } of CALLEE_LIMITS[event.road as Road])
      if (known.filter((time) => time > event.at - withinMs).length >= most) return false
    times.set(key, [...known, event.at])
  }
  return true
}
