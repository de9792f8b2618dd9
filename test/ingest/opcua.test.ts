import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StatusCodes } from 'node-opcua'
import t, { type Test } from 'tap'
import type { Device } from '#devices/device.ts'
import { readProfile } from '#devices/profile.ts'
import type { Batch, Reading } from '#devices/reading.ts'
import type { OpcUaConnection } from '#ingest/opcua/connection.ts'
import { opcuaSource } from '#ingest/opcua/opcua-source.ts'
import { ownCertificate } from '#ingest/opcua/own-certificate.ts'
import { serverTrust } from '#ingest/opcua/server-trust.ts'
import { WriteFailed } from '#ingest/write-failed.ts'
import { garbageServer, type OpcUaServerOptions, opcuaServer, serverCertificate } from '../fakes/opcua-server.ts'
import { scaledClock } from '../fakes/clock.ts'
import { until } from '../fakes/until.ts'

// Each with a server and a client of its own; most of the time they wait for each other.
t.jobs = 4

const PROFILE = `
profile: pump-plc
name: Pump
kind: pump-set
opcua: { sampling: 50ms, queue: 5 }
offline_after: 4s
communication: { class: P8a, priority: medium, skill: pumps }
points:
  pressure: { unit: MPa, range: [0, 2], opcua: { node_id: 'ns=1;s={id}.Pressure', scale: 0.1 } }
  running: { type: bool, opcua: { node_id: 'nsu=urn:caretaker:fake-plc;s={id}.Running' } }
  mode: { enum: { 0: manual, 1: auto }, access: rw, control: { roles: [engineer] }, opcua: { node_id: 'ns=1;s={id}.Mode' } }
  setpoint: { unit: MPa, range: [0, 2], access: rw, control: { roles: [engineer], min: 0, max: 1 }, opcua: { node_id: 'ns=1;s={id}.Setpoint', scale: 0.1 } }
  hours: { stat: counter, opcua: { node_id: 'ns=1;s={id}.Hours' } }
EXTRA
examples:
  - opcua: { 'ns=1;s={id}.Pressure': 5 }
    expect: { pressure: 0.5 }
`
const NODES: OpcUaServerOptions['nodes'] = {
  'P1.Pressure': { type: 'Float', value: 5.2 },
  'P1.Running': { type: 'Boolean', value: true },
  'P1.Mode': { type: 'UInt16', value: 1, writable: true },
  'P1.Setpoint': { type: 'Double', value: 4, writable: true },
  'P1.Hours': { type: 'UInt64', value: [0, 70_000] },
}
const SECRET = 'a-long-secret-of-the-plc'

function deviceOf(extra = '', offlineAfter = '4s'): Device {
  const text = PROFILE.replace('EXTRA', extra).replace('offline_after: 4s', `offline_after: ${offlineAfter}`)
  const { profile, faults } = readProfile(text, 'pump.yaml')
  if (!profile) throw new Error(JSON.stringify(faults))
  return { id: 'PR1', profile, asset: 'PR1', connection: 'plc', nodeName: 'P1' }
}

function connectionTo(endpoint: string, more: Partial<OpcUaConnection> = {}): OpcUaConnection {
  return {
    id: 'plc',
    protocol: 'opc-ua',
    endpoint,
    mode: 'SignAndEncrypt',
    policy: 'Basic256Sha256',
    identity: { kind: 'user', user: 'gateway', secret: SECRET },
    publishingMs: 100,
    timeoutMs: 3_000,
    ...more,
  }
}

/** A source that runs, with all that it told. `trusts`: the server's certificate is approved as soon as it is parked. */
function running(
  t: Test,
  {
    connection,
    device = deviceOf(),
    trusts = true,
  }: { connection: OpcUaConnection; device?: Device; trusts?: boolean },
) {
  const folder = mkdtempSync(join(tmpdir(), 'opcua-'))
  const clock = scaledClock(1, Date.now())
  const trust = serverTrust(folder)
  const own = () => ownCertificate(folder, { site: 'test', now: Date.now() })
  const source = opcuaSource({
    connection,
    devices: [device],
    clock,
    stopwatch: () => performance.now(),
    wallNow: Date.now,
    chance: () => 0.5,
    own,
    trust,
  })
  const told: Reading[] = []
  const stop = new AbortController()
  const emit = async (batch: Batch) => void told.push(...batch.readings)
  const finished = source.run(emit, stop.signal)
  const approve = () => {
    const { parked } = trust.of('plc')
    if (parked) trust.approve('plc', parked.thumbprint, { evenExpired: false, now: Date.now() })
    source.tryNow()
    return parked
  }
  const end = async () => {
    stop.abort(new Error('stopping'))
    await finished
  }
  t.teardown(async () => {
    await end()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    source,
    told,
    trust,
    clock,
    approve,
    end,
    newest: (point: string) => told.findLast((reading) => reading.point === point),
    up: () =>
      until('a session', () => {
        if (trusts) approve()
        return source.report().state === 'up'
      }),
  }
}

t.test('values, their quality and their time come as the server says them', async (t) => {
  const server = await opcuaServer({ nodes: NODES, users: { gateway: SECRET } })
  t.teardown(() => server.stop())
  const { source, newest, up, told } = running(t, { connection: connectionTo(server.endpoint()) })
  await up()
  await until('all points', () =>
    ['pressure', 'running', 'mode', 'hours'].every((point) => newest(point)?.quality === 'good'),
  )
  t.match(newest('pressure'), { device: 'PR1', value: 0.52, quality: 'good' })
  t.match(newest('running'), { value: true }, 'a namespace is found by its name')
  t.match(newest('mode'), { value: 'auto' })
  t.match(newest('hours'), { value: 70_000 }, '64 bits come in two halves')

  const at = Date.now() + 30
  server.set('P1.Pressure', 6.1, { at })
  t.match(
    await until('the change', () => told.find(({ value }) => value === 0.61)),
    { at },
    'by the time of its source',
  )
  const table = [
    ['BadSensorFailure', { value: null, quality: 'bad', reason: 'sensor_failure' }],
    ['BadNoCommunication', { value: null, quality: 'bad', reason: 'connection_lost' }],
    ['UncertainLastUsableValue', { value: null, quality: 'bad', reason: 'stale' }],
    ['UncertainSensorNotAccurate', { value: 0.7, quality: 'uncertain', reason: 'doubtful' }],
    ['BadTooManyMonitoredItems', { value: null, quality: 'bad', reason: 'exception' }],
  ] as const
  for (const [name, expected] of table) {
    server.set('P1.Pressure', 7, { status: StatusCodes[name] })
    await until(name, () => newest('pressure')?.reason === expected.reason)
    t.match(newest('pressure'), expected, name)
  }
  server.set('P1.Pressure', 25)
  await until('beyond its range', () => newest('pressure')?.reason === 'out_of_range')
  server.set('P1.Pressure', Number.NaN)
  await until('no number', () => newest('pressure')?.reason === 'not_a_number')
  server.set('P1.Pressure', 3)
  await until('good again', () => newest('pressure')?.value === 0.3)
  t.match(source.health(), { state: 'running', devices: [{ device: 'PR1', ok: true }] })
  const before = told.length
  await until('a value that stands still is confirmed', () =>
    told.slice(before).some(({ point, value }) => point === 'running' && value === true),
  )
  const times = told.filter(({ point }) => point === 'pressure').map((reading) => reading.at)
  t.strictSame(
    times,
    times.toSorted((a, b) => a - b),
    'never back in time',
  )
})

t.test('F36 a server that restarts is followed, all items anew, and nothing looks good meanwhile', async (t) => {
  const server = await opcuaServer({ nodes: NODES, users: { gateway: SECRET } })
  const { source, newest, up, told } = running(t, { connection: connectionTo(server.endpoint()) })
  await up()
  await until('a value', () => newest('pressure')?.quality === 'good')
  // Unchanged for an hour: it still holds when the server is back.
  server.set('P1.Running', true, { at: Date.now() - 3_600_000 })
  await server.stop()
  await until('bad', () => Object.keys(NODES).length > 0 && newest('pressure')?.reason === 'connection_lost')
  t.ok(
    ['running', 'mode', 'setpoint', 'hours'].every((point) => newest(point)?.quality === 'bad'),
    'all of them',
  )
  t.match(source.health(), { state: 'down', devices: [{ ok: false, reason: 'connection_lost' }] })
  const gone = told.length
  await server.start()
  t.teardown(() => server.stop())
  const from = performance.now()
  await until('good again', () => newest('pressure')?.quality === 'good', 30_000)
  t.ok(performance.now() - from < 30_000, 'within 30 s')
  await until(
    'every item',
    () =>
      new Set(
        told
          .slice(gone)
          .filter(({ quality }) => quality === 'good')
          .map(({ point }) => point),
      ).size === 5,
  )
  server.set('P1.Pressure', 8)
  await until('changes come again', () => newest('pressure')?.value === 0.8)
  t.equal(source.report().sessions, 2)
  for (const point of ['pressure', 'running', 'mode', 'setpoint', 'hours']) {
    const times = told.filter((reading) => reading.point === point).map(({ at }) => at)
    t.strictSame(
      times,
      times.toSorted((a, b) => a - b),
      `${point}: the newest is what was told last`,
    )
  }
})

t.test('F36 a subscription that is lost, or silent, is built again from nothing', async (t) => {
  const server = await opcuaServer({ nodes: NODES, users: { gateway: SECRET } })
  t.teardown(() => server.stop())
  // Patient with answers: that nothing at all comes would be noticed too late to help here.
  const connection = connectionTo(server.endpoint(), { timeoutMs: 60_000 })
  const { source, newest, up } = running(t, { connection })
  await up()
  await until('a value', () => newest('pressure')?.value === 0.52)
  server.dropSubscriptions()
  await until('a new session', () => source.report().sessions === 2, 30_000)
  server.set('P1.Pressure', 6)
  await until('its values', () => newest('pressure')?.value === 0.6)

  await until('one subscription', () => server.subscriptions() === 1)
  server.silence()
  server.set('P1.Pressure', 9)
  await until('read by hand', () => newest('pressure')?.value === 0.9, 30_000)
  await until('not trusted any more', () => source.report().sessions === 3, 30_000)
  server.set('P1.Pressure', 4)
  await until('told again', () => newest('pressure')?.value === 0.4)
})

t.test('S28 a server is believed only with the certificate that a person approved', async (t) => {
  const server = await opcuaServer({ nodes: NODES, users: { gateway: SECRET } })
  const { source, newest, trust, approve, told } = running(t, {
    connection: connectionTo(server.endpoint()),
    trusts: false,
  })
  await until('parked', () => trust.of('plc').parked)
  await until('said', () => source.report().trouble)
  t.match(source.report(), { state: 'down', trouble: { code: 'certificate', verdict: 'unknown' } })
  t.equal(server.sessions(), 0, 'no session, and no secret was sent')
  t.ok(told.every(({ quality }) => quality === 'bad'))
  t.equal(trust.of('plc').parked?.thumbprint, server.certificate.thumbprint)
  t.throws(() => trust.approve('plc', 'ff'.repeat(20), { evenExpired: false, now: Date.now() }), {
    code: 'certificate_not_waiting',
  })
  approve()
  await until('a value', () => newest('pressure')?.quality === 'good')

  await server.stop()
  await server.start(await serverCertificate())
  t.teardown(() => server.stop())
  await until('another one is refused', () => source.report().trouble?.verdict === 'changed', 30_000)
  t.equal(newest('pressure')?.quality, 'bad')
  approve()
  await until('approved', () => newest('pressure')?.quality === 'good', 30_000)
})

t.test('F36 a certificate that has expired is refused, unless approved as expired', async (t) => {
  const server = await opcuaServer({
    nodes: NODES,
    users: { gateway: SECRET },
    certificate: await serverCertificate(-60_000),
  })
  t.teardown(() => server.stop())
  const { source, newest, trust } = running(t, { connection: connectionTo(server.endpoint()), trusts: false })
  const parked = await until('parked', () => trust.of('plc').parked)
  t.throws(() => trust.approve('plc', parked.thumbprint, { evenExpired: false, now: Date.now() }), {
    code: 'certificate_expired',
  })
  trust.approve('plc', parked.sha256, { evenExpired: true, now: Date.now() })
  source.tryNow()
  await until('a value', () => newest('pressure')?.quality === 'good', 30_000)
  t.equal(trust.of('plc').evenExpired, true)
})

t.test('F36 one that expires while it is approved is refused from then on', async (t) => {
  const folder = t.testdir({})
  const trust = serverTrust(folder)
  const { der, thumbprint, expiresAt } = await serverCertificate()
  t.equal(trust.judge('plc', der, Date.now()), 'unknown')
  trust.approve('plc', thumbprint, { evenExpired: false, now: Date.now() })
  t.equal(trust.judge('plc', der, Date.now()), 'trusted')
  t.equal(trust.judge('plc', Buffer.concat([der, der]), Date.now()), 'trusted', 'first of a chain')
  t.equal(trust.judge('other', der, Date.now()), 'unknown', 'for this connection only')
  t.equal(trust.judge('plc', der, expiresAt), 'expired')
  t.equal(trust.judge('plc', der.subarray(0, 50), Date.now()), 'unreadable')
  t.equal(trust.judge('plc', Buffer.alloc(0), Date.now()), 'unreadable')
  t.ok(trust.revoke('plc'))
  t.equal(trust.judge('plc', der, Date.now()), 'unknown')
})

t.test('wrong nodes are bad points of their device, all of them named, and the others run', async (t) => {
  const server = await opcuaServer({ nodes: NODES, security: 'None' })
  t.teardown(() => server.stop())
  const wrong = `  a: { opcua: { node_id: 'ns=1;s=No.Such' } }
  b: { opcua: { node_id: 'nsu=http://nobody/;s=P1.Pressure' } }
  c: { opcua: { node_id: 'ns=77;i=12' } }
  d: { opcua: { node_id: 'ns=1;s={id}.Mode', deadband_percent: 1 } }`
  const { source, newest, up } = running(t, {
    connection: connectionTo(server.endpoint(), { mode: 'None', policy: 'None', identity: { kind: 'anonymous' } }),
    device: deviceOf(wrong),
  })
  await up()
  await until('good ones', () => newest('pressure')?.quality === 'good' && newest('d')?.value === 1)
  await until('bad ones', () => ['a', 'b', 'c'].every((point) => newest(point)?.reason === 'exception'))
  t.match(source.health().devices, [{ ok: false, reason: 'exception', refusedPoints: ['a', 'b', 'c'] }])
  t.strictSame(
    source.report().refused.map(({ nodeId }) => nodeId),
    ['ns=1;s=No.Such', 'nsu=http://nobody/;s=P1.Pressure', 'ns=77;i=12'],
  )
  t.strictSame(
    source.report().withoutDeadband,
    [{ device: 'PR1', point: 'd' }],
    'no range, so no percents: each change comes',
  )
})

t.test('what cannot be a server is said, and tried again', async (t) => {
  const closed = await garbageServer(Buffer.alloc(0))
  await closed.stop()
  const garbage = await garbageServer(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const endless = await garbageServer(Buffer.concat([Buffer.from('ACKF'), Buffer.alloc(60_000, 0xff)]))
  const strict = await opcuaServer({ nodes: {}, isStrict: true })
  const locked = await opcuaServer({ nodes: {}, users: { gateway: 'something-else-altogether' } })
  t.teardown(() => Promise.all([garbage.stop(), endless.stop(), strict.stop(), locked.stop()]))
  const table = [
    [closed.endpoint, /unreachable/],
    [garbage.endpoint, /unreachable/],
    [endless.endpoint, /unreachable/],
    [strict.endpoint(), /own_certificate/],
    [locked.endpoint(), /identity/],
  ] as const
  await Promise.all(
    table.map(async ([endpoint, code]) => {
      const { source, newest, approve } = running(t, { connection: connectionTo(endpoint, { timeoutMs: 2_000 }) })
      await until(endpoint, () => {
        approve()
        const { trouble } = source.report()
        return trouble && trouble.code !== 'certificate'
      })
      t.match(source.report().trouble?.code, code, JSON.stringify(source.report().trouble))
      await until('bad', () => newest('pressure')?.reason === 'connection_lost')
    }),
  )
})

t.test('writes are sent once and read back; browsing shows what is there', async (t) => {
  const server = await opcuaServer({ nodes: NODES, users: { gateway: SECRET } })
  t.teardown(() => server.stop())
  const { source, up } = running(t, { connection: connectionTo(server.endpoint()) })
  const { signal } = new AbortController()
  await t.rejects(source.write('PR1', 'setpoint', 0.5, signal), WriteFailed, 'no session yet')
  await t.rejects(source.browse('ns=0;i=85', 0), { code: 'server_away' })
  t.match(await source.read('PR1', 'pressure', signal), { quality: 'bad', reason: 'connection_lost' })
  await up()
  t.equal(await source.write('PR1', 'setpoint', 0.5, signal), 0.5)
  t.equal(server.valueOf('P1.Setpoint'), 5)
  t.equal(await source.write('PR1', 'mode', 'manual', signal), 'manual')
  t.equal(server.valueOf('P1.Mode'), 0)
  t.match(await source.read('PR1', 'setpoint', signal), { value: 0.5, quality: 'good' })
  const refused = [
    ['pressure', 0.5, 'invalid'],
    ['mode', 'sideways', 'invalid'],
  ] as const
  for (const [point, value, outcome] of refused)
    await t.rejects(source.write('PR1', point, value, signal), WriteFailed, `${point} ${outcome}`)
  await t.rejects(
    source.write('PR1', 'setpoint', 0.9, signal, () => false),
    WriteFailed,
  )
  t.equal(server.valueOf('P1.Setpoint'), 5, 'nothing was sent')

  const { items: roots } = await source.browse('ns=0;i=85', 0)
  const room = roots.find(({ name }) => name === 'PumpRoom')!
  t.match(room, { kind: 'object', nodeId: /^nsu=urn:caretaker:fake-plc;/ })
  const { items, next } = await source.browse(room.nodeId, 0)
  t.equal(next, null)
  t.match(
    items.find(({ name }) => name === 'P1.Setpoint'),
    {
      kind: 'variable',
      nodeId: 'nsu=urn:caretaker:fake-plc;s=P1.Setpoint',
      value: 5,
      type: 'Double',
      status: 'Good',
      isWritable: true,
    },
  )
  t.match(
    items.find(({ name }) => name === 'P1.Pressure'),
    { isWritable: false },
  )
  await t.rejects(source.browse('ns=1;s=Nothing', 0), { code: 'server_refused' })
})
