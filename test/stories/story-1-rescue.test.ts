/**
 * Story 1, the rescue: nobody on duty is certified for lifts. Comfort, on site and the chain of those who may free people,
 * to the minute; and its variant in which nobody accepts.
 *
 * Not played, for this build does not have it: sounder and voice are of paging, which has its own tests; the link of a
 * contractor is a sign-in link; the suspicion that is confirmed or found false; three door cycles before the all-clear.
 */
import t from 'tap'
import type { CommandBody } from '#rules/command.ts'
import type { Site } from '#gateway/site/site.ts'
import { devicesOfTheDemo, readingsOf } from './part-of-the-demo.ts'
import { PushedGateway } from './pushed-gateway.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const at = (clock: string, day = 8) => Date.parse(`2026-12-0${day}T${clock}+08:00`)
const clock = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(11, 19)
type Teardown = ConstructorParameters<typeof PushedGateway>[0]

/** B3-L2 alone, and its car; on duty are the guard G1 and T2, neither certified. */
async function night(t: Teardown) {
  const demo = devicesOfTheDemo((id) => id === 'B3-L2')
  const rescue = { ...demo.plan.rescue!, comfort: ['guard'] }
  const orders = { verify: 'by_profile', closing: 'by_class' } as const
  const site: Site = { ...demo, plan: { ...demo.plan, rescue, settings: { ...demo.plan.settings, orders } } }
  const gateway = new PushedGateway(t, site, at('23:30:00'))
  const car = { isStuck: false, door: true }
  gateway.every(5 * SECOND, at('23:30:00'), (now) => {
    const values = {
      service_mode: 'normal',
      car_running: false,
      door_closed: car.door,
      in_door_zone: !car.isStuck,
      passenger_present: car.isStuck,
      alarm_button: false,
      fault_code: 0,
    }
    void gateway.submit({ source: 'modbus', receivedAt: now, readings: readingsOf('B3-L2', now, values) })
  })
  await gateway.start()
  await gateway.runUntil(at('23:39:59'))
  car.isStuck = true
  let commands = 0
  /** Somebody does something at this moment. */
  const does = async (time: string, body: CommandBody, day = 8) => {
    await gateway.runUntil(at(time, day))
    const answer = gateway.life.pipeline.command({ ...body, id: `c${++commands}`, actor: 'MR' } as never)
    await gateway.runUntil(at(time, day) + SECOND)
    return answer
  }
  return { gateway, car, does }
}

t.test('story 1: the rescue, by the minute', { timeout: 200_000 }, async (t) => {
  const { gateway, car, does } = await night(t)
  await gateway.runUntil(at('23:41:30'))
  const [order] = gateway.happened('order.opened')
  t.equal(clock(order!.seenAt), '23:41:00')
  t.strictSame(
    gateway.happened('task.opened').map(({ kind, to, dueAt }) => [kind, to, clock(dueAt)]),
    [
      ['comfort', 'G1', '23:46:00'],
      ['on_site', 'T2', '23:51:00'],
      ['rescue', 'LiftCo', '00:11:00'],
    ],
  )
  t.match(gateway.happened('task.uncovered'), [{ kind: 'rescue' }], 'whoever owns the roster learns it')
  const task = (kind: string) => `${order!.order}-${kind}`

  t.match(await does('23:42:00', { type: 'task.accept', task: task('rescue'), by: 'T2' }), { refused: 'not_certified' })
  t.match(await does('23:43:00', { type: 'task.contact', task: task('comfort'), by: 'G1' }), {
    done: ['task.contacted'],
  })
  await gateway.runUntil(at('23:44:30'))
  t.strictSame(
    gateway.happened('task.called').map(({ step, seenAt }) => `${step} ${clock(seenAt)}`),
    ['contractor 23:41:00', 'contractor_second 23:44:00'],
  )
  t.match(await does('23:45:00', { type: 'task.arrive', task: task('on_site'), by: 'T2' }), { done: ['task.arrived'] })
  gateway.kill()
  await gateway.start()
  t.match(await does('23:46:30', { type: 'task.accept', task: task('rescue'), by: 'LiftCo' }), {
    done: ['task.accepted'],
  })
  t.match(gateway.happened('order.accepted'), [{ by: 'LiftCo' }], 'the order is his, too: its clocks stop with him')
  await does('23:52:00', { type: 'task.contact', task: task('comfort'), by: 'G1' })
  await does('00:01:30', { type: 'task.contact', task: task('comfort'), by: 'G1' }, 9)
  t.match(await does('00:05:00', { type: 'task.arrive', task: task('rescue'), by: 'LiftCo' }, 9), {
    done: ['task.arrived'],
  })
  await does('00:11:00', { type: 'task.contact', task: task('comfort'), by: 'T2' }, 9)
  t.match(await does('00:14:00', { type: 'task.out', task: task('rescue'), by: 'LiftCo' }, 9), { done: ['task.out'] })
  t.strictSame(
    gateway.happened('task.missed').map(({ task: id, clock: which }) => `${id.split('-')[1]} ${which}`),
    ['rescue accept'],
    'only the first number did not answer',
  )
  t.same(
    gateway.happened('order.escalated').map(({ level, seenAt }) => [level, clock(seenAt)]),
    [[1, '23:44:00']],
    'level 1 once, and no other',
  )
  t.equal(gateway.happened('task.ended').length, 3)
  t.match(gateway.happened('order.finished'), [{ by: 'LiftCo' }])

  // Normal again 00:50; three times the door, ten minutes: verified by the readings, closed by a call of somebody else.
  await gateway.runUntil(at('00:50:00', 9))
  car.isStuck = false
  for (let turn = 0; turn < 6; turn++) {
    car.door = !car.door
    await gateway.runUntil(at('00:51:00', 9) + turn * 10 * SECOND)
  }
  car.door = true
  await gateway.runUntil(at('01:00:00', 9))
  t.equal(gateway.happened('order.verified').length, 0, 'not yet ten minutes')
  await gateway.runUntil(at('01:01:00', 9))
  t.equal(gateway.happened('order.verified').length, 1)
  t.match(await does('01:10:00', { type: 'order.close', order: order!.order, by: 'LiftCo' }, 9), {
    refused: 'call_back_owed',
  })
  const called = { type: 'order.call_back', order: order!.order, by: 'A', reached: true, solved: true } as const
  await does('09:00:00', called, 9)
  t.match(gateway.happened('order.closed'), [{ order: order!.order }])
})

t.test('story 1, nobody accepts: 96333 at 23:47, 119 at 23:50, and no further', { timeout: 200_000 }, async (t) => {
  const { gateway, does } = await night(t)
  await gateway.runUntil(at('23:48:00'))
  const { order } = gateway.happened('order.opened')[0]!
  t.match(await does('23:48:00', { type: 'task.dial', task: `${order}-rescue`, by: 'G1', step: '96333' }), {
    done: ['task.dialled'],
  })
  await gateway.runUntil(at('23:59:00') + MINUTE)
  t.strictSame(
    gateway.happened('task.called').map(({ step, to, seenAt }) => `${step} ${to} ${clock(seenAt)}`),
    ['contractor LiftCo 23:41:00', 'contractor_second LiftCo 23:44:00', '96333 G1 23:47:00', '119 G1 23:50:00'],
  )
  const row = gateway.life.queries.get('orders', order)
  t.match(
    row?.tasks?.find(({ kind }) => kind === 'rescue')?.calls.find(({ step }) => step === '96333'),
    {
      dialledBy: 'G1',
    },
  )
})
