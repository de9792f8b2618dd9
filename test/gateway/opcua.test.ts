import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { readProfile } from '#devices/profile.ts'
import { askOpcUa } from '#gateway/control.ts'
import { startGateway } from '#gateway/gateway.ts'
import { opcuaDesk } from '#gateway/opcua/desk.ts'
import { systemRandom } from '#gateway/random.ts'
import { loadSite } from '#gateway/site/load.ts'
import { withSelf } from '#gateway/site/with-self.ts'
import { sayConfigFault } from '#gateway/texts.ts'
import type { OpcUaConnection } from '#ingest/opcua/connection.ts'
import { loadOpcUa } from '#ingest/opcua/library.ts'
import { makeOwnCertificate, type OwnCertificate } from '#ingest/opcua/own-certificate.ts'
import { openSession } from '#ingest/opcua/session.ts'
import { troubleOf } from '#ingest/opcua/trouble.ts'
import { userDoor } from '#gateway/opcua/user-door.ts'
import { serverTrust } from '#ingest/opcua/server-trust.ts'
import { opcuaServer, serverCertificate } from '#test/fakes/opcua-server.ts'
import { until } from '#test/fakes/until.ts'
import { PushedGateway } from '#test/stories/pushed-gateway.ts'

t.jobs = 3

const DAY_MS = 24 * 3_600_000
const MINUTE_MS = 60_000
const SECRET = 'a-long-secret-of-the-plc'
const PROFILE = `profile: plc
name: Pump
kind: pump-set
opcua: { sampling: 50ms }
offline_after: 4s
communication: { class: P8a, priority: medium, skill: pumps }
points:
  pressure: { unit: MPa, range: [0, 2], opcua: { node_id: 'ns=1;s={id}.Pressure' } }
  setpoint:
    unit: MPa
    range: [0, 2]
    access: rw
    control: { roles: [engineer], min: 0, max: 1 }
    opcua: { node_id: 'ns=1;s={id}.Setpoint' }
alarms:
  - id: low
    name: Low
    point: pressure
    limits: { lo: 0.3 }
    delay: { on: 0s, off: 0s }
    priority: high
    class: P2
    skill: pumps
examples:
  - opcua: { 'ns=1;s={id}.Pressure': 0.5 }
    expect: { pressure: 0.5 }
`
const site = (connections: string, devices: string) => `site: { id: s, name: S, timezone: Asia/Shanghai }
assets: [{ id: P, kind: pump-set }]
connections:
${connections}
devices:
${devices}
staff: [{ id: T1, role: technician, regions: [site], skills: [pumps], duty: ['00:00-24:00'] }]
`
const GOOD = "  plc: { protocol: opc-ua, endpoint: 'opc.tcp://10.0.0.4:4840' }"
const DEVICE = '  - { id: P, profile: plc, connection: plc, node_name: P1 }'

t.test('what is written wrongly of servers and nodes is said all at once, each with its place', async (t) => {
  const connections: [written: string, said: RegExp][] = [
    ["endpoint: 'http://10.0.0.4'", /4:38 "endpoint"/],
    ["endpoint: 'opc.tcp://h:4840', security: Non", /not be one of|SignAndEncrypt, Sign, None/],
    ["endpoint: 'opc.tcp://h:4840', policy: Basic128Rsa15", /Basic256Sha256/],
    ["endpoint: 'opc.tcp://h:4840', user: gw", /the key "secret" is missing/],
    [`endpoint: 'opc.tcp://h:4840', secret: ${SECRET}`, /of whom/],
    [`endpoint: 'opc.tcp://h:4840', security: None, user: gw, secret: ${SECRET}`, /not sent without security/],
    ["endpoint: 'opc.tcp://h:4840', security: None, policy: Basic256Sha256", /nothing is secured/],
    ["endpoint: 'opc.tcp://h:4840', user_certificate: { cert: no.pem, key: no.key }", /no\.pem/],
    ["endpoint: 'opc.tcp://h:4840', publishing: 10ms", /50ms or longer/],
    ["endpoint: 'opc.tcp://h:4840', unit: 1", /unknown key "unit"/],
  ]
  for (const [written, said] of connections) {
    const cwd = t.testdir({
      'site.yaml': site(`  plc: { protocol: opc-ua, ${written} }`, '  []'),
      profiles: { 'plc.yaml': PROFILE },
    })
    const { faults, site: loaded } = loadSite('site.yaml', { env: {}, cwd })
    const spoken = faults.map((fault) => sayConfigFault('en', fault))
    t.ok(
      spoken.some((sentence) => said.test(sentence)),
      `${written}: ${spoken.join('; ')}`,
    )
    t.ok(
      faults.every(({ line, column }) => line === 4 && column > 1),
      'in its line',
    )
    t.strictSame(loaded?.opcua, [], 'and nothing connects there')
  }
  const devices: [written: string, said: RegExp][] = [
    ['profile: plc', /the key "connection" is missing/],
    ['profile: plc, connection: plx', /no connection "plx" \(did you mean "plc"\?\)/],
    ['profile: plc, connection: bus', /bus is modbus-tcp, the profile speaks OPC UA/],
    ['profile: booster-pump-set, connection: plc, unit_id: 1', /plc is opc-ua, the profile speaks Modbus/],
    ['profile: plc, connection: plc, unit_id: 1', /only a Modbus device has one/],
    ['profile: booster-pump-set, connection: bus, unit_id: 1, node_name: x', /only a device of an OPC UA server/],
  ]
  for (const [written, said] of devices) {
    const bus = '  bus: { protocol: modbus-tcp, host: h, port: 502 }'
    const cwd = t.testdir({
      'site.yaml': site(`${GOOD}\n${bus}`, `  - { id: P, ${written} }`),
      profiles: { 'plc.yaml': PROFILE },
    })
    const spoken = loadSite('site.yaml', { env: {}, cwd }).faults.map((fault) => sayConfigFault('en', fault))
    t.ok(spoken.length === 1 && said.test(spoken[0]!), `${written}: ${spoken.join('; ')}`)
  }
  const wrong = PROFILE.replace('ns=1;s={id}.Pressure', 'ns=one;s=Pressure')
    .replace("'ns=1;s={id}.Setpoint' }", "'i=abc', deadband: 1, deadband_percent: 2 }")
    .replace('opcua: { sampling', 'opcua: { samplin')
  const { faults, profile } = readProfile(wrong, 'plc.yaml')
  t.equal(profile, undefined)
  t.match(
    faults.map(({ line, code }) => [line, code]).toSorted((a, b) => Number(a[0]) - Number(b[0])),
    [
      [4, 'unknown_key'],
      [8, 'wrong_value'],
      [14, 'wrong_value'],
      [14, 'wrong_value'],
      [25, 'unknown_reference'],
    ],
    'both node ids, the deadbands, the key, and the example of a node that is no more',
  )
})

t.test('F36 the end of a certificate is an alarm 30 days and 7 days before', async (t) => {
  const START = Date.UTC(2026, 11, 7, 2)
  const cases = [
    { own: 30 * DAY_MS, server: 90 * DAY_MS, raised: 'gateway/opcua-certificate.lo', at: 30 },
    { own: 90 * DAY_MS, server: 7 * DAY_MS, raised: 'gateway/opcua-server-certificate.lolo', at: 7 },
    { own: 7 * DAY_MS, server: 90 * DAY_MS, raised: 'gateway/opcua-certificate.lolo', at: 7 },
  ]
  for (const { own, server, raised, at } of cases) {
    const cwd = t.testdir({ 'site.yaml': site(GOOD, DEVICE), profiles: { 'plc.yaml': PROFILE } })
    const { site: loaded } = loadSite('site.yaml', { env: {}, cwd })
    const whole = withSelf(loaded!)
    const rules = whole.plan.rules.filter(({ device }) => device === 'gateway')
    const gateway = new PushedGateway(t, { ...whole, plan: { ...whole.plan, rules } }, START)
    const place = join(cwd, 'opcua')
    // Ten minutes more than that: the day comes while the gateway runs.
    const later = 10 * MINUTE_MS
    await makeOwnCertificate(place, { site: 's', now: START, validMs: own + later })
    const trust = serverTrust(place)
    const shown = await makeOwnCertificate(mkdtempSync(join(tmpdir(), 'opcua-')), {
      site: 'plc',
      now: START,
      validMs: server + later,
    })
    trust.judge('plc', shown.der, START)
    trust.approve('plc', shown.thumbprint, { evenExpired: false, now: START })
    const desk = opcuaDesk({
      site: whole,
      folder: cwd,
      clock: { now: () => gateway.time.now(), wallOffsetMs: () => 0, sleep: () => Promise.reject(new Error('unused')) },
      stopwatch: () => 0,
      chance: () => 0,
      journal: async () => {},
    })!
    gateway.certificateDays = () => desk.certificateDays()
    await gateway.start()
    const became = () =>
      gateway.happened('condition.became').some(({ rule, state }) => rule === raised && state === 'true')
    await gateway.runUntil(START + later - 10_000)
    t.notOk(became(), `${raised}: not a moment before`)
    await gateway.runUntilTrue(raised, START + later + MINUTE_MS, became)
    t.ok(gateway.happened('alarm.raised').length >= 1, `${raised} at ${at} days`)
    t.strictSame(gateway.errors, [])
  }
  const bare = loadSite('site.yaml', {
    env: {},
    cwd: t.testdir({ 'site.yaml': site('  {}', '  []') }),
  }).site!
  t.notOk(
    withSelf(bare).plan.rules.some(({ id }) => /opcua/.test(id)),
    'a site without OPC UA hears nothing of it',
  )
  t.equal(opcuaDesk({ site: bare } as unknown as Parameters<typeof opcuaDesk>[0]), null)
})

t.test('a controller from its first certificate to an alarm and a write, through the whole gateway', async (t) => {
  const server = await opcuaServer({
    nodes: {
      'P1.Pressure': { type: 'Double', value: 0.5 },
      'P1.Setpoint': { type: 'Float', value: 0.6, writable: true },
    },
    users: { gw: SECRET },
  })
  t.teardown(() => server.stop())
  const entry = `  plc: { protocol: opc-ua, endpoint: '${server.endpoint()}', user: gw, secret: '\${env:PLC}', publishing: 100ms }`
  const cwd = t.testdir({ 'site.yaml': site(entry, DEVICE), profiles: { 'plc.yaml': PROFILE } })
  const { site: loaded, faults } = loadSite('site.yaml', { env: { PLC: SECRET }, cwd })
  t.strictSame(faults, [])
  // A socket's path may not be long.
  const folder = mkdtempSync(join(tmpdir(), 'opcua-data-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const logged: string[] = []
  const gateway = await startGateway({
    site: loaded!,
    folder,
    http: { host: '127.0.0.1', port: 0 },
    speed: 1,
    version: 'test',
    pid: process.pid,
    random: systemRandom(),
    log: pino({ level: 'info' }, { write: (line: string) => void logged.push(line) }),
  })
  t.teardown(() => gateway.stop())
  const { token } = await gateway.createToken('engineer')
  const ask = async (path: string, body?: object) => {
    const answer = await fetch(`http://127.0.0.1:${gateway.http.port}/api/v1${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${token}`,
        ...(body ? { 'content-type': 'application/json', 'idempotency-key': `key-${path}` } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, never> }
  }
  type Server = {
    id: string
    state: string
    trouble: { verdict: string } | null
    parked: { thumbprint: string } | null
  }
  const plc = async () => ((await ask('/opcua')).body as unknown as { items: Server[] }).items[0]!

  const { parked } = await until('it waits for approval', async () => {
    const now = await plc()
    return now.parked && now.trouble ? now : null
  })
  t.match(await plc(), {
    id: 'plc',
    state: 'down',
    trouble: { code: 'certificate', verdict: 'unknown' },
    approved: null,
  })
  t.equal((await ask('/opcua/plc/nodes')).status, 503, 'nothing to see before')
  const wrong: [path: string, body: object, status: number][] = [
    ['/opcua/plc/approve', { thumbprint: 'ab' }, 400],
    ['/opcua/plc/approve', { thumbprint: '00'.repeat(20) }, 404],
    ['/opcua/other/approve', { thumbprint: parked!.thumbprint }, 404],
  ]
  for (const [path, body, status] of wrong) t.equal((await ask(path, body)).status, status, JSON.stringify(body))
  // As the command line does it, at the box.
  t.match(await askOpcUa(folder, { do: 'list' }), {
    servers: [{ id: 'plc', parked: { thumbprint: server.certificate.thumbprint } }],
  })
  await t.rejects(askOpcUa(folder, { do: 'approve', server: 'plc', thumbprint: '0'.repeat(40), evenExpired: false }), {
    code: 'certificate_not_waiting',
  } as unknown as Error)
  t.equal((await ask('/opcua/plc/approve', { thumbprint: parked!.thumbprint })).status, 200)
  await until('up', async () => (await plc()).state === 'up')

  const { items } = (await ask('/opcua/plc/nodes')).body as unknown as { items: { name: string; nodeId: string }[] }
  const room = items.find(({ name }) => name === 'PumpRoom')!
  t.match((await ask(`/opcua/plc/nodes?node=${encodeURIComponent(room.nodeId)}`)).body, {
    items: [{ name: 'P1.Pressure', kind: 'variable', value: 0.5, type: 'Double' }, { name: 'P1.Setpoint' }],
    next: null,
  })
  t.equal((await ask('/opcua/plc/nodes?node=nonsense')).status, 409)
  t.equal((await ask(`/opcua/plc/nodes?node=${'x'.repeat(600)}`)).status, 400)

  type Alarms = { items: { rule: string }[] }
  const alarms = async () => ((await ask('/alarms')).body as unknown as Alarms).items.map(({ rule }) => rule)
  const pressure = async () => {
    const { items: devices } = (await ask('/devices')).body as unknown as {
      items: { id: string; points: { point: string; value: unknown; quality: string; reason: string | null }[] }[]
    }
    return devices.find(({ id }) => id === 'P')!.points.find(({ point }) => point === 'pressure')!
  }
  await until('a value', async () => (await pressure()).value === 0.5)
  server.set('P1.Pressure', 0.1)
  await until('an alarm', async () => (await alarms()).includes('P/low.lo'))

  await ask('/devices/P/lease', { by: 'T1' })
  const written = await ask('/devices/P/write', { by: 'T1', point: 'setpoint', value: 0.7, reason: 'evening peak' })
  t.match(written, { status: 200, body: { outcome: 'verified' } }, JSON.stringify(written.body))
  t.ok(Math.abs(Number(server.valueOf('P1.Setpoint')) - 0.7) < 1e-6)

  await server.stop()
  await until('bad', async () => (await pressure()).quality === 'bad')
  t.match(await pressure(), { value: null, reason: 'connection_lost' })
  t.ok((await alarms()).includes('P/low.lo'), 'bad data clears nothing')
  await server.start(await serverCertificate())
  await until('another certificate is not believed', async () => (await plc()).trouble?.verdict === 'changed', 30_000)
  t.notOk(
    logged.some((line) => line.includes(SECRET)),
    'no secret in the log',
  )
})

t.test('S28 the site as a server: values, status, alarms; read-only, and for those who know a secret', async (t) => {
  const files = { 'plc.yaml': PROFILE.replaceAll("'ns=1;s={id}.Pressure'", "'ns=1;s=P.Pressure'") }
  const port = await freePort()
  const server = await opcuaServer({
    nodes: { 'P.Pressure': { type: 'Double', value: 0.1 }, 'P1.Setpoint': { type: 'Double', value: 0.6 } },
    security: 'None',
  })
  t.teardown(() => server.stop())
  const client = await serverCertificate(DAY_MS, 'building-management')
  const stranger = await serverCertificate(DAY_MS, 'stranger')
  const entry = `  plc: { protocol: opc-ua, endpoint: '${server.endpoint()}', security: None, publishing: 100ms }
opcua_server:
  listen: '127.0.0.1:${port}'
  users: [{ user: bms, secret: '\${env:BMS}' }]
  clients: ['${client.certFile}']`
  const cwd = t.testdir({ 'site.yaml': site(entry, DEVICE), profiles: files })
  const { site: loaded, faults } = loadSite('site.yaml', { env: { BMS: SECRET }, cwd })
  t.strictSame(faults, [])
  const logged: string[] = []
  const gateway = await startGateway({
    site: loaded!,
    folder: join(cwd, 'data'),
    http: { host: '127.0.0.1', port: 0 },
    speed: 1,
    version: 'test',
    pid: process.pid,
    random: systemRandom(),
    log: pino({ level: 'info' }, { write: (line: string) => void logged.push(line) }),
  })
  t.teardown(() => gateway.stop())
  await until('it listens', () => logged.some((line) => line.includes('OPC UA server listens')))

  const opcua = await loadOpcUa()
  const connect = async (
    own: OwnCertificate,
    identity: OpcUaConnection['identity'],
    mode: 'SignAndEncrypt' | 'None' = 'SignAndEncrypt',
  ) =>
    openSession({
      opcua,
      connection: {
        id: 'up',
        protocol: 'opc-ua',
        endpoint: `opc.tcp://127.0.0.1:${port}`,
        mode,
        policy: mode === 'None' ? 'None' : 'Basic256Sha256',
        identity,
        publishingMs: 100,
        timeoutMs: 5_000,
      },
      own,
      isTrusted: () => true,
      signal: new AbortController().signal,
    })
  const user = { kind: 'user', user: 'bms', secret: SECRET } as const
  const refused: [what: string, code: RegExp, attempt: () => Promise<unknown>][] = [
    ['without a secret', /identity/, () => connect(client, { kind: 'anonymous' })],
    ['with a wrong one', /identity/, () => connect(client, { ...user, secret: 'another-long-secret' })],
    ['with a certificate that nobody named', /own_certificate/, () => connect(stranger, user)],
    ['without security', /endpoint/, () => connect(client, { kind: 'anonymous' }, 'None')],
  ]
  for (const [what, code, attempt] of refused) {
    const trouble = await attempt().then(
      () => null,
      (error: unknown) => troubleOf(error, null),
    )
    t.match(trouble?.code, code, `${what}: ${trouble?.detail}`)
  }

  const session = await connect(client, user)
  t.teardown(() => session.gone())
  const { services } = session
  const read = async (nodeId: string) => {
    const value = await services.read({ nodeId: `ns=1;s=${nodeId}`, attributeId: opcua.AttributeIds.Value }, 0)
    return { status: value.statusCode.name, value: value.value?.value as unknown, at: value.sourceTimestamp?.getTime() }
  }
  await until('the value', async () => (await read('P.pressure')).value === 0.1)
  t.match(await read('P.pressure'), { status: 'Good', at: Number })
  await until('its alarm', async () => (await read('Alarms.Standing')).value === 1)
  const { references } = await services.browse('ns=1;s=Alarms')
  const alarm = references!.find(({ browseName }) => /^A\d+/.test(browseName.name ?? ''))!.browseName.name!
  t.match(await read(`alarm:${alarm}.Rule`), { value: 'P/low.lo' })
  t.match(await read(`alarm:${alarm}.Active`), { value: true })
  t.match(await read(`alarm:${alarm}.Acknowledged`), { value: false })
  const status = await services.write({
    nodeId: 'ns=1;s=P.setpoint',
    attributeId: opcua.AttributeIds.Value,
    value: { value: { dataType: opcua.DataType.Double, value: 0.1 as never } },
  })
  t.not(status.name, 'Good', 'nothing can be written')

  await server.stop()
  await until('no old value', async () => (await read('P.pressure')).status === 'BadNoCommunication')
  t.equal((await read('P.pressure')).value, null)
  t.notOk(
    logged.some((line) => line.includes(SECRET)),
    'no secret in the log',
  )
})

t.test('S07 whoever guesses at the door of the server slows down themselves, and nobody else', (t) => {
  let now = 0
  const door = userDoor(
    new Map([
      ['bms', SECRET],
      ['erp', `${SECRET}-2`],
    ]),
    () => now,
  )
  const [attacker, own] = ['::ffff:10.0.0.66', '10.0.0.5']
  t.equal(door('bms', SECRET, attacker), true)
  for (let i = 0; i < 5; i++) t.equal(door('bms', 'a-guess-of-16-letters', attacker), false)
  t.equal(door('bms', SECRET, '10.0.0.66'), false, 'the right one too, for a while')
  t.equal(door('erp', `${SECRET}-2`, attacker), true, 'another user of that address')
  t.equal(door('bms', SECRET, own), true, 'the same user from elsewhere')
  now += 300_000
  t.equal(door('bms', SECRET, attacker), true, 'the wait is over')
  for (let i = 0; i < 20; i++) t.equal(door(`user-${i}`, 'a-guess-of-16-letters', attacker), false)
  t.equal(door('erp', `${SECRET}-2`, attacker), false, 'names are tried in turn')
  t.equal(door('erp', `${SECRET}-2`, own), true)
  t.equal(door('nobody', SECRET, own), false)
  t.equal(door('bms', '', own), false)
  t.end()
})

t.test('the site as a server is off unless said, and never open unless said', async (t) => {
  const wrong: [written: string, said: RegExp][] = [
    ["{ listen: '127.0.0.1:4840' }", /the key "users" is missing/],
    ["{ listen: '127.0.0.1:4840', users: [] }", /the key "users" is missing/],
    ["{ listen: '4840', anonymous: true }", /"listen"/],
    [`{ listen: 'h:4840', users: [{ user: a, secret: ${SECRET} }], clients: [no.pem] }`, /no\.pem/],
  ]
  for (const [written, said] of wrong) {
    const cwd = t.testdir({ 'site.yaml': `${site('  {}', '  []')}opcua_server: ${written}\n` })
    const { site: loaded, faults } = loadSite('site.yaml', { env: {}, cwd })
    const spoken = faults.map((fault) => sayConfigFault('en', fault))
    t.ok(spoken.length === 1 && said.test(spoken[0]!), `${written}: ${spoken.join('; ')}`)
    t.equal(loaded?.opcuaServer, null)
  }
  const cwd = t.testdir({ 'site.yaml': `${site('  {}', '  []')}opcua_server: { listen: 'h:1', anonymous: true }\n` })
  t.match(loadSite('site.yaml', { env: {}, cwd }), { faults: [], site: { opcuaServer: { anonymous: true } } })
})

async function freePort(): Promise<number> {
  const listener = createServer()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  return port
}
