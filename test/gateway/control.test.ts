import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { type Gateway, startGateway } from '#gateway/gateway.ts'
import { systemRandom } from '#gateway/random.ts'
import type { Role } from '#gateway/role.ts'
import { loadSite } from '#gateway/site/load.ts'
import { clientOf } from '#test/fakes/small-estate.ts'
import { startGatewayProcess } from '#test/fakes/gateway-process.ts'
import { ModbusChaosProxy } from '#test/fakes/modbus-chaos-proxy.ts'
import { FakeModbus } from '#test/fakes/modbus-unit.ts'
import { until as untilWithin } from '#test/fakes/until.ts'

/** Machines of a CI are slow: where a first poll is lost to that, the next one comes after 50 s. */
const until: typeof untilWithin = (what, probe) => untilWithin(what, probe, 75_000)

/** A pump behind a controller: a setpoint that may be written while it runs, and a temperature that raises an alarm. */
const PROFILE = `
profile: test-pump
name: Pump
kind: pump
modbus: { every: 200ms }
offline_after: 60s
communication: { class: P8a, priority: low, skill: water }
points:
  hot: { type: bool, modbus: { address: 0, bit: 0 } }
  running: { type: bool, modbus: { address: 1, bit: 0, every: 50s } }
  setpoint:
    access: rw
    control: { roles: [engineer, admin], min: 0.5, max: 0.9, step: 0.01, when: [running], tolerance: 0.002 }
    modbus: { address: 10, scale: 0.001, every: 50s }
  speed: { access: rw, control: { roles: [engineer], min: 0, max: 50 }, modbus: { address: 20 } }
  ramp: { access: rw, control: { roles: [engineer], min: 0, max: 100, settle: 4s }, modbus: { address: 11, every: 50s } }
alarms:
  - { id: hot, name: Hot, when: hot, delay: { on: 0s, off: 0s }, priority: high, class: P2, skill: water }
examples:
  - { modbus: { holding: { 0: [0, 1], 10: [650, 5], 20: [30] } }, expect: { hot: false, running: true, setpoint: 0.65, ramp: 5, speed: 30 } }
`
const siteText = (port: number) => `
site: { id: x, name: X, timezone: Asia/Shanghai }
assets: [{ id: ROOM, kind: room }, { id: P, kind: pump, parent: ROOM, room: PR1 }, { id: Q, kind: pump }]
connections: { plc: { protocol: modbus-tcp, host: 127.0.0.1, port: ${port}, timeout: 400ms } }
devices:
  - { id: P, profile: test-pump, connection: plc, unit_id: 1 }
  - { id: R, asset: ROOM, profile: test-pump, connection: plc, unit_id: 2 }
staff:
  - { id: T1, role: technician, regions: [site], skills: [water], duty: ['00:00-24:00'] }
  - { id: T2, role: technician, regions: [site], skills: [water], duty: ['00:00-24:00'] }
fallback: T1
`

type Answer = Readonly<{ status: number; body: Record<string, unknown> }>

function folderOf(t: Pick<Test, 'teardown'>, port: number): { folder: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-control-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'profiles'))
  writeFileSync(join(folder, 'profiles', 'test-pump.yaml'), PROFILE)
  const file = join(folder, 'site.yaml')
  writeFileSync(file, siteText(port))
  return { folder, file }
}

async function wire(t: Pick<Test, 'teardown'>) {
  const far = await FakeModbus.start()
  t.teardown(() => far.stop())
  for (const id of [1, 2]) {
    far.unit(id).holding.set(1, 1)
    far.unit(id).holding.set(10, 650)
  }
  const proxy = await new ModbusChaosProxy(far.port).start()
  t.teardown(() => proxy.stop())
  return { far, proxy, unit: far.unit(1) }
}

/** A whole gateway, a wire that may lose things, and a unit at its end. */
async function estate(t: Pick<Test, 'teardown'>) {
  const { far, proxy, unit } = await wire(t)
  const { folder, file } = folderOf(t, proxy.port)
  const readSite = () => loadSite(file, { env: {}, cwd: folder })
  const { site, faults } = readSite()
  if (!site || faults.length > 0) throw new Error(JSON.stringify(faults))
  const gateway: Gateway = await startGateway({
    site,
    readSite,
    folder: join(folder, 'data'),
    http: { host: '127.0.0.1', port: 0 },
    speed: 1,
    version: 'test',
    pid: process.pid,
    random: systemRandom(),
    log: pino({ level: 'silent' }),
  })
  t.teardown(() => gateway.stop())
  const tokens = new Map<Role, string>()
  let keys = 0
  async function ask(
    path: string,
    body?: object,
    role: Role = 'engineer',
    key = `key-${++keys}-0000`,
  ): Promise<Answer> {
    if (!tokens.has(role)) tokens.set(role, (await gateway.createToken(role)).token)
    const answer = await fetch(`http://127.0.0.1:${gateway.http.port}/api/v1${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${tokens.get(role)!}`,
        ...(body ? { 'content-type': 'application/json', 'idempotency-key': key } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const write = (value: unknown, more: object = {}, role?: Role, key?: string) =>
    ask('/devices/P/write', { by: 'T1', point: 'setpoint', value, reason: 'evening peak', ...more }, role, key)
  await until('the pump was heard', async () => isKnown(await ask('/devices/P/control')))
  await ask('/devices/P/lease', { by: 'T1' })
  const events = () => journalOf(join(folder, 'data'))
  return { far, proxy, unit, folder, file, gateway, ask, write, events }
}

function isKnown({ body }: Answer): boolean {
  const points = (body['points'] ?? []) as { quality: string | null; whyNot: unknown[] }[]
  return points.length > 0 && points.every(({ quality, whyNot }) => quality === 'good' && whyNot.length === 0)
}

type Journaled = Readonly<{ type: string; [key: string]: unknown }>

function journalOf(data: string): Journaled[] {
  const journal = new DatabaseSync(join(data, 'journal.db'), { readOnly: true })
  try {
    const rows = journal.prepare('select body from events order by seq').all() as { body: string }[]
    return rows.map(({ body }) => JSON.parse(body) as Journaled)
  } finally {
    journal.close()
  }
}

const ofControl = (events: readonly Journaled[]) =>
  events.filter(({ type }) => /^control\.(requested|settled)/.test(type))

t.setTimeout(240_000)

t.test('a write is journaled, sent once, read back, and told with what the device holds', async (t) => {
  const { proxy, unit, write, ask, events } = await estate(t)
  let journaled: unknown[] = []
  proxy.onWrite = () => (journaled = ofControl(events()))
  const done = await write(0.72)
  t.match(done, { status: 200, body: { outcome: 'verified', from: 0.65, to: 0.72, readBack: 0.72 } })
  t.match(journaled, [{ type: 'control.requested', by: 'T1', reason: 'evening peak', from: 0.65, to: 0.72 }])
  t.equal(journaled.length, 1, 'durable before a byte went out')
  t.equal(unit.holding.get(10), 720)
  t.equal(proxy.writes, 1)
  t.match(ofControl(events()), [{}, { type: 'control.settled', outcome: 'verified', readBack: 0.72, actor: 'gateway' }])
  const { body } = await ask('/devices/P/control', undefined, 'monitor')
  t.match(body, {
    asset: 'P',
    lease: { by: 'T1', isYours: false },
    blocks: [],
    recent: [{ to: 0.72, outcome: 'verified' }],
  })
  t.match((body['points'] as unknown[])[0], {
    point: 'setpoint',
    allowed: { min: 0.5, max: 0.9, step: 0.01 },
    roles: ['engineer', 'admin'],
    whyNot: [{ code: 'role_not_allowed', text: { en: /monitor/ } }],
  })

  t.test('the same key has one effect and one answer', async (t) => {
    const send = (value: number) => write(value, { point: 'speed' }, 'engineer', 'once-only-1')
    const first = await send(40)
    await until('the gateway knows another value by now', async () => {
      const { body: known } = await ask('/devices/P/control')
      return (known['points'] as { point: string; value: number }[]).some(
        ({ point, value }) => point === 'speed' && value === 40,
      )
    })
    const again = await send(40)
    t.equal(first.body['outcome'], 'verified')
    t.strictSame(again, first)
    t.equal(proxy.writes, 2)
    t.match(await send(41), { status: 409, body: { code: 'command_reused' } })
  })

  t.test('what may not be written is refused before anything is sent', async (t) => {
    const before = proxy.writes
    const table: readonly [string, Promise<Answer>, number, string][] = [
      ['another role', write(0.6, {}, 'manager'), 403, 'role_not_allowed'],
      ['a role that writes nothing', write(0.6, {}, 'monitor'), 403, 'forbidden'],
      ['somebody else', write(0.6, { by: 'T1' }, 'admin'), 409, 'lease_held'],
      ['too much', write(0.95), 400, 'value_not_allowed'],
      ['a word', write('high'), 400, 'value_not_allowed'],
      ['no reason', write(0.6, { reason: '' }), 400, 'invalid_request'],
      ['a point without control', write(true, { point: 'running' }), 404, 'not_writable'],
      [
        'a device without control',
        ask('/devices/Q/write', { by: 'T1', point: 'x', value: 1, reason: 'no' }),
        404,
        'not_writable',
      ],
    ]
    for (const [name, answer, status, code] of table) t.match(await answer, { status, body: { code } }, name)
    t.match(await ask('/devices/Q/control'), { status: 404 })
    t.equal(proxy.writes, before)
  })
})

t.test('F37 a write whose answer is lost is read back and never repeated', async (t) => {
  const { proxy, unit, write, events } = await estate(t)
  proxy.fate = 'replyLost'
  t.match(
    await write(0.7),
    { status: 200, body: { outcome: 'verified', readBack: 0.7 } },
    'done, though nobody said so',
  )
  t.equal(proxy.writes, 1)
  proxy.fate = 'requestLost'
  t.match(await write(0.8), { status: 200, body: { outcome: 'mismatch', readBack: 0.7, why: { code: 'holds_other' } } })
  t.equal(proxy.writes, 2, 'it never arrived, and is not sent again')
  t.equal(unit.holding.get(10), 700)
  proxy.fate = 'darkness'
  t.match(await write(0.75), { status: 200, body: { outcome: 'unconfirmed', readBack: null } }, 'nobody can tell')
  t.equal(proxy.writes, 3)
  t.equal(ofControl(events()).length, 6)
})

t.test('the device has its say: it refuses, or takes its time', async (t) => {
  const { proxy, unit, ask, write } = await estate(t)
  unit.missing.add(10)
  unit.missing.add(9)
  // What it cannot be read from is not written to.
  t.match(await write(0.7), { body: { outcome: 'not_sent', why: { code: 'unreadable' } } })
  t.equal(proxy.writes, 0)
  unit.missing.clear()
  unit.refusesWrites = true
  t.match(await write(0.7), { body: { outcome: 'refused', readBack: 0.65, why: { code: 'device_refused' } } })
  unit.refusesWrites = false
  unit.isStubborn = true
  const ramp = ask('/devices/P/write', { by: 'T1', point: 'ramp', value: 40, reason: 'test' })
  await until('it was asked', () => proxy.writes === 2)
  await until(
    'it looks again',
    () => unit.asked.filter(({ code, address }) => code === 3 && address === 11).length >= 6,
  )
  unit.holding.set(11, 40)
  t.match(await ramp, { body: { outcome: 'verified', readBack: 40 } }, 'it settled within its time')
  t.equal(proxy.writes, 2)
})

t.test('conditions are judged on values read for it, right before the write', async (t) => {
  const { proxy, unit, far, write } = await estate(t)
  // The gateway has read a minute ago that it runs; it has stopped since.
  unit.holding.set(1, 0)
  t.match(await write(0.7), {
    status: 200,
    body: { outcome: 'not_sent', why: { code: 'precondition_false', params: { condition: 'running' } } },
  })
  unit.holding.set(1, 1)
  unit.mood = 'silent'
  t.match(await write(0.7), { body: { outcome: 'not_sent', why: { code: 'precondition_unknown' } } })
  await until('the unit is known to be silent', async () => (await write(0.7)).status === 409)
  t.match(await write(0.7), { status: 409, body: { code: 'precondition_unknown' } }, 'bad readings prove nothing')
  t.equal(proxy.writes, 0)
  t.ok(far.unit(1).asked.every(({ code }) => code <= 4))
})

t.test('nothing is written while somebody works there, and the answer names the order', async (t) => {
  const { proxy, unit, far, ask, write } = await estate(t)
  far.unit(2).holding.set(0, 1)
  const order = await until('an order at the room', async () => {
    const { body } = await ask('/orders?state=open')
    return (body['items'] as { id: string; asset: string; assignee: string }[]).find(({ asset }) => asset === 'ROOM')
  })
  const step = (name: string) => ask(`/orders/${order.id}/${name}`, { by: order.assignee }, 'field')
  t.equal((await step('accept')).status, 200)
  t.match(await write(0.7), { status: 200, body: { outcome: 'verified' } }, 'on the way is not there')
  t.equal((await step('arrive')).status, 200)
  const refused = await write(0.71)
  t.match(refused, { status: 409, body: { code: 'at_work', params: { order: order.id, asset: 'ROOM' } } })
  t.match(String(refused.body['detail']), order.id)
  t.match((await ask('/devices/P/control')).body['blocks'], [{ code: 'at_work', params: { order: order.id } }])
  t.equal((await step('finish')).status, 200)

  t.test('a lock, a permit, somebody in the room', async (t) => {
    t.equal((await ask('/assets/P/lockouts', { by: 'T2', reason: 'seal' }, 'field')).status, 200)
    const { body } = await ask('/safeguards')
    const [{ id }] = body['lockouts'] as [{ id: string }]
    t.match(body['lockouts'], [{ asset: 'P', by: 'T2', reason: 'seal', since: /^20/ }])
    t.match(await write(0.72), { status: 409, body: { code: 'locked_out', params: { lockout: id, by: 'T2' } } })
    t.match(await ask(`/lockouts/${id}/remove`, { by: 'T1' }, 'field'), {
      status: 403,
      body: { code: 'not_lockout_owner' },
    })
    t.equal((await ask(`/lockouts/${id}/remove`, { by: 'T2' }, 'field')).status, 200)
    t.equal((await ask('/assets/ROOM/permits', { by: 'T2', reason: 'tank' }, 'field')).status, 200)
    t.match(await write(0.72), { status: 409, body: { code: 'permit_open' } })
    const [permit] = (await ask('/safeguards')).body['permits'] as [{ id: string }]
    t.equal((await ask(`/permits/${permit.id}/close`, { by: 'T2' }, 'field')).status, 200)
    t.equal((await ask('/rooms/PR1/enter', { by: 'T2' }, 'field')).status, 200)
    t.match(await write(0.72), { status: 409, body: { code: 'somebody_there', params: { by: 'T2' } } })
    t.equal((await ask('/rooms/PR1/leave', { by: 'T2' }, 'field')).status, 200)
  })

  t.test('who comes while the line is busy is seen before the first byte', async (t) => {
    const before = proxy.writes
    const release = proxy.hold()
    const waiting = write(0.73)
    await until('its reading waits', () => proxy.isHolding)
    t.equal((await ask('/rooms/PR1/enter', { by: 'T2' }, 'field')).status, 200)
    release()
    t.match(await waiting, { status: 200, body: { outcome: 'not_sent', why: { code: 'somebody_there' } } })
    t.equal(proxy.writes, before)
    t.equal(unit.holding.get(10), 700)
  })
})

t.test('F51 who feeds whom by a configuration that came while it runs forbids from then on', async (t) => {
  const { file, proxy, gateway, ask, write } = await estate(t)
  t.equal((await ask('/assets/Q/lockouts', { by: 'T2', reason: 'switchgear' }, 'field')).status, 200)
  t.match(await write(0.7), { status: 200, body: { outcome: 'verified' } }, 'a lock elsewhere')
  const before = proxy.writes
  writeFileSync(file, readFileSync(file, 'utf8').replace('parent: ROOM, room: PR1', '$&, fed_by: [Q]'))
  t.match(await gateway.reload({ dryRun: false, mayRestart: false }), { outcome: 'applied', faults: [] })
  t.match((await ask('/devices/P/control')).body, { lease: { by: 'T1' }, blocks: [{ code: 'locked_out' }] })
  t.match(await write(0.71), { status: 409, body: { code: 'locked_out', params: { asset: 'Q' } } })
  t.equal(proxy.writes, before)
})

t.test('whoever is on the staff list acts as nobody else', async (t) => {
  const { gateway, proxy } = await estate(t)
  const url = `http://127.0.0.1:${gateway.http.port}`
  const link = gateway.createLink({ role: 'engineer', person: 'T1', ttlMs: null, uses: null })
  const entered = await fetch(url + link, { redirect: 'manual' })
  const cookie = entered.headers.get('set-cookie')!.split(';')[0]!
  let keys = 0
  const post = async (path: string, body: object) => {
    const headers = { cookie, 'content-type': 'application/json', 'idempotency-key': `self-key-${++keys}` }
    const answer = await fetch(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: answer.status, body: (await answer.json()) as object }
  }
  const reason = 'a test'
  const mine = { status: 403, body: { code: 'not_yourself', params: { person: 'T1' } } }
  t.match(await post('/devices/R/lease', { by: 'T2' }), mine)
  t.match(await post('/assets/P/lockouts', { by: 'T2', reason }), mine)
  t.match(await post('/assets/P/permits', { by: 'T2', reason }), mine)
  t.match(await post('/rooms/PR1/enter', { by: 'T2' }), mine)
  t.equal((await post('/devices/R/lease', { by: 'T1' })).status, 200)
  t.match(await post('/devices/R/write', { by: 'T2', point: 'setpoint', value: 0.7, reason }), mine)
  t.equal(proxy.writes, 0)
})

t.test('F37 killed between the request and its outcome: read back at the start, never written again', async (t) => {
  const { far, proxy } = await wire(t)
  const { folder, file } = folderOf(t, proxy.port)
  const data = join(folder, 'data')
  const args = ['run', file, '--data', data, '--http', '127.0.0.1:0']
  for (const [fate, outcome, held] of [
    ['darkness', 'verified', 700],
    // Another device: the first is still held by who died with the write.
    ['requestLost', 'mismatch', 650],
  ] as const) {
    const [device, unit] = outcome === 'verified' ? ['P', far.unit(1)] : ['R', far.unit(2)]
    const gateway = await startGatewayProcess(args)
    t.teardown(() => gateway.child.kill('SIGKILL'))
    const ask = await clientOf(gateway, data)
    await until('the pump was heard', async () =>
      isKnown(await ask(`/api/v1/devices/${device}/control`).then(onlyFirst)),
    )
    await ask(`/api/v1/devices/${device}/lease`, { method: 'POST', body: { by: 'T1' } })
    proxy.fate = fate
    const before = proxy.writes
    const value = outcome === 'verified' ? 0.7 : 0.8
    const lost = ask(`/api/v1/devices/${device}/write`, {
      method: 'POST',
      body: { by: 'T1', point: 'setpoint', value, reason: `the power goes (${fate})` },
      withinMs: 20_000,
    }).catch(() => null)
    await until('it is on the wire', () => proxy.writes > before)
    await gateway.end('SIGKILL')
    t.equal(await lost, null, 'nobody was told')
    t.equal(ofControl(journalOf(data)).at(-1)?.type, 'control.requested')
    proxy.heal()
    const again = await startGatewayProcess(args)
    t.teardown(() => again.child.kill('SIGKILL'))
    const settled = await until('it is settled', () => {
      const last = ofControl(journalOf(data)).at(-1)
      return last?.type === 'control.settled' ? last : null
    })
    t.match(settled, { outcome, readBack: held / 1_000, why: { code: 'restarted' } })
    t.equal(proxy.writes, before + 1, 'one write on the wire')
    t.equal(unit.holding.get(10), held)
    await again.end('SIGTERM')
  }
})

/** `ramp` is for engineers: an admin sees it with its reason. */
function onlyFirst(answer: Answer): Answer {
  return { ...answer, body: { points: ((answer.body['points'] ?? []) as unknown[]).slice(0, 1) } }
}
