import t from 'tap'
import type { CommandBody } from '#rules/command.ts'
import type { Reading } from '#devices/reading.ts'
import type { Asset, Plan, Rule } from '#rules/plan.ts'
import { at, orderSite, person, ruleOf, said, STAFF } from './order-site.ts'

const bin = (id: string, more: Partial<Rule> = {}): Rule => ({
  ...ruleOf('P3'),
  id: `${id}/overflow.hi`,
  device: id,
  asset: id,
  skill: 'cleaning',
  ...more,
})
const standing = (id: string, route?: string): Asset => ({
  id,
  name: id,
  kind: 'waste-bin',
  room: id,
  region: 'r',
  homes: [],
  ...(route ? { route } : {}),
})
const BINS = [standing('K4', 'R1'), standing('K5', 'R1'), standing('K9', 'R2'), standing('K7')]
const STILL = { kind: 'stuck', point: 'w', forMs: 60_000, resolution: 0 } as const

/** Four bins, two of them on one route, and somebody who looks after them. */
function estate(changes: Partial<Plan> = {}) {
  const rules = BINS.flatMap(({ id }) => [bin(id), bin(id, { id: `${id}/unchanged`, class: 'P8b', watch: STILL })])
  const assets = new Map(BINS.map((asset) => [asset.id, asset]))
  const site = orderSite('P3', { rules, assets, staff: [...STAFF, person('C1', 'cleaner', ['cleaning'])], ...changes })
  let batches = 1_000
  return {
    ...site,
    full(time: string, device: string, point = 'v', value = 12) {
      const reading: Reading = { device, point, value, quality: 'good', at: at(time) }
      site.events.push(...site.flow.judge({ source: 's', receivedAt: at(time), readings: [reading] }, ++batches))
    },
    /** Which bins each order is about. */
    orders: () =>
      site
        .of('order.opened')
        .map(({ order, asset }) =>
          [asset, ...site.of('order.joined').flatMap((event) => (event.order === order ? [event.asset] : []))].join(
            ' ',
          ),
        ),
  }
}

t.test('the first full bin of a route opens its order, others join until somebody is there', async (t) => {
  const steps = {
    accept: { type: 'order.accept' },
    depart: { type: 'order.depart' },
    pause: { type: 'order.pause', reason: 'weather', until: at('7 18:00') },
    arrive: { type: 'order.arrive' },
    finish: { type: 'order.finish' },
  } as const
  const table: [done: (keyof typeof steps)[], orders: string[]][] = [
    [[], ['K4 K5']],
    [['accept'], ['K4 K5']],
    [['accept', 'depart'], ['K4 K5']],
    [['accept', 'pause'], ['K4 K5']],
    [
      ['accept', 'arrive'],
      ['K4', 'K5'],
    ],
    [
      ['accept', 'arrive', 'finish'],
      ['K4', 'K5'],
    ],
  ]
  for (const [done, orders] of table) {
    const site = estate()
    site.full('7 10:00', 'K4')
    const { order } = site.of('order.opened')[0]!
    done.forEach((step, i) =>
      t.equal(site.does(`7 10:0${i + 1}`, { ...steps[step], order, by: 'C1' } as CommandBody), 'done', step),
    )
    // Long after the time within which alarms of one room are one incident.
    site.full('7 11:40', 'K5')
    t.strictSame(site.orders(), orders, done.join(' '))
  }
})

t.test('another route, none, and what is wrong with a sensor are orders of their own', async (t) => {
  const site = estate()
  for (const device of ['K4', 'K9', 'K7']) site.full('7 10:00', device)
  t.strictSame(site.orders(), ['K4', 'K9', 'K7'])
  site.full('7 10:01', 'K5', 'w', 1)
  site.full('7 10:02', 'K5', 'w', 1)
  t.strictSame(site.orders(), ['K4', 'K9', 'K7', 'K5'])
  site.full('7 10:03', 'K5')
  t.strictSame(site.orders(), ['K4 K5', 'K9', 'K7', 'K5'])
})

t.test('one that overflows again before its order is closed stays with it', async (t) => {
  const site = estate()
  site.full('7 10:00', 'K4')
  const { order } = site.of('order.opened')[0]!
  for (const type of ['order.accept', 'order.arrive'] as const) site.does('7 10:05', { type, order, by: 'C1' })
  site.full('7 10:10', 'K5')
  site.full('7 10:20', 'K4', 'v', 1)
  site.full('7 10:30', 'K4')
  t.strictSame(site.orders(), ['K4 K4', 'K5'])
})

t.test('outside the hours of its class an order is for whoever is there when they begin', async (t) => {
  const night = [
    person('N', 'cleaner', ['cleaning'], [22 * 60, 30 * 60]),
    person('D', 'cleaner', ['cleaning'], [360, 840]),
  ]
  const table: [time: string, who: string[]][] = [
    ['7 21:59', ['PM']],
    ['7 22:00', ['D']],
    ['8 05:59', ['D']],
    ['8 06:00', ['D']],
  ]
  const settings = { ...orderSite('P3').plan.settings, acceptWithinMs: 300_000 }
  for (const [time, who] of table) {
    const site = estate({ staff: [...STAFF, ...night], settings })
    site.full(time, 'K4')
    site.passes('8 06:04')
    t.strictSame(
      site.of('order.dispatched').map(({ assignee }) => assignee),
      who,
      time,
    )
    t.equal(site.of('roster.gap_found').length, who.includes('PM') ? 1 : 0, time)
    site.passes('8 06:06')
    const passedOn = site.of('order.dispatched').slice(1)
    if (!who.includes('PM'))
      t.match(passedOn, [{ assignee: 'PM', why: { code: 'nobody_accepted' } }], said(passedOn[0]?.at))
  }
})

t.test('where nobody fits, the head named for the skill has it, and may decline', async (t) => {
  const head = { ...person('EH', 'chief', ['management']), duty: [] }
  const supervisors = { head: ['CE'], heads: { cleaning: ['EH'] }, manager: ['PM'], quality: ['Q'] }
  const site = estate({ staff: [...STAFF, head], supervisors })
  site.full('7 10:00', 'K4')
  const { order } = site.of('order.opened')[0]!
  site.passes('7 18:00')
  site.does('7 18:01', { type: 'order.decline', order, by: 'EH', reason: 'away' })
  t.strictSame(
    site.of('order.dispatched').map(({ assignee }) => assignee),
    ['EH', 'PM'],
  )
  const without = estate({ staff: [...STAFF, head], supervisors })
  without.does('7 09:00', { type: 'roster.leave_for_good', person: 'EH', by: 'CE' })
  without.full('7 10:00', 'K4')
  t.match(without.of('order.dispatched'), [{ assignee: 'PM' }], 'F64 who has left gets nothing')
})
