/**
 * Story 1, an entrapment at night as alarms, orders and residents' notices see it, and the variant in which the power of the
 * site fails: every car is called. The rescue itself is played in `story-1-rescue.test.ts`.
 */
import t from 'tap'
import type { Reading } from '#devices/reading.ts'
import type { Site } from '#gateway/site/site.ts'
import { devicesOfTheDemo, readingsOf } from './part-of-the-demo.ts'
import { PushedGateway } from './pushed-gateway.ts'

const SECOND = 1_000
const at = (clock: string) => Date.parse(`2026-12-08T${clock}+08:00`)

type Car = { running: boolean; passenger: boolean; zone: boolean; closed: boolean; isSilent: boolean; mode: string }
const IDLE: Car = { running: false, passenger: false, zone: true, closed: true, isSilent: false, mode: 'normal' }

/** What the unit of a lift says in one poll, or that it does not answer. */
function polled(device: string, now: number, car: Car): Reading[] {
  const values = {
    service_mode: car.mode,
    car_running: car.running,
    door_closed: car.closed,
    in_door_zone: car.zone,
    passenger_present: car.passenger,
    alarm_button: false,
    fault_code: 0,
  }
  if (!car.isSilent) return readingsOf(device, now, values)
  return Object.keys(values).map((point) => ({
    device,
    point,
    value: null,
    quality: 'bad',
    reason: 'no_response',
    at: now,
  }))
}

type Teardown = ConstructorParameters<typeof PushedGateway>[0]

/** All lifts of the demonstration, polled each five seconds. */
function estate(t: Teardown, from: number) {
  const site: Site = devicesOfTheDemo((id) => id.includes('-L') && id.startsWith('B'))
  const gateway = new PushedGateway(t, site, from)
  const cars = new Map(site.devices.filter(({ id }) => id !== 'gateway').map(({ id }) => [id, { ...IDLE }]))
  gateway.every(5 * SECOND, from, (now) => {
    for (const [device, car] of cars)
      void gateway.submit({ source: 'modbus', receivedAt: now, readings: polled(device, now, car) })
  })
  return { gateway, cars }
}
const clock = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(11, 19)

t.test('story 1: one P0 order a minute after the car stood, grouped with nothing', { timeout: 200_000 }, async (t) => {
  const { gateway, cars } = estate(t, at('23:30:00'))
  await gateway.start()
  await gateway.runUntil(at('23:39:59'))
  t.equal(gateway.happened('alarm.raised').length, 0, 'a quiet evening')
  // The other lift of the building has a fault of its own a little earlier: it is not the same incident.
  Object.assign(cars.get('B3-L2')!, { running: false, passenger: true, zone: false })
  await gateway.runUntil(at('23:42:00'))
  const [order, ...more] = gateway.happened('order.opened')
  t.strictSame(
    [order?.rule, order?.asset, order?.class, clock(order!.seenAt)],
    ['B3-L2/entrapment', 'B3-L2', 'P0', '23:41:00'],
  )
  t.strictSame(more, [], 'one order')
  const [raised] = gateway.happened('alarm.raised')
  t.match(raised, { safety: true, latch: true, priority: 'critical' })
  t.notOk(raised?.silence, 'and nothing keeps it silent')

  const acknowledged = gateway.life.pipeline.command({
    id: 'ack',
    actor: 'MR',
    type: 'alarm.acknowledge',
    alarm: raised!.alarm,
    by: 'MR',
  })
  await gateway.runUntil(at('23:52:00'))
  t.match(await acknowledged, { done: ['alarm.acknowledged'] })
  t.equal(gateway.happened('order.closed').length, 0, 'an acknowledgement cancels nothing')
  t.ok(gateway.happened('order.escalated').length > 0, 'nor does it stop the clocks of the order')
  const [notice] = gateway.happened('notice.published')
  t.equal(notice?.homes.length, 100, 'the homes of building 3, and no other')
  t.ok(notice!.seenAt <= at('23:51:05'), clock(notice!.seenAt))

  cars.set('B3-L2', { ...IDLE })
  await gateway.runUntil(at('23:59:00'))
  t.equal(gateway.happened('alarm.cleared').length, 1)
  t.equal(gateway.happened('alarm.closed').length, 0, 'latched until somebody resets it on site')
  const [end] = gateway.happened('notice.all_clear')
  t.strictSame(end?.homes, notice?.homes, 'whoever was told the beginning is told the end')
})

t.test('F56 story 1, the power of the site fails: one order, a line for each car', { timeout: 200_000 }, async (t) => {
  const from = at('23:30:00')
  const { gateway, cars } = estate(t, from)
  await gateway.start()
  Object.assign(cars.get('B4-L1')!, { running: true, passenger: true, zone: false })
  Object.assign(cars.get('B2-L2')!, { running: true, zone: false })
  await gateway.runUntil(at('23:40:00'))
  for (const car of cars.values()) car.isSilent = true
  await gateway.runUntil(at('23:41:00'))

  t.equal(gateway.happened('order.opened').length, 1, 'one order')
  const { order } = gateway.happened('order.opened')[0]!
  const row = gateway.life.queries.get('orders', order)
  t.equal(row?.class, 'P0')
  t.equal(row?.lines?.length, 12, 'twelve lines')
  t.strictSame(
    row?.lines?.slice(0, 3).map(({ asset, likely }) => [asset, likely]),
    [
      ['B2-L2', true],
      ['B4-L1', true],
      ['B1-L1', false],
    ],
    'the likely cars first',
  )
  t.equal(row?.lines?.filter(({ likely }) => likely).length, 2)
  const called = gateway.happened('alarm.raised').find(({ rule }) => rule === 'lifts/call-every-car')
  t.match(called, { class: 'P0', safety: true })
  t.ok(called!.seenAt <= at('23:40:20'), clock(called!.seenAt))
  const rung = gateway.happened('alarm.raised').filter(({ silence }) => !silence)
  t.ok(rung.length <= 10, `${rung.length} are announced`)
  t.ok(gateway.happened('alarm.raised').every(({ silence }) => !silence || silence.root === called?.alarm))

  // One task for all of them: the first car within five minutes, the last within ten.
  const task = `${order}-call_cars`
  t.match(gateway.happened('task.opened'), [{ task, kind: 'call_cars', to: 'MR', dueAt: called!.at + 5 * 60 * SECOND }])
  let commands = 0
  const tells = async (time: string, command: object) => {
    await gateway.runUntil(at(time))
    const stamp = { task, by: 'G1', id: `c${++commands}`, actor: 'MR' }
    const answer = gateway.life.pipeline.command({ ...command, ...stamp } as never)
    await gateway.runUntil(at(time) + SECOND)
    return answer
  }
  t.match(await tells('23:42:00', { type: 'task.contact' }), { refused: 'unknown_asset' }, 'in which car?')
  t.match(await tells('23:42:10', { type: 'task.contact', asset: 'B2-L2' }), { done: ['task.contacted'] })
  t.match(gateway.life.queries.get('orders', order)?.lines?.[0], { asset: 'B2-L2', called: { by: 'G1' } })
  t.match(await tells('23:42:20', { type: 'task.contact', asset: 'B2-L2' }), { refused: 'unknown_asset' }, 'once')
  // Somebody answers: this car gets a rescue, the others are called on.
  await tells('23:42:30', { type: 'task.contact', asset: 'B4-L1' })
  t.match(await tells('23:42:40', { type: 'task.confirm', asset: 'B4-L1', via: 'intercom' }), {
    done: ['task.confirmed'],
  })
  t.strictSame(
    gateway.happened('task.opened').flatMap(({ kind, asset }) => (asset === 'B4-L1' ? [kind] : [])),
    ['comfort', 'on_site', 'rescue'],
  )

  gateway.kill()
  await gateway.start()
  cars.get('B4-L1')!.isSilent = false
  await gateway.runUntil(at('23:45:00'))
  t.strictSame(
    gateway.happened('order.line_ended').map(({ asset }) => asset),
    ['B4-L1'],
    'after a restart, too: the one that is heard again',
  )
  for (const [asset] of [...cars].filter(([id]) => !id.startsWith('B1') && id !== 'B4-L1' && id !== 'B2-L2'))
    await tells(`23:45:${10 + 2 * [...cars.keys()].indexOf(asset)}`, { type: 'task.contact', asset })
  await gateway.runUntil(called!.at + 10 * 60 * SECOND + 2 * SECOND)
  t.strictSame(
    gateway.happened('task.missed').flatMap(({ task: id, clock: which }) => (id === task ? [which] : [])),
    ['all_cars'],
    'two cars were forgotten, and somebody hears of it',
  )
  for (const car of cars.values()) car.isSilent = false
  await gateway.runUntil(at('23:52:00'))
  t.match(gateway.happened('task.ended'), [{ task, how: 'over' }], 'the last car is heard again')
  const became = gateway.happened('condition.became').filter(({ rule }) => rule === 'lifts/call-every-car')
  t.strictSame(
    became.map(({ state }) => state),
    ['true', 'false'],
  )
  t.equal(gateway.happened('order.opened').length, 1, 'and never a second one')
})
