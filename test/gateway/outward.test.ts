import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { startGateway } from '#gateway/gateway.ts'
import { systemRandom } from '#gateway/random.ts'
import { loadSite } from '#gateway/site/load.ts'
import { freePort } from '#test/fakes/influxd.ts'
import { startMosquitto, withoutMosquitto } from '#test/fakes/mosquitto.ts'
import { until } from '#test/fakes/until.ts'

const skip = withoutMosquitto()

const siteText = (
  own: number,
  central: number,
) => `site: { id: garden, name: Garden, timezone: Asia/Shanghai, languages: [en] }
mqtt:
  listen: '127.0.0.1:${own}'
  readers: [{ id: hub }]
mqtt_brokers:
  - { id: central, url: 'mqtt://127.0.0.1:${central}', protocol: 5 }
outward: { to: [own, central], home_assistant: true }
assets:
  - { id: K1, kind: waste-bin, name: Bin at the gate }
  - { id: K2, kind: waste-bin }
devices:
  - { id: K1, profile: bin-fill-sensor, bridge: central }
  - { id: K2, profile: bin-fill-sensor }
staff: [{ id: C1, role: cleaner, regions: [site], skills: [cleaning], duty: ['00:00-24:00'] }]
fallback: C1
`

function newFolder(test: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-outward-'))
  test.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function started(test: Test, folder: string, text: string) {
  const file = join(folder, 'site.yaml')
  writeFileSync(file, text)
  const { site, faults } = loadSite(file, { env: {}, cwd: folder })
  test.same(faults, [])
  const gateway = await startGateway({
    site: site!,
    folder: join(folder, 'data'),
    http: { host: '127.0.0.1', port: 0 },
    speed: 1,
    version: 'test',
    pid: process.pid,
    random: systemRandom(),
    log: pino({ level: 'silent' }),
  })
  test.teardown(() => gateway.stop())
  return gateway
}

/** Hears all of two trees, the newest of each topic and every one in order. */
async function watcher(test: Test, url: string, options: mqtt.IClientOptions = {}) {
  const client = await mqtt.connectAsync(url, { reconnectPeriod: 0, protocolVersion: 4, ...options })
  test.teardown(() => client.end(true))
  client.on('error', () => {})
  const newest = new Map<string, string>()
  const all: [topic: string, payload: string][] = []
  client.on('message', (topic, payload) => {
    newest.set(topic, payload.toString())
    all.push([topic, payload.toString()])
  })
  await client.subscribeAsync(['caretaker/garden/#', 'homeassistant/#'], { qos: 1 })
  const json = (topic: string) =>
    JSON.parse(newest.get(`caretaker/garden/${topic}`) || 'null') as Record<string, unknown> | null
  const under = (what: string) =>
    [...newest].flatMap(([topic, payload]) =>
      topic.includes(`/${what}/`) && payload ? [JSON.parse(payload) as Record<string, unknown>] : [],
    )
  return { client, newest, all, json, under }
}

const says = (client: MqttClient, id: string, content: object) =>
  client.publishAsync(`bins/${id}/state`, JSON.stringify(content), { qos: 1 })

void t.test(
  'what the gateway knows goes out: values, availability, alarms and orders, to both brokers',
  { skip },
  async (t) => {
    const mosquitto = await startMosquitto()
    t.teardown(() => mosquitto.stop())
    const own = await freePort()
    const folder = newFolder(t)
    const gateway = await started(t, folder, siteText(own, mosquitto.port))
    await until('the own broker stands', () => gateway.mqtt())
    const central = await watcher(t, `mqtt://127.0.0.1:${mosquitto.port}`)
    const hub = { clientId: 'hub', username: 'hub', password: gateway.secretOf('hub') }
    const reader = await watcher(t, `mqtt://127.0.0.1:${own}`, hub)
    for (const { newest } of [central, reader])
      await until('it is online', () => newest.get('caretaker/garden/status') === 'online')

    await until('it reads the broker', () => gateway.health().mqtt.brokers[0]?.state === 'connected')
    await says(central.client, 'K1', { seq: 1, fill: 97, battery: 80 })
    await until('the first came', () => central.json('devices/K1/points/fill')?.['value'] === 97)
    await says(central.client, 'K1', { seq: 2, fill: 99, battery: 80 })
    for (const { json, under, newest } of [central, reader]) {
      await until('the value came', () => json('devices/K1/points/fill')?.['value'] === 99)
      t.match(json('devices/K1/points/fill'), { quality: 'good', unit: '%', time: /\+08:00$/ })
      await until('it is available', () => newest.get('caretaker/garden/devices/K1/availability') === 'online')
      t.equal(newest.get('caretaker/garden/devices/K2/availability'), 'offline', 'never heard')
      await until('the alarm came', () => under('alarms').length === 1)
      t.match(under('alarms'), [
        { device: 'K1', state: 'unacknowledged', name: { en: 'Bin overflows' }, assetName: { en: 'Bin at the gate' } },
      ])
      await until('the order came', () => under('orders').some(({ state }) => state !== 'new'))
      t.match(under('orders'), [{ asset: 'K1', class: 'P3' }])
      t.notMatch(JSON.stringify([under('alarms'), under('orders')]), /C1/, 'nobody is named')
    }
    // What is over is told, and then taken back.
    await says(central.client, 'K1', { seq: 3, fill: 5, battery: 80 })
    const ofOrders = () => central.all.filter(([topic]) => topic.includes('/orders/')).map(([, payload]) => payload)
    await until('the order is taken back', () => ofOrders().at(-1) === '')
    t.match(JSON.parse(ofOrders().at(-2)!), { asset: 'K1', state: 'closed', closedAt: /\+08:00$/ })
    t.match(central.under('alarms'), [{ state: 'returned' }], 'nobody has seen the alarm yet')

    // Nobody else hears it, and who hears it says nothing.
    const k2 = await mqtt.connectAsync(`mqtt://127.0.0.1:${own}`, {
      reconnectPeriod: 0,
      protocolVersion: 4,
      clientId: 'K2',
      username: 'K2',
      password: gateway.secretOf('K2'),
    })
    t.teardown(() => k2.end(true))
    for (const filter of ['caretaker/#', 'caretaker/garden/status', '#'])
      await t.rejects(k2.subscribeAsync(filter), filter)
    await t.rejects(reader.client.subscribeAsync('bins/K2/state'))
    await reader.client.publishAsync('homeassistant/status', 'online', { qos: 1 })
    t.ok(reader.client.connected, 'its own presence it may tell')
    reader.client.publish('caretaker/garden/status', 'offline', { qos: 1 })
    await until('who publishes there is put out', () => !reader.client.connected)

    // The far broker goes; what happens meanwhile waits for it, in order.
    await mosquitto.kill()
    await until('it is away', () => gateway.health().mqtt.brokers[0]?.state === 'away')
    for (const seq of [1, 2]) await says(k2, 'K2', { seq, fill: 97 + seq, battery: 80 })
    const waiting = () => gateway.health().mqtt.outward.find(({ target }) => target === 'central')!.waiting
    await until('the order waits', async () => (await countOpen(gateway, 'orders')) === 1)
    await mosquitto.start()
    const again = await watcher(t, `mqtt://127.0.0.1:${mosquitto.port}`)
    await until('the alarm of meanwhile came', () => again.under('alarms').length === 2)
    await until('and what it has forgotten', () => again.json('devices/K1/points/fill')?.['value'] === 5)
    await until('nothing waits any more', () => waiting() === 0)
    t.equal(again.newest.get('caretaker/garden/status'), 'online')

    await gateway.stop()
    await until('it says goodbye', () => again.newest.get('caretaker/garden/status') === 'offline')

    // A device that the site no longer has is taken back, from Home Assistant as well.
    const [k2Topic, k2Config] = ['caretaker/garden/devices/K2/availability', 'homeassistant/device/garden_K2/config']
    t.ok(again.newest.get(k2Topic) && again.newest.get(k2Config))
    const without = siteText(own, mosquitto.port)
      .split('\n')
      .filter((line) => !line.includes('id: K2'))
      .join('\n')
    const second = await started(t, folder, without)
    await until('it is taken back', () => again.newest.get(k2Topic) === '' && again.newest.get(k2Config) === '')
    t.ok(again.newest.get('homeassistant/device/garden_K1/config'), 'the other one stays')
    await second.stop()
  },
)

async function countOpen(gateway: Awaited<ReturnType<typeof startGateway>>, what: string): Promise<number> {
  const { token } = await gateway.createToken('engineer')
  const response = await fetch(`http://127.0.0.1:${gateway.http.port}/api/v1/${what}?state=open`, {
    headers: { authorization: `Bearer ${token}` },
  })
  return ((await response.json()) as { items: unknown[] }).items.length
}
