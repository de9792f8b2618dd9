/**
 * Story 5, a lying sensor: the outlet pressure of PR1-L stands at 0.620 from 01:30 while the pump goes on.
 *
 * Not played, for this build does not have it: patrol checks covered by sensors, their withdrawal and the manual task; reports
 * of residents, and the order and calls that come of them.
 */
import t from 'tap'
import { doubted } from '#gateway/api/views/doubted.ts'
import { Doubts } from '#gateway/doubts.ts'
import { devicesOfTheDemo, readingsOf } from './part-of-the-demo.ts'
import { PushedGateway } from './pushed-gateway.ts'

const SECOND = 1_000
const MINUTE = 60_000
const at = (clock: string) => Date.parse(`2026-12-09T${clock}:00+08:00`)
const EVERY = 5 * SECOND

t.test('F32 story 5: stuck is known at 02:45 and true since 01:30, until 09:30', { timeout: 200_000 }, async (t) => {
  const gateway = new PushedGateway(
    t,
    devicesOfTheDemo((id) => id === 'PR1-L'),
    at('00:50'),
  )
  gateway.every(EVERY, at('00:50'), (now) => {
    const tick = Math.round(now / EVERY)
    const isFrozen = now > at('01:30') && now < at('09:30')
    const pressure = isFrozen || now === at('01:30') ? 0.62 : Math.round(600 + 20 * Math.sin(tick)) / 1_000 - 0.05
    const values = {
      outlet_pressure: pressure,
      inlet_pressure: 0.25 + (tick % 3) / 1_000,
      tank_level: 3 + (tick % 7) / 100,
      // Steady until 02:15, then between 31 and 47 Hz.
      frequency: now < at('02:15') ? 38 : tick % 2 ? 31 : 47,
      run_hours: 1_000,
      pump1_running: true,
      pump1_fault: false,
      pump2_running: false,
      pump2_fault: false,
      water_on_floor: false,
    }
    void gateway.submit({ source: 'modbus', receivedAt: now, readings: readingsOf('PR1-L', now, values) })
  })
  const doubts = new Doubts()
  await gateway.start()
  await gateway.runUntil(at('02:45') - SECOND)
  t.equal(gateway.happened('point.stuck').length, 0, 'half an hour after the pump began to work, and not before')
  await gateway.runUntil(at('02:45') + 2 * SECOND)
  const [stuck] = gateway.happened('point.stuck')
  t.match(stuck, { device: 'PR1-L', point: 'outlet_pressure' })
  t.equal(stuck?.since, at('01:30'), 'back to its last real change')
  const orders = () => gateway.happened('order.opened')
  t.strictSame(
    orders().map(({ rule, class: ofClass }) => [rule, ofClass]),
    [['PR1-L/pressure-stuck', 'P8a']],
  )
  doubts.committed(gateway.seen)
  const [seen] = doubts.doubted({
    source: '',
    receivedAt: 0,
    readings: readingsOf('PR1-L', at('02:46'), { outlet_pressure: 0.62 }),
  }).readings
  t.match(seen, { quality: 'uncertain', reason: 'stuck' }, 'and so it stands on the screens')

  await gateway.runUntil(at('05:00'))
  gateway.kill()
  await gateway.start()
  await gateway.runUntil(at('09:30') + MINUTE)
  t.equal(gateway.happened('point.moved').length, 1)
  t.ok(gateway.happened('point.moved')[0]!.at <= at('09:30') + 3 * EVERY, 'three good readings, each another one')
  t.strictSame(
    gateway.happened('alarm.raised').map(({ rule }) => rule),
    ['PR1-L/pressure-stuck'],
    'nothing is raised for the past, and a true 0.15 MPa at 05:50 was seen by no sensor',
  )
  const range = { from: at('01:00'), to: at('10:00'), buckets: 540 }
  const { queries } = gateway.life
  const spans = queries.stuck('PR1-L', 'outlet_pressure', range.from, range.to)
  const width = (range.to - range.from) / range.buckets
  const chart = doubted(queries.series('PR1-L', 'outlet_pressure', range), spans, width)
  const hatched = chart.filter(({ quality }) => quality === 'uncertain').map((bucket) => bucket.t)
  t.ok(Math.abs(hatched[0]! - at('01:30')) <= 2 * width, new Date(hatched[0]!).toISOString())
  t.ok(Math.abs(hatched.at(-1)! - at('09:30')) <= 2 * width, new Date(hatched.at(-1)!).toISOString())
  t.ok(hatched.length >= 470, 'hatched all the way')
})
