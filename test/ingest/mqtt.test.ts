import { type EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import t, { type Test } from 'tap'
import type { Device } from '#devices/device.ts'
import { type Profile, readProfile } from '#devices/profile.ts'
import type { Batch } from '#devices/reading.ts'
import { ownerOf } from '#ingest/mqtt/credentials.ts'
import { floodGate, type FloodLimits } from '#ingest/mqtt/flood-gate.ts'
import { type MqttSource, mqttSource } from '#ingest/mqtt/mqtt-source.ts'
import type { Bridge } from '#ingest/mqtt/network.ts'
import { guardWire } from '#ingest/mqtt/wire-guard.ts'
import type { Emit } from '#ingest/source.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { until } from '#test/fakes/until.ts'

const file = new URL('../../devices/profiles/bin/bin-fill-sensor.yaml', import.meta.url)
const bin = readProfile(readFileSync(file, 'utf8'), 'bin-fill-sensor.yaml').profile!
const variant = (mqttOf: NonNullable<Profile['mqtt']>, offlineAfter = '26h'): Profile => ({
  ...bin,
  mqtt: mqttOf,
  offline_after: offlineAfter,
})
const unnumbered = variant({ topic: 'bins/{id}/state' })
const stamped = variant({ topic: 'bins/{id}/state', time: 'time' })
const device = (id: string, profile = bin): Device => ({ id, profile, asset: id })

const DEVICES = [device('K1'), device('K1-kitchen'), device('K2', unnumbered), device('K3', stamped)]
const secretOf = (id: string): string | null => (id === 'K9' ? null : `secret of ${id}`)

const STARTS_AT = Date.UTC(2026, 0, 1)

type Estate = Readonly<{
  source: MqttSource
  port: number
  batches: Batch[]
  rejections: Record<string, number>
  stop(): Promise<void>
}>

async function estate(
  test: Test,
  options: { devices?: Device[]; bridges?: Bridge[]; emit?: Emit; speed?: number; floodLimits?: FloodLimits } = {},
): Promise<Estate> {
  const batches: Batch[] = []
  const rejections: Record<string, number> = {}
  const source = mqttSource({
    monotonicNow: () => performance.now(),
    listen: { host: '127.0.0.1', port: 0 },
    devices: options.devices ?? DEVICES,
    bridges: options.bridges ?? [],
    secretOf,
    clock: scaledClock(options.speed ?? 1, STARTS_AT),
    reject: (_source, reason, count = 1) => void (rejections[reason] = (rejections[reason] ?? 0) + count),
    ...(options.floodLimits ? { floodLimits: options.floodLimits } : {}),
  })
  const stopping = new AbortController()
  const emit: Emit = (batch, urgency) => {
    batches.push(batch)
    return options.emit ? options.emit(batch, urgency) : Promise.resolve()
  }
  const running = source.run(emit, stopping.signal)
  const stop = (): Promise<void> => {
    stopping.abort()
    return running
  }
  test.teardown(stop)
  await until('the broker listens', () => source.address() !== null)
  return { source, port: source.address()!.port, batches, rejections, stop }
}

/** The end of a connection, orderly or not. */
function closed(end: MqttClient | Socket): Promise<void> {
  end.on('error', () => {})
  return new Promise((resolve) => void (end as EventEmitter).once('close', () => resolve()))
}

function client(test: Test, port: number, id: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = mqtt.connect({
    host: '127.0.0.1',
    port,
    protocolVersion: 4,
    reconnectPeriod: 0,
    clientId: id,
    username: id,
    password: `secret of ${id}`,
    ...options,
  })
  test.teardown(() => client.end(true))
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve(client))
    client.once('error', reject)
    client.once('close', () => reject(new Error('closed')))
  })
}

const topic = (id: string): string => `bins/${id}/state`
const send = (from: MqttClient, id: string, content: unknown, qos: 0 | 1 | 2 = 1) =>
  from.publishAsync(topic(id), typeof content === 'string' ? content : JSON.stringify(content), { qos })

/** A round trip on the wire: whatever the broker wrote before has arrived when it resolves. */
async function ping(through: MqttClient): Promise<void> {
  const answered = new Promise<void>((resolve) => {
    through.on('packetreceive', (packet) => packet.cmd === 'pingresp' && resolve())
  })
  through.sendPing()
  await answered
}

function pubacks(of: MqttClient): number[] {
  const ids: number[] = []
  of.on('packetreceive', (packet) => packet.cmd === 'puback' && ids.push(packet.messageId!))
  return ids
}

function gate<T>() {
  return Promise.withResolvers<T>()
}

// Frames by hand, for what a well-behaved client never sends.
const text = (value: string): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}
const frame = (head: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7]
  return Buffer.concat([Buffer.from([head, ...length]), body])
}
const connectFrame = (id: string): Buffer =>
  frame(0x10, text('MQTT'), Buffer.from([4, 0xc2, 0, 60]), text(id), text(id), text(`secret of ${id}`))
const publishFrame = (id: string, content: unknown, messageId: number, isDuplicate: boolean): Buffer =>
  frame(
    0x32 | (isDuplicate ? 8 : 0),
    text(topic(id)),
    Buffer.from([0, messageId]),
    Buffer.from(JSON.stringify(content)),
  )

async function rawClient(test: Test, port: number, id?: string): Promise<Socket> {
  const socket = dial(port, '127.0.0.1')
  socket.on('error', () => {})
  test.teardown(() => socket.destroy())
  await once(socket, 'connect')
  if (id !== undefined) {
    socket.write(connectFrame(id))
    const [connack] = (await once(socket, 'data')) as [Buffer]
    test.equal(connack.toString('hex'), '20020000')
  }
  return socket
}

void t.test('a message becomes one batch with the readings of its points', async (t) => {
  const { port, batches, source } = await estate(t)
  const k1 = await client(t, port, 'K1')
  await send(k1, 'K1', { seq: 7, fill: 41.5, battery: 92, tilted: false })
  const [batch] = batches
  t.match(batch, { source: 'mqtt', key: /^K1#7#/ })
  const at = batch!.receivedAt
  t.strictSame(batch!.readings, [
    { device: 'K1', point: 'fill', value: 41.5, quality: 'good', at },
    { device: 'K1', point: 'battery', value: 92, quality: 'good', at },
    { device: 'K1', point: 'tilted', value: false, quality: 'good', at },
  ])
  await send(k1, 'K1', { seq: 8, fill: 130 })
  t.strictSame(
    batches[1]!.readings.map(({ point, value, quality, reason }) => ({ point, value, quality, reason })),
    [{ point: 'fill', value: null, quality: 'bad', reason: 'out_of_range' }],
    'a partial update says only what it says',
  )
  t.match(source.health(), { state: 'running' })
  t.strictSame(source.health().devices.slice(0, 2), [
    { device: 'K1', ok: true, lastHeardAt: batches[1]!.receivedAt },
    { device: 'K1-kitchen', ok: false, lastHeardAt: null, reason: 'not_heard' },
  ])
})

void t.test('QoS 0 and QoS 2 come in as well; QoS 0 waits for nobody', async (t) => {
  const never = gate<void>()
  const urgencies: string[] = []
  const { port, batches } = await estate(t, {
    emit: (_batch, urgency) => {
      urgencies.push(urgency)
      return urgency === 'flow' ? never.promise : Promise.resolve()
    },
  })
  const k1 = await client(t, port, 'K1')
  await send(k1, 'K1', { seq: 1, fill: 1 }, 0)
  await send(k1, 'K1', { seq: 2, fill: 2 }, 2)
  await send(k1, 'K1', { seq: 3, fill: 3 }, 1)
  t.strictSame(
    batches.map(({ key }) => key?.slice(0, key.lastIndexOf('#'))),
    ['K1#1', 'K1#2', 'K1#3'],
  )
  t.strictSame(urgencies, ['flow', 'ack', 'ack'])
})

void t.test('QoS 1 is acknowledged only when the batch is durable, and in order of arrival', async (t) => {
  const gates = [gate<void>(), gate<void>()]
  const { port, batches } = await estate(t, { emit: (batch) => gates[batch.key?.startsWith('K1#1#') ? 0 : 1]!.promise })
  const k1 = await client(t, port, 'K1')
  const acknowledged = pubacks(k1)
  const first = send(k1, 'K1', { seq: 1, fill: 10 })
  await until('one batch', () => batches.length === 1)
  await ping(k1)
  t.strictSame(acknowledged, [], 'a round trip later the held batch is not acknowledged')
  const second = send(k1, 'K1', { seq: 2, fill: 11 })
  await until('two batches', () => batches.length === 2)
  gates[1]!.resolve()
  // Another connection's whole exchange passes meanwhile: the event loop had every chance to send a wrong answer.
  await ping(await client(t, port, 'K2'))
  t.strictSame(acknowledged, [], 'the second waits for the first')
  gates[0]!.resolve()
  await Promise.all([first, second])
  t.equal(acknowledged.length, 2)
  t.ok(acknowledged[0]! < acknowledged[1]!)
})

void t.test(
  'a batch that will never be durable is not acknowledged: the connection ends, nothing is counted',
  async (t) => {
    const { port, batches, rejections } = await estate(t, { emit: () => Promise.reject(new Error('stopping')) })
    const k1 = await client(t, port, 'K1')
    const acknowledged = pubacks(k1)
    void send(k1, 'K1', { seq: 1, fill: 10 }).catch(() => {})
    await closed(k1)
    t.equal(batches.length, 1)
    t.strictSame(acknowledged, [])
    t.strictSame(rejections, {})
  },
)

void t.test('F38 a re-sent message has the key of the first', async (t) => {
  let isDurable = false
  const { port, batches } = await estate(t, {
    emit: () => (isDurable ? Promise.resolve() : Promise.reject(new Error('no'))),
  })
  const content = { fill: 40 }
  const keys = () => batches.map(({ key }) => key)
  for (const isDuplicate of [false, true, false]) {
    const socket = await rawClient(t, port, 'K2')
    socket.write(publishFrame('K2', content, 1, isDuplicate))
    await closed(socket)
  }
  t.equal(keys().length, 3)
  t.match(keys()[0], /^K2~1~/)
  t.equal(new Set(keys()).size, 1, 'with and without DUP, as long as it was not acknowledged')

  isDurable = true
  const socket = await rawClient(t, port, 'K2')
  for (const isDuplicate of [true, true, false]) {
    socket.write(publishFrame('K2', content, 1, isDuplicate))
    t.equal(((await once(socket, 'data')) as [Buffer])[0].toString('hex'), '40020001')
  }
  t.equal(keys()[3], keys()[0])
  t.equal(keys()[4], keys()[0], 'an acknowledgement may get lost: DUP keeps the key')
  t.not(keys()[5], keys()[0], 'after the acknowledgement the same packet id and content are a new message')
})

void t.test('a device with a clock: source time, keyed by it', async (t) => {
  const { port, batches } = await estate(t)
  const k3 = await client(t, port, 'K3')
  const now = STARTS_AT
  const table = [
    { time: '2025-12-31T23:00:00Z', at: now - 3_600_000, key: /^K3@1767222000000#/ },
    { time: '2026-01-01T07:00:00.5+08:00', at: now - 3_599_500, key: /^K3@1767222000500#/ },
    { time: now - 60_000, at: now - 60_000, key: /^K3@1767225540000#/ },
    { time: now + 600_000, key: /^K3@1767226200000#/ },
    { time: '2025-12-31T23:00:00', key: /^K3~/ },
    { time: 5_000, key: /^K3~/ },
    { time: 1e300, key: /^K3@1e\+300#/ },
    { time: null, key: /^K3~/ },
  ]
  for (const { time, at, key } of table) {
    await send(k3, 'K3', { time, fill: 1 })
    const batch = batches.at(-1)!
    t.match(batch.key, key, String(time))
    t.equal(batch.readings[0]!.at, at ?? batch.receivedAt, String(time))
    t.equal(batch.readings[0]!.timeQuality, at === undefined ? 'bad' : undefined, String(time))
  }
  await send(k3, 'K3', { fill: 1 })
  t.equal(batches.at(-1)!.readings[0]!.timeQuality, undefined, 'no time given: received time, no doubt')
})

void t.test('S24 who may connect', async (t) => {
  const { port, rejections, batches } = await estate(t, { devices: [...DEVICES, device('K9')] })
  const refused: [string, IClientOptions, string][] = [
    ['wrong password', { password: 'secret of K2' }, 'not_authorized'],
    ['no password', { password: '' }, 'not_authorized'],
    ["A's secret with B's client id", { clientId: 'K2' }, 'not_authorized'],
    [
      "A's secret with the client id of a device whose name starts like A's",
      { clientId: 'K1-kitchen' },
      'not_authorized',
    ],
    ["A's secret with B's user name", { username: 'K2' }, 'not_authorized'],
    ['a client id bound to nothing', { clientId: 'probe' }, 'not_authorized'],
    ['a device without a secret', { clientId: 'K9', username: 'K9', password: '' }, 'not_authorized'],
    ['an unknown device', { username: 'K77', clientId: 'K77' }, 'unknown_device'],
    ['__proto__', { username: '__proto__', clientId: '__proto__' }, 'unknown_device'],
    [
      "a will on another device's topic",
      { will: { topic: topic('K2'), payload: Buffer.from('{"fill":99}') } },
      'not_authorized',
    ],
    ['a keepalive beyond 300 s', { keepalive: 301 }, 'malformed'],
  ]
  for (const [name, options, reason] of refused) {
    const before = rejections[reason] ?? 0
    await t.rejects(client(t, port, 'K1', options), name)
    await until(`${name}: counted`, () => (rejections[reason] ?? 0) === before + 1)
  }
  const anonymous = mqtt.connect({ host: '127.0.0.1', port, protocolVersion: 4, reconnectPeriod: 0, clientId: 'K1' })
  const refusal = await new Promise<Error>((resolve) => anonymous.once('error', resolve))
  t.match(refusal.message, /Bad username or password/)
  t.strictSame(batches, [])
  for (const clientId of ['K1', 'K1-a', 'K1-a-b']) await client(t, port, 'K1', { clientId })
  t.strictSame(rejections, { not_authorized: 9, unknown_device: 2, malformed: 1 })

  const ids = new Set(['K1', 'K1-kitchen'])
  for (const [id, owner] of [
    ['K1', 'K1'],
    ['K1-x', 'K1'],
    ['K1-kitchen-2', 'K1-kitchen'],
    ['K1x', null],
    ['', null],
    ['-', null],
  ] as const) {
    t.equal(ownerOf(id, ids), owner, id)
  }
})

void t.test('a device publishes exactly its topic and subscribes to nothing', async (t) => {
  const { port, rejections, batches } = await estate(t)
  for (const wrong of [topic('K2'), `${topic('K1')}/x`, '$SYS/x', 'a/b/c/d/e/f/g/h/i']) {
    const k1 = await client(t, port, 'K1')
    void k1.publishAsync(wrong, '{"fill":1}', { qos: 1 }).catch(() => {})
    await closed(k1)
  }
  t.strictSame(rejections, { not_authorized: 3, malformed: 1 })
  const k1 = await client(t, port, 'K1')
  await t.rejects(k1.subscribeAsync(['#', topic('K2')]))
  t.strictSame(rejections, { not_authorized: 5, malformed: 1 })
  await send(k1, 'K1', { seq: 1, fill: 1 })
  t.equal(batches.length, 1, 'the connection stays usable')
})

void t.test('what a device says before it hangs up is heard', async (t) => {
  const { port, batches, rejections } = await estate(t)
  const socket = await rawClient(t, port, 'K1')
  const gone = closed(socket)
  for (let seq = 0; seq < 50; seq++) {
    socket.write(frame(0x30, text(topic('K1')), Buffer.from(JSON.stringify({ seq, fill: 1 }))))
  }
  socket.end(Buffer.from([0xe0, 0]))
  await gone
  await until('all have come', () => batches.length === 50)
  t.strictSame(rejections, {})
})

void t.test('a will is a message of its device', async (t) => {
  const { port, batches, rejections } = await estate(t)
  const will = { topic: topic('K1'), payload: Buffer.from('{"tilted":true}'), qos: 1 as const, retain: true }
  const k1 = await client(t, port, 'K1', { will })
  k1.stream.destroy()
  await until('one batch', () => batches.length === 1)
  t.match(batches[0]!.readings, [{ device: 'K1', point: 'tilted', value: true }])
  t.equal(batches[0]!.key, undefined)
  t.strictSame(rejections, {})
})

void t.test('F43 malformed messages are acknowledged, counted and leave nothing', async (t) => {
  const { port, batches, rejections, source } = await estate(t)
  const k1 = await client(t, port, 'K1')
  const malformed = [
    '',
    '{"fill":',
    'null',
    '41.5',
    '[{"fill":1}]',
    '{}',
    '{"seq":4}',
    '{"__proto__":{"fill":1},"fill":2}',
    '{"fill":1,"x":{"\\u005f_proto__":1}}',
    `{"fill":1,"x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
    `${'['.repeat(10_000)}`,
    `{"fill":1,"x":${'['.repeat(33)}${']'.repeat(33)}}`,
    '{"seq":1,"fill":1e999,"battery":90}',
    '{"seq":1,"fill":3,"fill":99}',
    '{"fill":1,"x":[{"a\\":":1,"a\\":":2}]}',
  ]
  for (const payload of malformed) await send(k1, 'K1', payload)
  await k1.publishAsync(topic('K1'), Buffer.from('{"fill":1,"x":"\xff"}', 'latin1'), { qos: 1, retain: true })
  t.strictSame(rejections, { malformed: malformed.length + 1 })
  t.strictSame(
    batches.map(({ readings }) => readings.map(({ point, value, reason }) => [point, value, reason])),
    [['fill', 'battery', 'tilted'].map((point) => [point, null, 'undecodable'])],
    'ten within a minute: its points are bad, once',
  )
  t.equal(({} as Record<string, unknown>)['fill'], undefined)

  t.match(source.health().devices[0], {
    device: 'K1',
    refused: { counts: { malformed: malformed.length + 1 }, last: { reason: 'malformed', detail: /JSON/ } },
  })
})

void t.test('F42 an oversize packet ends its connection at the header; the broker lives', async (t) => {
  const { port, batches, rejections } = await estate(t)
  const k2 = await client(t, port, 'K2')
  for (const id of ['K1', undefined]) {
    const socket = await rawClient(t, port, id)
    for (const byte of [0x32, 0xff, 0xff, 0xff, 0x7f]) if (socket.writable) socket.write(Buffer.from([byte]))
    await closed(socket)
  }
  await until('both counted', () => rejections['oversize'] === 2)
  const k1 = await client(t, port, 'K1')
  void send(k1, 'K1', JSON.stringify({ fill: 1, x: 'x'.repeat(64 * 1024) })).catch(() => {})
  await closed(k1)
  t.equal(rejections['oversize'], 3)
  await send(k2, 'K2', { fill: 1, x: 'x'.repeat(63 * 1024) })
  t.equal(batches.length, 1)

  const garbage = await rawClient(t, port)
  garbage.write('GET / HTTP/1.1\r\n\r\n')
  await closed(garbage)
  await until('counted', () => rejections['malformed'] === 1)
  await ping(k2)
})

void t.test('F42 a packet that trickles in is cut off', async (t) => {
  const refused: string[] = []
  const server = createServer((socket) => {
    guardWire(socket, { waitMs: () => 0, refused: (reason) => refused.push(reason) }, 100)
      .on('error', () => {})
      .resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const socket = await rawClient(t, (server.address() as AddressInfo).port)
  socket.write(Buffer.from([0xc0, 0x00, 0x30]))
  const trickle = setInterval(() => socket.writable && socket.write(Buffer.from([0x7f])), 30)
  await closed(socket)
  clearInterval(trickle)
  t.strictSame(refused, ['malformed'])
})

void t.test('F41 a burst beyond the limit is slowed down, not lost', async (t) => {
  const floodLimits = { packetsPerSecond: 300, burst: 50, patienceMs: 10_000, closedForMs: 60_000 }
  const { port, batches, rejections } = await estate(t, { floodLimits })
  const k1 = await client(t, port, 'K1')
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: 300 }, (_, seq) => send(k1, 'K1', { seq, fill: 1 })))
  t.ok(performance.now() - startedAt > 700, 'the rate held')
  t.strictSame(
    batches.map(({ key }) => key?.slice(0, key.lastIndexOf('#'))),
    Array.from({ length: 300 }, (_, seq) => `K1#${seq}`),
  )
  t.strictSame(rejections, {})
})

void t.test('F41 who goes on flooding is put out for a while; the others are served', async (t) => {
  const floodLimits = { packetsPerSecond: 50, burst: 50, patienceMs: 300, closedForMs: 60_000 }
  const { port, batches, rejections } = await estate(t, { floodLimits })
  const [k1, k2] = await Promise.all([client(t, port, 'K1'), client(t, port, 'K2')])
  for (let seq = 0; seq < 500; seq++) void send(k1, 'K1', { seq, fill: 1 }).catch(() => {})
  await closed(k1)
  t.strictSame(rejections, { flood: 1 })
  const taken = batches.length
  t.ok(taken >= 40 && taken < 120, `${taken} of 500 were taken`)
  await t.rejects(client(t, port, 'K1'))
  t.strictSame(rejections, { flood: 2 })
  await send(k2, 'K2', { fill: 3 })
  t.equal(batches.length, taken + 1)
})

void t.test('F41 QoS 0 has no brake but a limit of what is under way', async (t) => {
  const floodLimits = { packetsPerSecond: 1e6, burst: 1e6, patienceMs: 10_000, closedForMs: 60_000 }
  const { port, batches, rejections } = await estate(t, { floodLimits, emit: () => new Promise(() => {}) })
  const k1 = await client(t, port, 'K1')
  await Promise.all(Array.from({ length: 1_100 }, (_, seq) => send(k1, 'K1', { seq, fill: 1 }, 0)))
  await ping(k1)
  await until('all have come', () => batches.length + (rejections['flood'] ?? 0) === 1_100)
  t.equal(batches.length, 1_000)
})

void t.test('F41 the gate opens again', async (t) => {
  let now = 0
  const gate = floodGate({ packetsPerSecond: 50, burst: 200, patienceMs: 30_000, closedForMs: 60_000 }, () => now)
  const taken = () => Array.from({ length: 1_000 }, () => gate.take()).filter((wait) => wait === 0).length
  t.equal(taken(), 200)
  t.equal(gate.take(), 20)
  now += 1_000
  t.equal(taken(), 50)
  now += 10_000
  t.equal(taken(), 200, 'a quiet time fills it, and forgives')
  now += 29_999
  gate.take()
  taken()
  t.equal(gate.isClosed(), false)
  for (let i = 0; i < 300; i++) {
    now += 100
    taken()
  }
  t.equal(gate.isClosed(), true)
  t.equal(gate.take(), Infinity)
  now += 60_000
  t.equal(gate.isClosed(), false)
  t.equal(gate.take(), 0)
})

void t.test('a silent device has bad readings, once, until it is heard', async (t) => {
  const devices = [device('K1', variant({ topic: 'bins/{id}/state' }, '60s')), device('K2', variant(bin.mqtt!, '4m'))]
  const { port, batches, source } = await estate(t, { devices, speed: 300 })
  const of = (id: string) => batches.filter(({ readings }) => readings[0]!.device === id)
  await until('K1 is silent', () => of('K1').length === 1)
  const [silent] = of('K1')
  t.strictSame(
    silent!.readings.map(({ device, point, value, quality, reason }) => [device, point, value, quality, reason]),
    ['fill', 'battery', 'tilted'].map((point) => ['K1', point, null, 'bad', 'silent']),
  )
  t.ok(silent!.receivedAt - STARTS_AT >= 60_000, 'not before its time')
  t.match(source.health(), {
    state: 'degraded',
    devices: [
      { device: 'K1', ok: false, lastHeardAt: null, reason: 'silent' },
      { device: 'K2', ok: false, lastHeardAt: null, reason: 'not_heard' },
    ],
  })
  await until('K2 is silent', () => of('K2').length === 1)
  t.equal(of('K1').length, 1, 'four times its countdown later it was told once')

  const k1 = await client(t, port, 'K1')
  await send(k1, 'K1', { fill: 5 })
  t.match(of('K1')[1]!.readings, [{ value: 5, quality: 'good' }])
  t.match(source.health().devices[0], { device: 'K1', ok: true, lastHeardAt: of('K1')[1]!.receivedAt })
  await until('K1 is silent again', () => of('K1').length === 3)
  t.match(of('K1')[2]!.readings[0], { reason: 'silent' })
  t.ok(of('K1')[2]!.receivedAt - of('K1')[1]!.receivedAt >= 60_000)
})

void t.test('silence that could not be told is told again', async (t) => {
  const devices = [device('K1', variant(bin.mqtt!, '60s'))]
  let failures = 0
  const emit: Emit = () => (failures++ < 2 ? Promise.reject(new Error('store failed')) : Promise.resolve())
  const { batches } = await estate(t, { devices, speed: 1_000, emit })
  await until('three batches', () => batches.length === 3)
})

void t.test('abort ends promptly: clients, strangers and held batches alike', async (t) => {
  const { port, batches, source, stop } = await estate(t, { emit: () => new Promise(() => {}) })
  const will = { topic: topic('K1'), payload: Buffer.from('{"tilted":true}') }
  const k1 = await client(t, port, 'K1', { will })
  const stranger = await rawClient(t, port)
  void send(k1, 'K1', { seq: 1, fill: 1 }).catch(() => {})
  await until('one batch', () => batches.length === 1)
  const gone = Promise.all([closed(k1), closed(stranger)])
  await stop()
  await gone
  t.equal(batches.length, 1, 'our own leaving is no death of a device')
  t.equal(source.address(), null)
  t.equal(source.health().state, 'down')
  await t.rejects(client(t, port, 'K1'))
})

void t.test('a port that is taken rejects the run', async (t) => {
  const { port } = await estate(t)
  const second = mqttSource({
    monotonicNow: () => performance.now(),
    listen: { host: '127.0.0.1', port },
    devices: [],
    secretOf,
    clock: scaledClock(1),
    reject: () => {},
  })
  await t.rejects(
    second.run(() => Promise.resolve(), new AbortController().signal),
    { code: 'EADDRINUSE' },
  )
})

void t.test('F48 a device that says it is gone has 30 s to come back; a bridge speaks for it', async (t) => {
  const mqttOf = {
    topic: 'zigbee2mqtt/{id}',
    availability: { topic: 'zigbee2mqtt/{id}/availability', path: 'state', online: 'online', offline: 'offline' },
  }
  const [profile, bridge] = [variant(mqttOf), 'z2m']
  const devices = ['K1', 'K2'].map((id): Device => ({ ...device(id, profile), bridge, topicName: `bins/${id}` }))
  const { port, batches, rejections, source } = await estate(t, {
    devices,
    bridges: [{ id: bridge, network: 'zigbee2mqtt' }],
    speed: 100,
  })
  const z2m = await client(t, port, bridge)
  const say = (id: string, state: string) =>
    z2m.publishAsync(`zigbee2mqtt/bins/${id}/availability`, JSON.stringify({ state }), { qos: 1 })
  await z2m.publishAsync('zigbee2mqtt/bins/K1', '{"fill":5}', { qos: 1 })
  await z2m.publishAsync('zigbee2mqtt/bridge/state', 'online', { qos: 1 })
  await z2m.publishAsync('zigbee2mqtt/attic', '{"fill":5}', { qos: 1 })
  t.strictSame(rejections, { unknown_device: 1 })
  t.match(source.health().strangers, [{ name: 'attic', via: bridge, count: 1 }])
  t.equal(batches.length, 1)
  await say('K2', 'offline')
  await say('K2', 'online')
  const saidAt = source.health().devices[1]!.lastHeardAt!
  await say('K1', 'offline')
  await until('K1 is bad', () => batches.length === 2)
  const { receivedAt, readings } = batches[1]!
  t.match(readings, [
    { device: 'K1', point: 'fill', value: null, reason: 'connection_lost' },
    { point: 'battery' },
    { point: 'tilted' },
  ])
  t.ok(receivedAt - saidAt >= 30_000, 'not before its time')
  await z2m.publishAsync('zigbee2mqtt/bins/K1', '{"fill":6}', { qos: 1 })
  t.match(batches[2]!.readings, [{ device: 'K1', point: 'fill', value: 6 }])
  t.equal(batches.length, 3, 'K2 was back in time')
})
