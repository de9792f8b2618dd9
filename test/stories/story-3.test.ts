/**
 * Story 3, full bins on a holiday (Thursday 1 October 2026), to the minute: readings that are counted, the order of a route,
 * two that were not emptied, one that stands still, and an evening without a cleaner.
 *
 * Not played: the cards themselves (the roads of paging have their own tests; here it is that they are sent, when and to
 * whom), and the 80 % at which a round stops by: rounds are not there yet.
 */
import t from 'tap'
import { clocksView } from '#gateway/api/views/order-clocks.ts'
import type { Site } from '#gateway/site/site.ts'
import type { CommandBody } from '#rules/command.ts'
import type { Person } from '#rules/plan.ts'
import { devicesOfTheDemo, readingsOf } from './part-of-the-demo.ts'
import { PushedGateway } from './pushed-gateway.ts'

const MINUTE = 60_000
const HALF_HOUR = 30 * MINUTE
/** `1 10:30` is the first of October; the last days of September are `-1` and `0`. */
const at = (text: string) => {
  const [day, time] = text.split(' ') as [string, string]
  return Date.parse(`2026-10-01T${time}:00+08:00`) + (Number(day) - 1) * 24 * 60 * MINUTE
}
const clock = (ms: number | null | undefined) =>
  ms == null ? null : new Date(ms + 8 * 60 * MINUTE).toISOString().slice(8, 16).replace('T', ' ')

const [K4, O5, K9, K10, H1] = ['K4-kitchen', 'K5-other', 'K9-kitchen', 'K10-kitchen', 'K1-hazardous'] as const
/** What each says; what is not written here it has from an empty bin that fills slowly. */
const SAID: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  [K4]: { '10:00': 88, '10:30': 96, '11:00': 97, '11:30': 98, '12:00': 41, '12:30': 42 },
  [O5]: { '10:40': 84, '11:10': 96, '11:40': 97, '12:10': 8, '12:40': 8 },
  [K9]: { '21:10': 96, '21:40': 97 },
  [K10]: { '09:00': 45, '09:30': 51, '10:00': 56 },
}
/** Each says it at its own minute. */
const OFFSET_MS: Readonly<Record<string, number>> = { [O5]: 10 * MINUTE, [K9]: 10 * MINUTE }

/** The demonstration's bins with the roster of the story: one cleaner until two, and a head of the department. */
function siteOfTheStory(): Site {
  const site = devicesOfTheDemo((id) => [K4, O5, K9, K10, H1].some((bin) => bin === id))
  const { plan } = site
  const head = {
    id: 'EH',
    role: 'chief',
    regions: ['north', 'south'],
    skills: ['management'],
    duty: [],
  } satisfies Person
  const early = [{ from: 6 * 60, to: 14 * 60 }]
  const staff = [...plan.staff.map((person) => (person.id === 'C1' ? { ...person, duty: early } : person)), head]
  const supervisors = { head: ['CE'], heads: { cleaning: ['EH'] }, manager: ['PM'], quality: ['Q'] }
  const paging = { roads: ['sounder', 'voice', 'card', 'sms'], room: 'MR' } as const
  const orders = { arrival: 'scan', photos: 'by_class', closing: 'by_class', verify: 'by_profile' } as const
  return { ...site, plan: { ...plan, staff, supervisors, paging, settings: { ...plan.settings, orders } } }
}

t.test('story 3: full bins on a holiday', { timeout: 250_000 }, async (t) => {
  const site = siteOfTheStory()
  const from = at('-2 21:30')
  const gateway = new PushedGateway(t, site, from)
  const reports = (device: string, first: number, fill: (now: number) => number) =>
    gateway.every(HALF_HOUR, first + (OFFSET_MS[device] ?? 0), (now) => {
      const values = { fill: fill(now), battery: 80, tilted: false }
      void gateway.submit({ source: 'mqtt', receivedAt: now, readings: readingsOf(device, now, values) }, 'ack')
    })
  const written = (device: string, now: number) => SAID[device]?.[clock(now)!.slice(3)]
  // Nothing is thrown into these two; K10 says the same since 05:00 two days before, H1 since 60 hours.
  reports(H1, at('-2 22:00'), () => 12)
  reports(K10, at('-1 04:30'), (now) => (now < at('-1 05:00') ? 10 : (now > at('1 08:30') && written(K10, now)) || 40))
  for (const device of [K4, O5, K9])
    reports(device, at('1 07:00'), (now) => written(device, now) ?? 20 + ((now - at('1 07:00')) / HALF_HOUR) * 0.5)
  await gateway.start()
  let commands = 0
  const does = async (time: string, body: CommandBody) => {
    await gateway.runUntil(at(time))
    const answer = gateway.life.pipeline.command({ ...body, id: `c${++commands}`, actor: 'story' })
    // It is answered when it is durable.
    await gateway.runUntil(at(time) + 1_000)
    const said = await answer
    t.notOk('refused' in said, `${time} ${body.type} ${JSON.stringify(said)}`)
  }
  const orderFor = (device: string) => gateway.happened('order.opened').find(({ asset }) => asset === device)
  const assigneesOf = (order: string) =>
    gateway
      .happened('order.dispatched')
      .filter((event) => event.order === order)
      .map(({ assignee }) => assignee)
  const pagesFor = (order: string) =>
    gateway
      .happened('page.sent')
      .filter(({ subject }) => subject === order)
      .map((page) => [clock(page.at), page.person, page.road, page.purpose])
  const dueOf = (order: string) => {
    const wall = { now: () => gateway.time.now(), wallOffsetMs: () => 0 }
    const clocks = clocksView(site, wall, clock)(gateway.life.queries.get('orders', order)!)
    return Object.fromEntries((clocks as { clock: string; dueAt: string }[]).map((each) => [each.clock, each.dueAt]))
  }

  await does('-2 22:00', {
    type: 'roster.grant_leave',
    person: 'C2',
    from: at('-1 00:00'),
    to: at('5 00:00'),
    reason: 'leave',
    by: 'CE',
  })
  await gateway.runUntil(at('1 04:59'))
  t.strictSame(gateway.happened('alarm.raised'), [], 'two quiet days')

  // K10 stands still for 48 hours at five in the morning: somebody has it, nobody is woken.
  await gateway.runUntil(at('1 07:59'))
  const still = orderFor(K10)!
  t.match([clock(still.at), still.class, assigneesOf(still.order)], ['01 05:00', 'P8b', ['C1']])
  t.strictSame(pagesFor(still.order), [])
  t.match(gateway.happened('point.stuck'), [{ device: K10, since: at('-1 05:00') }])
  await does('1 08:03', { type: 'order.accept', order: still.order, by: 'C1' })
  t.strictSame(pagesFor(still.order), [['01 08:00', 'C1', 'card', 'accept']])
  t.match(
    dueOf(still.order),
    { ack: '01 09:00', restore: '04 05:00' },
    'in the hours of service, and three days for a bin',
  )

  await gateway.runUntil(at('1 10:59'))
  t.match(
    gateway.happened('order.closed'),
    [{ order: still.order, at: at('1 10:00'), by: 'telemetry' }],
    'it moves again',
  )
  t.equal(gateway.happened('order.opened').length, 1, 'neither 88 nor one 96 is an order')

  // K4 is full for the second time, and soon O5.
  await gateway.runUntil(at('1 11:01'))
  const full = orderFor(K4)!
  t.match([clock(full.at), full.class, full.incident], ['01 11:00', 'P3', 'route/R1'])
  t.match(dueOf(full.order), { ack: '01 11:15', arrive: '01 12:00' })
  t.strictSame(pagesFor(full.order), [['01 11:00', 'C1', 'card', 'accept']])
  await does('1 11:04', { type: 'order.accept', order: full.order, by: 'C1' })
  await gateway.runUntil(at('1 11:39'))
  t.strictSame(gateway.happened('order.joined'), [])
  await does('1 11:44', { type: 'order.depart', order: full.order, by: 'C1' })
  t.match(gateway.happened('order.joined'), [{ order: full.order, asset: O5, at: at('1 11:40') }], 'O5 joins')

  await does('1 11:50', { type: 'order.arrive', order: full.order, by: 'C1', scan: { asset: K4, via: 'qr' } })
  await does('1 11:51', { type: 'order.photo', order: full.order, by: 'C1', photo: 'b'.repeat(64), kind: 'before' })
  await does('1 11:56', { type: 'order.photo', order: full.order, by: 'C1', photo: 'a'.repeat(64), kind: 'after' })
  await does('1 11:57', { type: 'order.finish', order: full.order, by: 'C1' })
  await gateway.runUntil(at('1 12:39'))
  t.strictSame(
    gateway.happened('alarm.cleared').map(({ rule, at: when }) => [rule, clock(when)]),
    [
      [`${K10}/unchanged`, '01 10:00'],
      [`${K4}/overflow.hi`, '01 12:00'],
      [`${O5}/overflow.hi`, '01 12:10'],
    ],
    'a drop is enough for the alarm',
  )
  t.strictSame(
    gateway.happened('order.verified').map(({ order }) => order),
    [still.order],
    'but not for the order',
  )
  await gateway.runUntil(at('1 12:41'))
  t.match(gateway.happened('order.verified').slice(1), [{ order: full.order, at: at('1 12:40') }])
  t.match(gateway.happened('order.closed').slice(1), [{ order: full.order, at: at('1 12:40'), by: 'telemetry' }])
  t.strictSame(
    [...gateway.happened('order.escalated'), ...gateway.happened('notice.drafted'), ...gateway.happened('order.rated')],
    [],
    'nothing was late, and residents have nothing to do with it',
  )

  // In the evening nobody is there.
  await gateway.runUntil(at('1 21:41'))
  const evening = orderFor(K9)!
  t.strictSame([clock(evening.at), evening.incident], ['01 21:40', 'route/R2'])
  t.strictSame(assigneesOf(evening.order), ['EH'])
  t.match(gateway.happened('roster.gap_found'), [{ order: evening.order, to: 'CE', at: at('1 21:40') }])
  const pages = pagesFor(evening.order)
  t.strictSame(
    pages.filter(([, , , why]) => why === 'accept'),
    [['01 21:40', 'EH', 'card', 'accept']],
    'by card alone',
  )
  t.strictSame(
    pages.filter(([, , , why]) => why !== 'accept').map(([, to, road]) => `${to} ${road}`),
    ['CE card', 'CE sms'],
    'and whoever looks after the roster learns of the gap',
  )
  t.equal(dueOf(evening.order)['arrive'], '02 06:40')
  t.equal(gateway.happened('order.opened').length, 3, 'H1 has not moved for three days: that is nothing')
  t.strictSame(gateway.errors, [])
})
