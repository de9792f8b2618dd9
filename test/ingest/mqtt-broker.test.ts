import { type EventEmitter, once } from 'node:events'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect as dial, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { connect as dialTls, type ConnectionOptions } from 'node:tls'
import { type IClientOptions, MqttClient } from 'mqtt'
import t, { type Test } from 'tap'
import type { Device } from '#devices/device.ts'
import { type Profile, readProfile } from '#devices/profile.ts'
import type { Batch } from '#devices/reading.ts'
import { mqttSource } from '#ingest/mqtt/mqtt-source.ts'
import type { Bridge } from '#ingest/mqtt/network.ts'
import { outgoingQueue } from '#ingest/mqtt/sessions/outgoing-queue.ts'
import { openSessionFile } from '#ingest/mqtt/sessions/session-file.ts'
import { type TlsListen, tlsServer } from '#ingest/mqtt/tls-door.ts'
import { takeoverWatch } from '#ingest/mqtt/takeover-watch.ts'
import { covers } from '#ingest/mqtt/topic-filter.ts'
import type { Emit } from '#ingest/source.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { until } from '#test/fakes/until.ts'

const file = new URL('../../devices/profiles/bin/bin-fill-sensor.yaml', import.meta.url)
const bin = readProfile(readFileSync(file, 'utf8'), 'bin-fill-sensor.yaml').profile!
const valve: Profile = { ...bin, mqtt: { ...bin.mqtt!, subscribe: ['bins/{id}/set/#'] } }
const device = (id: string, profile = valve): Device => ({ id, profile, asset: id })
const DEVICES = ['K1', 'K2'].map((id) => device(id))
const Z2M: Bridge = { id: 'z2m', network: 'zigbee2mqtt' }
const PACKETS = join(process.env['CARETAKER_TEST_DATA'] ?? resolve('../shared/data'), 'mqtt-packets', 'packets.json')

async function broker(
  test: Test,
  options: {
    devices?: Device[]
    bridges?: Bridge[]
    sessionFile?: string
    drainTimeoutMs?: number
    tls?: TlsListen
    emit?: Emit
  } = {},
) {
  const batches: Batch[] = []
  const rejections: Record<string, number> = {}
  /** Why connections ended, as the log has it. */
  const ended: string[] = []
  const { devices = DEVICES, bridges = [Z2M], emit = () => Promise.resolve(), ...rest } = options
  const source = mqttSource({
    monotonicNow: () => performance.now(),
    listen: { host: '127.0.0.1', port: 0 },
    devices,
    bridges,
    secretOf: (id) => `secret of ${id}`,
    clock: scaledClock(1),
    reject: (_source, reason, count = 1) => void (rejections[reason] = (rejections[reason] ?? 0) + count),
    floodLimits: { packetsPerSecond: 1e5, burst: 1e5, patienceMs: 10_000, closedForMs: 60_000 },
    log: (_message, { error }) => void ended.push(error instanceof Error ? error.message : ''),
    ...rest,
  })
  const stopping = new AbortController()
  const running = source.run((batch, urgency) => {
    batches.push(batch)
    return emit(batch, urgency)
  }, stopping.signal)
  const stop = (): Promise<void> => {
    stopping.abort()
    return running
  }
  test.teardown(stop)
  await until('the broker listens', () => source.address() !== null)
  return { source, port: source.address()!.port, batches, rejections, ended, stop }
}

type Join = IClientOptions & { from?: string }

/** Connects when it is awaited through `client`. `from`: the address it comes from. */
function caller(test: Test, port: number, id: string, { from = '127.0.0.1', ...options }: Join): MqttClient {
  const made = new MqttClient(() => dial({ port, host: '127.0.0.1', localAddress: from }), {
    protocolVersion: 4,
    reconnectPeriod: 0,
    clientId: id,
    username: id,
    password: `secret of ${id}`,
    ...options,
  })
  made.on('error', () => {})
  test.teardown(() => made.end(true))
  return made
}

async function client(test: Test, port: number, id: string, options: Join = {}): Promise<MqttClient> {
  const made = caller(test, port, id, options)
  await new Promise<void>((resolve, reject) => {
    made.once('connect', () => resolve())
    made.once('error', reject)
    made.once('close', () => reject(new Error('closed')))
  })
  return made
}

/** The next event of a client, with what it carries. */
function next(of: MqttClient, event: 'connect' | 'close'): Promise<unknown> {
  return new Promise((resolve) => (of as unknown as EventEmitter).once(event, resolve))
}

function heardBy(of: MqttClient): string[] {
  const heard: string[] = []
  of.on('message', (topic, payload) => heard.push(`${topic} ${payload.toString()}`))
  return heard
}

function sessionFile(test: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-mqtt-'))
  test.teardown(() => rmSync(folder, { recursive: true }))
  return join(folder, 'mqtt.db')
}

const text = (value: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from([value.length >> 8, value.length & 0xff]), Buffer.from(value)])
const frame = (head: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7]
  return Buffer.concat([Buffer.from([head, ...length]), body])
}
async function raw(test: Test, port: number, id?: string): Promise<Socket> {
  const socket = dial(port, '127.0.0.1')
  socket.on('error', () => {})
  test.teardown(() => socket.destroy())
  await once(socket, 'connect')
  if (id === undefined) return socket
  const owner = id.split('-')[0]!
  socket.write(
    frame(0x10, text('MQTT'), Buffer.from([4, 0xc2, 0, 60]), text(id), text(owner), text(`secret of ${owner}`)),
  )
  const [connack] = (await once(socket, 'data')) as [Buffer]
  test.equal(connack.toString('hex').slice(0, 8), '20020000')
  return socket
}

const PERSISTENT: IClientOptions = { clean: false }
const state = (content: object) => JSON.stringify(content)

void t.test('S25 a device hears what its profile says, a bridge its own tree, and nobody more', async (t) => {
  const plug: Profile = { ...bin, mqtt: { topic: 'zigbee2mqtt/{id}' } }
  const { port, rejections } = await broker(t, { devices: [...DEVICES, { ...device('P1', plug), bridge: 'z2m' }] })
  const [k1, z2m] = await Promise.all([client(t, port, 'K1'), client(t, port, 'z2m')])
  for (const filter of ['#', '+/K1/set/x', 'bins/+/set/#', 'bins/K2/set/x', 'bins/K1/#', '$SYS/#', 'bins/K1/state'])
    await t.rejects(k1.subscribeAsync(filter), filter)
  for (const filter of ['#', 'bins/K1/set/x', 'zigbee2mqt/x']) await t.rejects(z2m.subscribeAsync(filter), filter)
  t.strictSame(rejections, { not_authorized: 10 })
  for (const filter of ['bins/K1/set/fill', 'bins/K1/set/+', 'bins/K1/set/#']) await k1.subscribeAsync(filter)
  await z2m.subscribeAsync(['zigbee2mqtt/+/set', 'zigbee2mqtt/#'])

  for (const [filter, asked, is] of [
    ['a/#', 'a', true],
    ['a/#', 'a/b/+', true],
    ['a/+', 'a/b', true],
    ['a/+', 'a/#', false],
    ['a/+', 'a/b/c', false],
    ['a/b', 'a/+', false],
    ['#', '$SYS/x', false],
  ] as const)
    t.equal(covers(filter, asked), is, `${filter} covers ${asked}`)
})

void t.test('S25 a refused filter beside a good one is not remembered by the session', async (t) => {
  const { port } = await broker(t)
  const first = await client(t, port, 'K1', PERSISTENT)
  const grants = await first.subscribeAsync(['bins/K1/set/x', 'bins/K2/state'], { qos: 1 }).catch(() => null)
  t.equal(grants, null)
  await first.endAsync()
  const k2 = await client(t, port, 'K2')
  await k2.publishAsync('bins/K2/state', state({ seq: 1, fill: 7 }), { qos: 1 })
  const again = caller(t, port, 'K1', PERSISTENT)
  const heard = heardBy(again)
  await next(again, 'connect')
  await k2.publishAsync('bins/K2/state', state({ seq: 2, fill: 8 }), { qos: 1 })
  await again.publishAsync('bins/K1/state', state({ seq: 1, fill: 8 }), { qos: 1 })
  t.strictSame(heard, [])
})

void t.test('F40 retained messages survive a restart and are no new readings; one never seen is judged', async (t) => {
  const path = sessionFile(t)
  const bins = Array.from({ length: 300 }, (_, i) => ({
    ...device(`B${i}`, { ...bin, mqtt: { topic: 'zigbee2mqtt/{id}', seq: 'seq' } }),
    bridge: 'z2m',
  }))
  const first = await broker(t, { devices: bins, sessionFile: path })
  const z2m = await client(t, first.port, 'z2m')
  const publish = (through: MqttClient, i: number, fill: number) =>
    through.publishAsync(`zigbee2mqtt/B${i}`, state({ seq: fill, fill }), { qos: 1, retain: true })
  await Promise.all(bins.map((_, i) => publish(z2m, i, 5)))
  const [known] = first.batches
  t.equal(first.batches.length, 300)
  await first.stop()

  const second = await broker(t, { devices: bins, sessionFile: path })
  const again = await client(t, second.port, 'z2m')
  const heard = heardBy(again)
  await again.subscribeAsync('zigbee2mqtt/+')
  await until('all retained ones came', () => heard.length === 300)
  t.equal(second.batches.length, 0, 'a restart alone says nothing')
  await publish(again, 0, 5)
  t.equal(second.batches[0]!.key, known!.key, 'said again it has the key of the first: one effect')
  await publish(again, 1, 6)
  t.match(second.batches[1]!.readings[0], { device: 'B1', value: 6 })
})

void t.test('F49 nothing is acknowledged, retained or passed on before it is stored', async (t) => {
  const stored = Promise.withResolvers<void>()
  const path = sessionFile(t)
  const { port, batches, stop } = await broker(t, { sessionFile: path, emit: () => stored.promise })
  const k1 = await client(t, port, 'K1')
  const acknowledged: number[] = []
  k1.on('packetreceive', (packet) => packet.cmd === 'puback' && acknowledged.push(packet.messageId!))
  const sent = k1.publishAsync('bins/K1/state', state({ seq: 1, fill: 5 }), { qos: 1, retain: true }).catch(() => {})
  await until('the batch is under way', () => batches.length === 1)
  await client(t, port, 'K2')
  t.strictSame(acknowledged, [])
  stored.reject(new Error('the store failed'))
  await next(k1, 'close')
  t.strictSame(acknowledged, [])
  k1.end(true)
  await sent
  await stop()
  const { content, close } = openSessionFile(path)
  t.strictSame(content.retained, [])
  close()
})

void t.test('F50 what waits for an absent client survives a restart, oldest out beyond 1,000', async (t) => {
  const path = sessionFile(t)
  const plug = { ...bin, mqtt: { ...bin.mqtt!, topic: 'zigbee2mqtt/{id}' } }
  const options = { sessionFile: path, devices: [{ ...device('P1', plug), bridge: 'z2m' }] }
  const first = await broker(t, options)
  const absent = await client(t, first.port, 'z2m-a', { ...PERSISTENT, username: 'z2m', password: 'secret of z2m' })
  await absent.subscribeAsync('zigbee2mqtt/P1', { qos: 1 })
  await absent.endAsync()
  const z2m = await client(t, first.port, 'z2m')
  const say = (seq: number) => z2m.publishAsync('zigbee2mqtt/P1', state({ seq, fill: 5 }), { qos: 1 })
  for (let from = 0; from < 1_010; from += 101) await Promise.all(Array.from({ length: 101 }, (_, i) => say(from + i)))
  t.match(first.source.sessions(), { sessions: 1, waiting: 1_000, givenUp: 10 })
  await first.stop()

  const second = await broker(t, options)
  t.match(second.source.sessions(), { sessions: 1, waiting: 1_000 })
  const again = caller(t, second.port, 'z2m-a', { ...PERSISTENT, username: 'z2m', password: 'secret of z2m' })
  const heard = heardBy(again)
  const connack = (await next(again, 'connect')) as { sessionPresent: boolean }
  t.equal(connack.sessionPresent, true)
  await until('all came', () => heard.length === 1_000)
  t.match(heard[0], /"seq":10,/)
  t.match(heard[999], /"seq":1009,/)
  await until('each was acknowledged', () => second.source.sessions()!.waiting === 0)
  await second.stop()
  const { content, close } = openSessionFile(path)
  t.equal(content.outgoing.length, 0)
  t.equal(content.subscriptions.length, 1)
  close()
})

void t.test('F50 a message waits 24 h at most, and many large ones are not kept', async (t) => {
  const queue = outgoingQueue({ messages: 3, bytes: 100, ageMs: 1_000 })
  const add = (id: number, at: number, bytes = 10) => queue.add({ id, at, bytes, packet: { messageId: id } as never })
  const ids = () => queue.entries().map(({ id }) => id)
  for (const id of [1, 2, 3, 4, 5]) add(id, id * 100)
  t.strictSame(
    queue.trim(500).map(({ id }) => id),
    [1, 2],
  )
  t.strictSame(
    queue.trim(1_300).map(({ id }) => id),
    [3],
  )
  add(6, 1_300, 85)
  t.strictSame(
    queue.trim(1_300).map(({ id }) => id),
    [4],
  )
  t.strictSame(ids(), [5, 6])
})

void t.test('a damaged file of sessions is set aside, one of a newer program is refused', async (t) => {
  const path = sessionFile(t)
  writeFileSync(path, 'no database at all, and long enough to be read as one'.repeat(100))
  const { port, stop } = await broker(t, { sessionFile: path })
  await client(t, port, 'K1')
  await stop()
  t.ok(existsSync(`${path}.damaged`))
})

void t.test('F44 unknown devices, topics of 101 levels and bad UTF-8 are refused; the broker lives', async (t) => {
  const { port, batches, rejections, source } = await broker(t)
  await t.rejects(client(t, port, 'K77'))
  t.match(source.health().strangers, [{ name: 'K77', via: 'mqtt', count: 1 }])
  const deep = Array.from({ length: 101 }, () => 'x').join('/')
  const wrong: [string, Buffer][] = [
    ['a topic of 101 levels', frame(0x32, text(deep), Buffer.from([0, 1]), Buffer.from('{}'))],
    ['a filter of 101 levels', frame(0x82, Buffer.from([0, 1]), text(deep), Buffer.from([1]))],
    [
      'a topic in bad UTF-8',
      frame(0x32, text(Buffer.from([0x62, 0xff, 0xfe])), Buffer.from([0, 1]), Buffer.from('{}')),
    ],
    ['an empty topic', frame(0x32, text(''), Buffer.from([0, 1]), Buffer.from('{}'))],
    ['a topic with a wildcard', frame(0x32, text('bins/#'), Buffer.from([0, 1]), Buffer.from('{}'))],
  ]
  const k2 = await client(t, port, 'K2')
  for (const [name, bytes] of wrong) {
    const socket = await raw(t, port, 'K1')
    const gone = once(socket, 'close')
    socket.write(bytes)
    await gone
    await k2.publishAsync('bins/K2/state', state({ seq: name, fill: 1 }), { qos: 1 })
  }
  t.equal(batches.length, wrong.length)
  t.equal(rejections['unknown_device'], 1)
  t.equal(
    Object.values(rejections).reduce((sum, each) => sum + each),
    wrong.length + 1,
    'each is counted once',
  )
})

void t.test('F45 two clients with one id: the one that came second is kept out', async (t) => {
  const { port, source, rejections } = await broker(t)
  const join = (from: string) => client(t, port, 'K1', { from })
  let home = await join('127.0.0.1')
  let takeovers = 0
  while (takeovers < 20) {
    const rival = await join('127.0.0.2').catch(() => null)
    if (!rival) break
    takeovers += 1
    home = await join('127.0.0.1')
    takeovers += 1
  }
  t.ok(takeovers >= 4 && takeovers <= 8, `${takeovers} takeovers`)
  t.strictSame(source.contested(), ['K1'])
  t.equal(rejections['flood'], 1)
  await home.publishAsync('bins/K1/state', state({ seq: 1, fill: 5 }), { qos: 1 })
  await t.rejects(join('127.0.0.2'))
  await client(t, port, 'K2', { from: '127.0.0.2' })
  t.ok(home.connected, 'and another device at that address is served')
})

void t.test('F45 the same from one address, and it ends', async (t) => {
  let now = 0
  const watch = takeoverWatch(() => now)
  t.equal(watch.mayEnter('K1', 'a', null), true)
  for (let i = 0; i < 5; i++) t.equal(watch.mayEnter('K1', 'a', 'a'), true)
  t.equal(watch.mayEnter('K1', 'a', 'a'), false)
  t.equal(watch.mayEnter('K1', 'a', null), true, 'once the other has gone')
  t.equal(watch.mayEnter('K2', 'a', 'a'), true)
  now += 600_000
  t.strictSame(watch.contested(), [])
  t.equal(watch.mayEnter('K1', 'a', 'a'), true)
  for (let i = 0; i < 20; i++) {
    now += 13_000
    t.equal(watch.mayEnter('K3', 'a', 'a'), true, 'a device that loses its radio now and then')
  }
})

void t.test('F46 a subscriber that stops reading is dropped; nobody waits for it', async (t) => {
  const drainTimeoutMs = 500
  const plug = { ...bin, mqtt: { ...bin.mqtt!, topic: 'zigbee2mqtt/{id}' } }
  const { port, ended } = await broker(t, {
    drainTimeoutMs,
    devices: [...DEVICES, { ...device('P1', plug), bridge: 'z2m' }],
  })
  const frozen = await client(t, port, 'z2m-frozen', { username: 'z2m', password: 'secret of z2m' })
  await frozen.subscribeAsync('zigbee2mqtt/P1', { qos: 0 })
  ;(frozen.stream as Socket).pause()
  const [z2m, k1] = await Promise.all([client(t, port, 'z2m'), client(t, port, 'K1')])
  const filler = 'x'.repeat(60_000)
  const isDropped = () => ended.includes('drain timeout')
  let slowest = 0
  const beside = (async () => {
    for (let seq = 0; !isDropped(); seq++) {
      const at = performance.now()
      await k1.publishAsync('bins/K1/state', state({ seq, fill: 5 }), { qos: 1 })
      slowest = Math.max(slowest, performance.now() - at)
    }
  })()
  const startedAt = performance.now()
  for (let seq = 0; !isDropped() && performance.now() - startedAt < 15_000; seq++)
    await z2m.publishAsync('zigbee2mqtt/P1', state({ seq, fill: 5, filler }), { qos: 1 })
  t.ok(isDropped())
  await beside
  t.ok(slowest < 2_000, `the slowest of the others took ${Math.round(slowest)} ms`)
  t.match(readFileSync(new URL('../../ingest/mqtt/broker.ts', import.meta.url), 'utf8'), /DRAIN_TIMEOUT_MS = 10_000/)
})

void t.test(
  'malformed packets, each on a connection of its own, cost 50 good clients no message',
  { skip: existsSync(PACKETS) ? false : 'CARETAKER_TEST_DATA holds no mqtt-packets' },
  async (t) => {
    const devices = Array.from({ length: 51 }, (_, i) => device(`D${i}`))
    const { port, batches, source } = await broker(t, { devices, sessionFile: sessionFile(t) })
    const good = await Promise.all(devices.slice(1).map(({ id }) => client(t, port, id)))
    const { malformed } = JSON.parse(readFileSync(PACKETS, 'utf8')) as { malformed: { hex: string }[] }
    t.equal(malformed.length, 27)
    let isOver = false
    const sent = good.map(async (of, i) => {
      let seq = 0
      for (; !isOver || seq < 20; seq++)
        await of.publishAsync(`bins/D${i + 1}/state`, state({ seq, fill: seq % 100 }), { qos: 1 })
      return seq
    })
    for (const [i, { hex }] of malformed.entries()) {
      for (const id of [undefined, `D0-${i}`]) {
        const socket = await raw(t, port, id)
        socket.end(Buffer.from(hex, 'hex'))
        await once(socket.resume(), 'close')
      }
    }
    isOver = true
    const counts = await Promise.all(sent)
    t.ok(good.every(({ connected }) => connected))
    const ofGood = batches.filter(({ readings }) => readings[0]!.device !== 'D0')
    t.equal(
      new Set(ofGood.map(({ key }) => key)).size,
      counts.reduce((sum, count) => sum + count),
    )
    t.equal(source.health().state, 'running')
  },
)

/** Debian package openssl. */
const TOOLS = { certificate: 'openssl' } as const
const hasOpenssl = spawnSync(TOOLS.certificate, ['version']).status === 0

/** A certificate of its own making, for `name`. */
function certificate(folder: string, name: string): Pick<TlsListen, 'certFile' | 'keyFile'> {
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const how = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=${name} -keyout ${keyFile} -out ${certFile}`
  if (spawnSync(TOOLS.certificate, how.split(' ')).status !== 0) throw new Error('no certificate')
  return { certFile, keyFile }
}

void t.test(
  'S27 the broker over TLS, 1.2 at least',
  { skip: hasOpenssl ? false : 'openssl is not there' },
  async (t) => {
    const files = certificate(dirname(sessionFile(t)), 'gateway')
    const { source, batches } = await broker(t, { tls: { host: '127.0.0.1', port: 0, ...files } })
    await until('the door with TLS is open', () => source.tlsAddress() !== null)
    const { port } = source.tlsAddress()!
    const over = (options: ConnectionOptions = {}) =>
      dialTls({ port, host: '127.0.0.1', ca: readFileSync(files.certFile), servername: 'gateway', ...options })
    const k1 = new MqttClient(() => over(), {
      protocolVersion: 4,
      reconnectPeriod: 0,
      clientId: 'K1',
      username: 'K1',
      password: 'secret of K1',
    })
    t.teardown(() => k1.end(true))
    await next(k1, 'connect')
    await k1.publishAsync('bins/K1/state', state({ seq: 1, fill: 5 }), { qos: 1 })
    t.equal(batches.length, 1)
    const old = over({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })
    await t.rejects(once(old, 'secureConnect'))
    const garbage = await raw(t, port)
    garbage.end(frame(0x10, text('MQTT')))
    await once(garbage.resume(), 'close')
    await k1.publishAsync('bins/K1/state', state({ seq: 2, fill: 5 }), { qos: 1 })
  },
)

void t.test(
  'S27 a renewed certificate is taken up, a broken one leaves the old',
  { skip: hasOpenssl ? false : 'openssl is not there' },
  async (t) => {
    const files = certificate(dirname(sessionFile(t)), 'first')
    const told: Error[] = []
    const server = tlsServer(
      { host: '127.0.0.1', port: 0, ...files },
      (socket) => void socket.on('error', () => {}),
      (error) => told.push(error),
      20,
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    const nameShown = async (): Promise<unknown> => {
      const socket = dialTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      const { subject } = socket.getPeerCertificate()
      socket.destroy()
      return subject.CN
    }
    t.equal(await nameShown(), 'first')
    writeFileSync(files.certFile, 'no certificate')
    await until('the broken one is told', () => told.length > 0)
    t.equal(await nameShown(), 'first')
    certificate(dirname(files.certFile), 'second')
    await until('the new one is shown', async () => (await nameShown()) === 'second')
  },
)
