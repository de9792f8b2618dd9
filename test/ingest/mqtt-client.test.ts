import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { Aedes } from 'aedes'
import mqtt, { type MqttClient } from 'mqtt'
import t, { type Test } from 'tap'
import type { Device } from '#devices/device.ts'
import { type Profile, readProfile } from '#devices/profile.ts'
import type { Batch, Reading } from '#devices/reading.ts'
import { reconnectDelayMs } from '#ingest/mqtt/client/backoff.ts'
import type { BrokerConnection } from '#ingest/mqtt/client/broker-connection.ts'
import { brokerSource } from '#ingest/mqtt/client/broker-source.ts'
import { shortened } from '#ingest/mqtt/client/shortened.ts'
import type { Emit } from '#ingest/source.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { type Mosquitto, startMosquitto, withoutMosquitto } from '#test/fakes/mosquitto.ts'
import { until } from '#test/fakes/until.ts'
import { dice } from '#test/sim/random.ts'

const file = new URL('../../devices/profiles/bin/bin-fill-sensor.yaml', import.meta.url)
const bin = readProfile(readFileSync(file, 'utf8'), 'bin-fill-sensor.yaml').profile!
const device = (id: string, profile: Profile = bin): Device => ({ id, profile, asset: id, bridge: 'central' })
/** Says neither when nor which one it is. */
const bare = device('B1', { ...bin, mqtt: { topic: 'bins/{id}/state' } })
const skip = withoutMosquitto()

type Options = Partial<BrokerConnection> & {
  devices?: Device[]
  emit?: Emit
  known?: (device: string, point: string) => Reading | undefined
  isReadOnly?: boolean
  delay?: (realMs: number, run: () => void) => () => void
}

/** A gateway's source at a broker, until it is stopped. */
function gateway(test: Test, { port, files }: Pick<Mosquitto, 'port' | 'files'>, options: Options = {}) {
  const { devices = [device('K1'), device('K2')], emit = () => Promise.resolve(), known, isReadOnly, ...own } = options
  const batches: Batch[] = []
  const rejections: Record<string, number> = {}
  const sessions: boolean[] = []
  const waits: number[] = []
  const source = brokerSource({
    broker: {
      id: 'central',
      host: '127.0.0.1',
      port,
      tls: null,
      protocol: '3.1.1',
      clientId: 'caretaker-estate',
      networks: ['plain'],
      ...own,
    },
    devices,
    will: isReadOnly ? null : { topic: 'caretaker/estate/status', payload: 'offline' },
    connected: (hadSession) => void sessions.push(hadSession),
    clock: scaledClock(1),
    // A broker that is away is asked again at once.
    delay: (ms, run) => {
      waits.push(ms)
      const timer = setTimeout(run, 20)
      return () => clearTimeout(timer)
    },
    monotonicNow: () => performance.now(),
    random: { next: () => 0.5 },
    reject: (_source, reason, count = 1) => void (rejections[reason] = (rejections[reason] ?? 0) + count),
    log: () => {},
    ...(known ? { known } : {}),
    ...(options.delay ? { delay: options.delay } : {}),
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
  const values = () => batches.flatMap(({ readings }) => readings.map(({ point, value }) => [point, value]))
  return { source, batches, values, rejections, sessions, waits, stop, files }
}

const isThere = ({ source }: ReturnType<typeof gateway>) =>
  until('the gateway is connected', () => source.link().state === 'connected')

async function other(test: Test, { port }: Pick<Mosquitto, 'port'>, options: mqtt.IClientOptions = {}) {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, ...options })
  test.teardown(() => client.end(true))
  client.on('error', () => {})
  return client
}

async function broker(test: Test, options?: Parameters<typeof startMosquitto>[0]): Promise<Mosquitto> {
  const started = await startMosquitto(options)
  test.teardown(() => started.stop())
  return started
}

const says = (client: MqttClient, id: string, content: object, options: mqtt.IClientPublishOptions = {}) =>
  client.publishAsync(`bins/${id}/state`, JSON.stringify(content), { qos: 1, ...options })

const WIRES = [
  { protocol: '3.1.1', tls: false },
  { protocol: '5', tls: true },
] as const

for (const { protocol, tls } of WIRES)
  void t.test(`devices behind another's broker, MQTT ${protocol}${tls ? ' with TLS' : ''}`, { skip }, async (t) => {
    const mosquitto = await broker(t, { tls })
    const { ca, cert, key } = mosquitto.files
    const own = gateway(t, mosquitto, {
      protocol,
      ...(tls ? { port: mosquitto.tlsPort, tls: { caFile: ca, certFile: cert, keyFile: key } } : {}),
    })
    await isThere(own)
    const sensor = await other(t, mosquitto)
    await says(sensor, 'K1', { seq: 1, fill: 20, battery: 90 })
    await until('the reading came', () => own.batches.length === 1)
    t.match(own.batches[0], { source: 'mqtt:central', readings: [{ device: 'K1', value: 20, quality: 'good' }] })
    await sensor.publishAsync('bins/K1/state', 'rubbish', { qos: 1 })
    await until('it is counted', () => own.rejections['malformed'] === 1)

    // Its end is told, as its will would be.
    const statuses: string[] = []
    const watcher = await other(t, mosquitto)
    watcher.on('message', (_topic, payload) => statuses.push(payload.toString()))
    await watcher.subscribeAsync('caretaker/estate/status', { qos: 1 })
    await own.stop()
    await until('the goodbye came', () => statuses.includes('offline'))
    t.equal(own.source.link().state, 'stopped')
  })

void t.test('TLS: nothing is said to a broker whose certificate is not known', { skip }, async (t) => {
  const mosquitto = await broker(t, { tls: true })
  const { cert, key } = mosquitto.files
  const own = gateway(t, mosquitto, { port: mosquitto.tlsPort, tls: { certFile: cert, keyFile: key } })
  await until('it has tried', () => own.source.link().failures > 1)
  t.match(own.source.link().lastError, { why: 'certificate' })
  t.same(own.sessions, [])
})

for (const protocol of ['3.1.1', '5'] as const)
  void t.test(
    `F49 MQTT ${protocol}: acknowledged when durable, several at a time, and else sent again`,
    { skip },
    async (t) => {
      const mosquitto = await broker(t)
      const never = new Promise<never>(() => {})
      const first = gateway(t, mosquitto, { protocol, emit: () => never })
      await isThere(first)
      const sensor = await other(t, mosquitto)
      const sent = [1, 2, 3, 4, 5].map((seq) => says(sensor, 'K1', { seq, fill: seq, battery: 90 }))
      await Promise.all(sent)
      await until('all are under way at once', () => first.batches.length === 5)
      await first.stop()

      const durable = Promise.withResolvers<void>()
      const second = gateway(t, mosquitto, {
        protocol,
        emit: ({ readings }) => (readings[0]!.value === 3 ? durable.promise : Promise.resolve()),
      })
      await until('the session brings them again', () => second.batches.length === 5)
      await isThere(second)
      t.same(second.sessions, [true])
      t.same(
        second.batches.map(({ key }) => key),
        first.batches.map(({ key }) => key),
        'under the same keys: one effect',
      )
      durable.reject(new Error('disk'))
      await until('what could not be stored ends the connection, and comes again', () => second.batches.length > 7)
      await until('it is there again', () => second.sessions.length === 2)
      t.same(second.sessions, [true, true])
      t.same(
        second.batches.slice(5, 8).map(({ readings }) => readings[0]!.value),
        [3, 4, 5],
        'from the first that was not acknowledged',
      )
      await second.stop()
    },
  )

void t.test(
  'F40 a retained message that is known says nothing, one that is not is judged, and neither proves life',
  { skip },
  async (t) => {
    const mosquitto = await broker(t)
    const sensor = await other(t, mosquitto)
    const retained = { retain: true }
    await says(sensor, 'B1', { fill: 40, battery: 90 }, retained)
    await says(sensor, 'K1', { seq: 7, fill: 50, battery: 80 }, retained)
    const newest = new Map([
      ['fill', 40],
      ['battery', 85],
    ])
    const own = gateway(t, mosquitto, {
      devices: [bare, device('K1')],
      known: (id, point) => ({ device: id, point, value: newest.get(point) ?? null, quality: 'good', at: 0 }),
    })
    await isThere(own)
    await until('both came', () => own.batches.length === 2)
    const of = (id: string) => own.batches.find(({ readings }) => readings[0]!.device === id)!
    t.match(
      of('B1').readings,
      [{ point: 'battery', value: 90, timeQuality: 'bad' }],
      'what is new, at a time that is not known',
    )
    t.equal(of('B1').readings.length, 1)
    t.match(of('K1').key, /^K1#7#/, 'with a number of its own it has the key of the first time')
    t.same(
      own.source.health().devices.map(({ lastHeardAt }) => lastHeardAt),
      [null, null],
    )
    await says(sensor, 'B1', { fill: 40, battery: 90 }, retained)
    await until('said now, it is', () => own.batches.length === 3)
    t.equal(own.batches[2]!.readings.length, of('B1').readings.length + 1)
  },
)

void t.test(
  'F47 the broker goes and comes back: the gateway too, and subscribes when its session is lost',
  { skip },
  async (t) => {
    const mosquitto = await broker(t)
    const own = gateway(t, mosquitto)
    await isThere(own)
    await mosquitto.kill()
    await until('it tries again and again', () => own.source.link().failures > 3)
    t.match(own.source.link(), { state: 'away', lastError: { why: 'refused', detail: /ECONNREFUSED/ } })
    t.same(own.waits.slice(0, 4), [1_000, 2_000, 4_000, 8_000], 'with more and more patience')
    await mosquitto.start()
    await isThere(own)
    t.same(own.sessions, [false, false])
    const sensor = await other(t, mosquitto)
    await says(sensor, 'K2', { seq: 1, fill: 33, battery: 90 })
    await until('it hears again', () => own.batches.length === 1)
  },
)

void t.test('F47 500 gateways that lost one broker for hours come back over more than a minute', async (t) => {
  const chance = dice(47)
  const HOURS_MS = 5 * 3_600_000
  const backAt = Array.from({ length: 500 }, () => {
    let at = 0
    for (let failures = 0; at < HOURS_MS; failures++) at += reconnectDelayMs(failures, chance.next())
    return at - HOURS_MS
  })
  const spread = Math.max(...backAt) - Math.min(...backAt)
  const perSecond = new Map<number, number>()
  for (const at of backAt) perSecond.set(Math.floor(at / 1_000), (perSecond.get(Math.floor(at / 1_000)) ?? 0) + 1)
  const peak = Math.max(...perSecond.values())
  t.comment(`spread ${Math.round(spread / 1_000)} s, at most ${peak} in one second`)
  t.ok(spread >= 60_000, 'spread over a minute')
  t.ok(peak <= 25, 'few in any one second')
  t.ok(Array.from({ length: 99 }, (_, i) => reconnectDelayMs(i, 0.999)).every((ms) => ms <= 120_000))
  t.ok(reconnectDelayMs(0, 0) >= 100, 'never in a loop')
})

void t.test('a shared subscription: each message comes to one of two gateways', { skip }, async (t) => {
  const mosquitto = await broker(t)
  const both = ['a', 'b'].map((id) => gateway(t, mosquitto, { protocol: '5', clientId: id, shareGroup: 'gateways' }))
  await Promise.all(both.map(isThere))
  const sensor = await other(t, mosquitto)
  for (let seq = 0; seq < 20; seq++) await says(sensor, 'K1', { seq, fill: seq, battery: 90 })
  const heard = () => both.flatMap(({ batches }) => batches.map(({ key }) => key))
  await until('all came', () => heard().length === 20)
  t.equal(new Set(heard()).size, 20)
  t.ok(
    both.every(({ batches }) => batches.length > 0),
    'neither has all',
  )
})

void t.test(
  'S26 a message that is too long is acknowledged without its payload, and what follows is read',
  { skip },
  async (t) => {
    const mosquitto = await broker(t)
    const [old, young] = (['3.1.1', '5'] as const).map((protocol) =>
      gateway(t, mosquitto, { protocol, clientId: protocol }),
    )
    await Promise.all([isThere(old!), isThere(young!)])
    const sensor = await other(t, mosquitto, { protocolVersion: 5 })
    await sensor.publishAsync('bins/K1/state', 'x'.repeat(300_000), {
      qos: 1,
      properties: { userProperties: { a: 'b' } },
    })
    await says(sensor, 'K1', { seq: 1, fill: 20, battery: 90 })
    for (const own of [old!, young!]) {
      await until('what follows came', () => own.batches.length === 1)
      t.match(own.rejections, { oversize: 1 })
      t.equal(own.source.link().failures, 0)
    }
  },
)

void t.test('what is too long is cut wherever the pieces of the wire end', async (t) => {
  const publish = (topic: string, payload: Buffer) => {
    const body = Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic), Buffer.from([0, 9]), payload])
    const length: number[] = []
    for (let left = body.length; length.length === 0 || left > 0; left = Math.floor(left / 128))
      length.push((left % 128) + (left >= 128 ? 128 : 0))
    return Buffer.concat([Buffer.from([0x32, ...length]), body])
  }
  const bytes = Buffer.concat([
    publish('a', Buffer.from('x')),
    publish('bb', Buffer.alloc(70_000)),
    publish('c', Buffer.from('y')),
  ])
  for (const step of [1, 2, 3, 7, 1_000, 80_000]) {
    const { stream, wasShortened } = shortened('3.1.1')
    const out: Buffer[] = []
    stream.on('data', (piece: Buffer) => out.push(piece))
    for (let at = 0; at < bytes.length; at += step) stream.write(bytes.subarray(at, at + step))
    await new Promise<void>((resolve) => stream.end(resolve))
    const short = Buffer.concat([
      publish('a', Buffer.from('x')),
      publish('bb', Buffer.alloc(0)),
      publish('c', Buffer.from('y')),
    ])
    t.same(Buffer.concat(out), short, `in steps of ${step}`)
    t.same([wasShortened(), wasShortened(), wasShortened()], [false, true, false])
  }
})

void t.test('a wrong password is said, and the right one goes in', { skip }, async (t) => {
  const mosquitto = await broker(t, { acl: 'topic read bins/K1/state\ntopic write caretaker/#' })
  const wrong = gateway(t, mosquitto, { username: 'caretaker', secret: 'not-the-password' })
  await until('it was refused', () => wrong.source.link().failures > 0)
  t.match(wrong.source.link().lastError, { why: 'not_authorized', detail: /Not authorized/ })
  await wrong.stop()
  const own = gateway(t, mosquitto, { username: 'caretaker', secret: 'caretaker-password', protocol: '5' })
  await isThere(own)
  const sensor = await other(t, mosquitto, { username: 'other', password: 'other-password' })
  await says(sensor, 'K1', { seq: 1, fill: 20, battery: 90 })
  await until('what is granted comes', () => own.batches.length === 1)
})

void t.test('what the broker does not grant is named, and the rest is heard', async (t) => {
  const far = await Aedes.createBroker()
  far.authorizeSubscribe = (_client, subscription, done) =>
    done(null, subscription.topic === 'bins/K2/state' ? null : subscription)
  const server = createServer((socket) => far.handle(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    far.close()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const own = gateway(t, { port, files: { ca: '', cert: '', key: '' } })
  await isThere(own)
  t.same(own.source.link().refusedFilters, ['bins/K2/state'])
  const sensor = await other(t, { port })
  await says(sensor, 'K1', { seq: 1, fill: 20, battery: 90 })
  await until('it is heard', () => own.batches.length === 1)
  await own.stop()
})

void t.test(
  "networks behind another's broker: LoRaWAN by DevEUI, Zigbee by name, strangers named",
  { skip },
  async (t) => {
    const mosquitto = await broker(t)
    const profileOf = (path: string) => {
      const { profile } = readProfile(readFileSync(`devices/profiles/${path}`, 'utf8'), path)
      return profile!
    }
    const udl = profileOf('bin/milesight-em310-udl.yaml')
    const { port, hex } = udl.examples![0]!.lorawan!
    const own = gateway(t, mosquitto, {
      networks: ['chirpstack-v4', 'zigbee2mqtt'],
      devices: [
        { ...device('D1', udl), devEui: '24e124713b123456', parameters: { bin_height: 1_200 } },
        device('P1', { ...bin, mqtt: { topic: 'zigbee2mqtt/{id}' } }),
      ],
    })
    await isThere(own)
    const network = await other(t, mosquitto)
    const uplink = (devEui: string) =>
      network.publishAsync(
        `application/1/device/${devEui}/event/up`,
        JSON.stringify({
          deviceInfo: { devEui },
          devAddr: '01020304',
          fCnt: 7,
          fPort: port,
          time: new Date(Date.UTC(2026, 0, 5, 8)).toISOString(),
          data: Buffer.from(hex!.replaceAll(' ', ''), 'hex').toString('base64'),
        }),
        { qos: 1 },
      )
    await uplink('24e124713b123456')
    await uplink('24e1247100000000')
    await network.publishAsync('zigbee2mqtt/P1', JSON.stringify({ fill: 3 }), { qos: 1 })
    await network.publishAsync('zigbee2mqtt/new', JSON.stringify({ fill: 3 }), { qos: 1 })
    await network.publishAsync('zigbee2mqtt/bridge/devices', 'x'.repeat(100_000), { qos: 1 })
    await until('all came', () => own.source.health().strangers!.length === 2)
    t.same(new Set(own.batches.map(({ readings }) => readings[0]!.device)), new Set(['D1', 'P1']))
    t.match(own.source.health().strangers, [
      { name: '24e1247100000000', via: 'central' },
      { name: 'new', via: 'central' },
    ])
    t.same(own.rejections, { unknown_device: 2 }, 'what the bridge says of itself is not asked for')
  },
)

void t.test('no more waits for a confirmation than the broker allows', async (t) => {
  // A broker of two bytes' patience: CONNACK with Receive Maximum 2 [MQTT 5 §3.2.2.3.3], then it only listens.
  const heard: number[] = []
  let confirm: (() => void) | null = null
  const far = createServer((socket) => {
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += 2 + bytes[at + 1]!) {
        if (bytes[at]! >> 4 === 1) socket.write(Buffer.from([0x20, 6, 0, 0, 3, 0x21, 0, 2]))
        if (bytes[at]! >> 4 === 3) heard.push(bytes.readUInt16BE(at + 4 + bytes.readUInt16BE(at + 2)))
      }
    })
    confirm = () => socket.write(Buffer.from([0x40, 2, heard[done]! >> 8, heard[done++]! & 0xff]))
  }).listen(0, '127.0.0.1')
  let done = 0
  await once(far, 'listening')
  t.teardown(() => far.close())
  const { port } = far.address() as AddressInfo
  const own = gateway(t, { port, files: { ca: '', cert: '', key: '' } }, { protocol: '5', devices: [] })
  await isThere(own)
  const sent = Array.from({ length: 5 }, (_, i) => own.source.publish(`t${i}`, 'x', true))
  for (const count of [2, 3, 4, 5, 5]) {
    await until('so many are on their way', () => heard.length === count)
    confirm!()
  }
  await Promise.all(sent)
  t.equal(new Set(heard).size, 5)
})
