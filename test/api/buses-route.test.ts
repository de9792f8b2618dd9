import t from 'tap'
import { modbusSource } from '#ingest/modbus/modbus-source.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { FakeModbus } from '#test/fakes/modbus-unit.ts'
import { until } from '#test/fakes/until.ts'
import { openEstate } from './estate.ts'

t.test('the bus doctor and a test read, for engineers alone, and the journal knows', async (t) => {
  const far = await FakeModbus.start()
  t.teardown(() => far.stop())
  const connection = { id: 'plc', protocol: 'modbus-tcp', host: '127.0.0.1', port: far.port, timeoutMs: 200 } as const
  const unit = far.unit(9)
  unit.input.set(7, 0x4148)
  const source = modbusSource({ connection, devices: [], clock: scaledClock(1), stopwatch: () => performance.now() })
  const stop = new AbortController()
  const done = source.run(() => Promise.resolve(), stop.signal).catch(() => {})
  t.teardown(() => (stop.abort(), done))
  const estate = await openEstate({ buses: [{ ...source, id: 'plc' }] })
  t.teardown(() => estate.close())

  const table = await estate.as('engineer', '/api/v1/buses')
  t.match(await table.json(), { items: [{ id: 'plc', endpoint: `127.0.0.1:${far.port}`, units: [] }], next: null })
  for (const role of ['manager', 'monitor', 'field'] as const)
    t.equal((await estate.as(role, '/api/v1/buses')).status, 403, role)

  const read = (body: object, who: Parameters<typeof estate.as>[0] = 'engineer', bus = 'plc') =>
    estate.as(who, `/api/v1/buses/${bus}/read`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const good = { unitId: 9, function: 4, address: 7, count: 2 }
  const answer = await read(good)
  t.equal(answer.status, 200)
  t.match(await answer.json(), {
    outcome: 'values',
    words: [0x4148, 0],
    interpretations: [{ two: { float32: { ABCD: 12.5 } } }],
  })

  const wrong: [what: string, body: object, status: number][] = [
    ['no such function', { ...good, function: 6 }, 400],
    ['as a text', { ...good, function: '4' }, 400],
    ['too many', { ...good, count: 126 }, 400],
    ['none', { ...good, count: 0 }, 400],
    ['beyond the end', { ...good, address: 65_535 }, 400],
    ['no unit', { function: 3, address: 0, count: 1 }, 400],
    ['a value to write', { ...good, value: 1 }, 400],
  ]
  for (const [what, body, status] of wrong) t.equal((await read(body)).status, status, what)
  t.equal((await read(good, 'engineer', 'other')).status, 404)
  t.equal((await read(good, 'manager')).status, 403)
  t.equal(unit.asked.length, 1, 'none of these reached the device')
  t.ok(
    unit.asked.every(({ code }) => code === 4),
    'and nothing was written',
  )
  const told = () => estate.queries.eventsAfter(0, 1_000).filter(({ type }) => type === 'bus.tested')
  await until('it stands in the journal', () => told().length === 1)
  t.match(told()[0], { bus: 'plc', unitId: 9, table: 'input', address: 7, count: 2, account: String })
})
