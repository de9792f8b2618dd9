import t from 'tap'
import type { EventOf } from '#rules/event.ts'
import { orderSite, ruleOf } from './order-site.ts'

/** An alarm that is held until somebody looks; its order closes when the cause is gone. */
function flooded(changes: object = {}) {
  const site = orderSite('P1', { rules: [{ ...ruleOf('P1'), latch: true, closesItself: true, ...changes }] })
  site.says('6 10:00', 20)
  return { site, order: site.of('order.opened')[0]!, alarm: site.of('alarm.raised')[0]!.alarm }
}

t.test('an order that is over leaves an order behind while its alarm is latched', async (t) => {
  const { site, order, alarm } = flooded()
  site.says('6 11:00', 1)
  t.match(site.of('order.closed'), [{ order: order.order, by: 'telemetry' }])
  const [, left, ...more] = site.of('order.opened') as readonly (EventOf<'order.opened'> | undefined)[]
  t.strictSame(more, [])
  t.match(left, { class: 'P8b', asset: 'A', alarm: '', follows: { order: order.order, alarms: [alarm], rule: 'A/hi' } })
  const { assignee } = site.of('order.dispatched').at(-1)!
  const mine = { order: left!.order, by: assignee }
  t.equal(site.does('6 11:05', { type: 'order.accept', ...mine }), 'done')
  t.equal(site.does('6 11:20', { type: 'order.arrive', ...mine }), 'done')
  t.equal(site.does('6 11:21', { type: 'order.finish', ...mine }), 'still_latched')
  t.equal(site.does('6 11:22', { type: 'alarm.acknowledge', alarm, by: assignee }), 'done')
  t.equal(site.does('6 11:23', { type: 'alarm.reset', alarm, by: assignee }), 'done')
  t.equal(site.does('6 11:24', { type: 'order.finish', ...mine }), 'done')
  t.equal(site.does('6 11:25', { type: 'order.close', ...mine }), 'done')
  t.equal(site.of('order.opened').length, 2, 'and nothing after it')
})

t.test('reset before the order is over, or no latch: nothing is left to do', async (t) => {
  const { site, alarm } = flooded({ closesItself: false })
  const by = site.of('order.dispatched')[0]!.assignee
  const [{ order }] = site.of('order.opened') as [EventOf<'order.opened'>]
  site.says('6 11:00', 1)
  for (const type of ['alarm.acknowledge', 'alarm.reset'] as const)
    t.equal(site.does('6 11:05', { type, alarm, by }), 'done')
  for (const type of ['order.accept', 'order.arrive', 'order.finish', 'order.close'] as const)
    t.equal(site.does('6 11:10', { type, order, by }), 'done', type)
  t.equal(site.of('order.opened').length, 1)
  const plain = flooded({ latch: false }).site
  plain.says('6 11:00', 1)
  t.equal(plain.of('order.closed').length, 1)
  t.equal(plain.of('order.opened').length, 1)
})

t.test('wet again: an order of its own, never the one that only looks; and no second one that looks', async (t) => {
  const { site, alarm } = flooded()
  site.says('6 11:00', 1)
  site.says('6 12:00', 20)
  const [, left, again, ...more] = site.of('order.opened')
  t.strictSame(more, [])
  t.match(again, { class: 'P1', alarm, rule: 'A/hi' })
  site.says('6 13:00', 1)
  t.equal(site.of('order.closed').length, 2)
  t.equal(site.of('order.opened').length, 3, 'somebody is asked to look already')
  t.ok(left!.follows)
})

t.test('a restart forgets neither what is latched nor who is asked to look', async (t) => {
  const { site, alarm } = flooded()
  site.says('6 11:00', 1)
  const after = orderSite('P1', { rules: site.plan.rules }, site.flow)
  const [, left] = site.of('order.opened')
  const mine = { order: left!.order, by: site.of('order.dispatched').at(-1)!.assignee }
  t.equal(after.does('6 11:05', { type: 'order.accept', ...mine }), 'done')
  t.equal(after.does('6 11:20', { type: 'order.arrive', ...mine }), 'done')
  t.equal(after.does('6 11:21', { type: 'order.finish', ...mine }), 'still_latched')
  after.does('6 11:22', { type: 'alarm.acknowledge', alarm, by: 'T1' })
  after.does('6 11:23', { type: 'alarm.reset', alarm, by: 'T1' })
  t.equal(after.does('6 11:24', { type: 'order.finish', ...mine }), 'done')
})
