import { readFileSync } from 'node:fs'
import t from 'tap'
import { verifyFolder } from '#gateway/store/verify.ts'
import { join } from 'node:path'
import { startWebhookReceiver } from '../fakes/webhook.ts'
import { until } from '../fakes/until.ts'
import { connectBins, newFolder, startEstate } from './estate.ts'

type Alarm = { id: string; state: string; rule: string; trace: string; order: string | null }
type Order = {
  id: string
  state: string
  assignee: string
  alarmId: string
  alarmIds: string[]
  trace: string
  closedBy: string | null
  class: string
}
type Line = { home: string; channel: string; told: string | null; allClear: string | null }
type Notice = {
  id: string
  state: string
  homes: number
  alarmId: string
  alarmIds: string[]
  ledger: Line[]
  trace: string
}
type Page<T> = { items: T[] }

const siteText = (hook: { url: string; secret: string }) => `
site: { id: small, name: { zh-CN: 小区, en: Small }, timezone: Asia/Shanghai }
settings: { all_clear_hold: 2m }
buildings:
  - { id: B1, floors: 4, homes_per_floor: 2 }
  - { id: B2, floors: 2, homes_per_floor: 2 }
zones:
  - { id: low, buildings: [B1, B2], floors: [1, 2] }
  - { id: high, buildings: [B1], floors: [3, 4] }
assets:
  - { id: PR1-L, kind: pump-set, room: PR1, serves: { zones: [low] } }
  - { id: PR1-H, kind: pump-set, room: PR1, serves: { zones: [high] } }
  - { id: K1, kind: waste-bin }
connections:
  plc: { protocol: modbus-tcp, host: 127.0.0.1, port: 502, timeout: 1s }
mqtt: { listen: '127.0.0.1:1883' }
devices:
  - { id: PR1-L, profile: booster-pump-set, connection: plc, unit_id: 1 }
  - { id: PR1-H, profile: booster-pump-set, connection: plc, unit_id: 2 }
  - { id: K1, profile: bin-fill-sensor }
staff:
  - { id: T1, role: technician, regions: [site], skills: [water, electric], duty: ['00:00-24:00'] }
  - { id: T2, role: technician, regions: [site], skills: [water, electric], duty: ['00:00-24:00'] }
  - { id: S1, role: steward, regions: [site], skills: [notices], duty: ['00:00-24:00'] }
  - { id: C1, role: cleaner, regions: [site], skills: [cleaning], duty: ['00:00-24:00'] }
fallback: S1
channels:
  - { id: screen, type: screen }
  - { id: hook, type: webhook, url: '${hook.url}', secret: '${hook.secret}', allow_private: true }
`

/** At twenty times the speed ten seconds of silence are half a second: a busy machine is no dead pump. */
const PATIENT = readFileSync('devices/profiles/pump/booster-pump-set.yaml', 'utf8').replace(
  'offline_after: 10s',
  'offline_after: 1m',
)

t.test(
  'bytes in, notice out: a tripped pump becomes an alarm, an order, a notice, and an all-clear to exactly those told',
  async (t) => {
    const hook = await startWebhookReceiver()
    t.teardown(() => hook.stop())
    const folder = newFolder(t)
    const estate = await startEstate(t, siteText(hook), { speed: 20, folder, profile: PATIENT })
    estate.plant.send({ type: 'provoke', fault: 'pump_trip', device: 'PR1-H' })

    const alarm = await until(
      'the alarm',
      async () =>
        (await estate.get<Page<Alarm>>('/alarms')).items.find((item) => item.rule === 'PR1-H/outlet-pressure.lo'),
      20_000,
    )
    const order = await until('its order', async () =>
      (await estate.get<Page<Order>>('/orders')).items.find((item) => item.alarmIds.includes(alarm.id)),
    )
    t.match(order, { state: 'dispatched', assignee: 'T1', trace: alarm.trace, class: 'P1' })
    const draft = await until('its notice', async () =>
      (await estate.get<Page<Notice>>('/notices')).items.find((item) => item.alarmIds.includes(alarm.id)),
    )
    t.match(draft, { state: 'draft', trace: alarm.trace })
    t.match(alarm.trace, /^R\d+$/, 'the trace names the reading it began with')

    const confirmed = await estate.post(`/notices/${draft.id}/confirm`, { by: 'S1' }, 'steward')
    t.equal(confirmed.status, 200)
    const homes = ['B1-0301', 'B1-0302', 'B1-0401', 'B1-0402']
    const told = await until(
      'the webhook is told',
      () => hook.received.find((message) => message.phase === 'published'),
      10_000,
    )
    t.strictSame(told.homes, homes, 'exactly the homes of the high zone')
    t.match(told, { trace: alarm.trace, notice: draft.id, site: 'small' })
    t.match(told.texts.en.body, /no water/)

    const [first, second] = await Promise.all([
      estate.post(`/orders/${order.id}/accept`, { by: 'T1' }, 'field'),
      estate.post(`/orders/${order.id}/accept`, { by: 'T2' }, 'field'),
    ])
    t.strictSame(
      [first.status, second.status].toSorted((a, b) => a - b),
      [200, 409],
      'two accept: one wins',
    )
    t.match(
      [first, second].find(({ status }) => status === 409)!.body,
      { code: 'already_accepted', params: { by: first.status === 200 ? 'T1' : 'T2' } },
      'the other is told who',
    )
    const winner = first.status === 200 ? 'T1' : 'T2'
    t.equal((await estate.post(`/orders/${order.id}/arrive`, { by: winner }, 'field')).status, 200)
    const tooSoon = await estate.post(`/orders/${order.id}/close`, { by: winner }, 'field')
    t.match(tooSoon, { status: 409, body: { code: 'source_still_active' } }, 'no close while the source is true')

    estate.plant.send({ type: 'heal', device: 'PR1-H' })
    t.equal(
      (await estate.post(`/orders/${order.id}/finish`, { by: winner, finding: 'reset the drive' }, 'field')).status,
      200,
    )
    await until(
      'verified by telemetry',
      async () => (await estate.get<Order>(`/orders/${order.id}`)).state === 'verified',
      20_000,
    )
    const close = { key: 'one-and-the-same-close', body: { by: winner } }
    const closed = await estate.post(`/orders/${order.id}/close`, close.body, 'field', close.key)
    t.equal(closed.status, 200)
    t.strictSame(
      await estate.post(`/orders/${order.id}/close`, close.body, 'field', close.key),
      closed,
      'sent again, the same answer',
    )
    t.match(await estate.post(`/orders/${order.id}/close`, { by: 'S1' }, 'field', close.key), {
      status: 409,
      body: { code: 'command_reused' },
    })

    const cleared = await until(
      'the all-clear',
      () => hook.received.find((message) => message.phase === 'all_clear'),
      20_000,
    )
    t.strictSame(cleared.homes, homes, 'to exactly those told')
    const ended = await until('the ledger is closed', async () => {
      const notice = await estate.get<Notice>(`/notices/${draft.id}`)
      return notice.ledger.every((line) => line.allClear === 'delivered') && notice
    })
    t.match(ended, { state: 'all_clear', homes: 4 })
    t.equal(ended.ledger.length, 8, 'four homes on two channels')
    t.ok(ended.ledger.every((line) => line.told === 'delivered'))
    t.equal(hook.received.length, 2, 'each told once')

    await estate.stop()
    const verdict = verifyFolder(join(folder, 'data'))
    t.strictSame(verdict.problems, [])

    const again = await startEstate(t, siteText(hook), { speed: 20, folder })
    t.match(await again.get<Notice>(`/notices/${draft.id}`), { state: 'all_clear', homes: 4 }, 'a restart remembers')
    t.strictSame((await again.get<Page<Order>>('/orders?state=open')).items, [])
  },
)

t.test(
  'an overflowing bin raises a P3 order that closes by telemetry; a provider that is away gets its message later',
  async (t) => {
    const hook = await startWebhookReceiver()
    t.teardown(() => hook.stop())
    hook.mood = 'busy'
    const estate = await startEstate(t, siteText(hook), { speed: 20 })
    await until('the broker listens', () => estate.gateway.mqtt())
    connectBins(estate, ['K1'])
    estate.plant.send({ type: 'provoke', fault: 'overflow', device: 'K1' })
    const order = await until(
      'the order',
      async () => (await estate.get<Page<Order>>('/orders')).items.find((item) => item.class === 'P3'),
      10_000,
    )
    t.match(order, { assignee: 'C1' })
    estate.plant.send({ type: 'heal', device: 'K1' })
    await until(
      'closed by telemetry',
      async () => (await estate.get<Order>(`/orders/${order.id}`)).closedBy === 'telemetry',
      10_000,
    )

    estate.plant.send({ type: 'provoke', fault: 'pump_trip', device: 'PR1-L' })
    const notice = await until(
      'a notice',
      async () => (await estate.get<Page<Notice>>('/notices?state=open')).items[0],
      20_000,
    )
    await estate.post(`/notices/${notice.id}/confirm`, { by: 'S1' }, 'steward')
    await until('shown on screen at once', async () =>
      (await estate.get<Notice>(`/notices/${notice.id}`)).ledger.some(
        (line) => line.channel === 'screen' && line.told === 'delivered',
      ),
    )
    t.ok(
      (await estate.get<Notice>(`/notices/${notice.id}`)).ledger
        .filter((line) => line.channel === 'hook')
        .every((line) => line.told === 'queued'),
      'the hook is queued, not lost',
    )
    hook.mood = 'ok'
    await until('told after all', () => hook.received.length > 0, 20_000)
    t.equal(hook.received[0]!.homes.length, 8)
  },
)

t.test(
  'a silent slave is a bad reading and a communication alarm, never an old number',
  { timeout: 60_000 },
  async (t) => {
    const hook = await startWebhookReceiver()
    t.teardown(() => hook.stop())
    const estate = await startEstate(t, siteText(hook), { speed: 20 })
    type Device = { id: string; points: { point: string; value: unknown; quality: string; reason?: string }[] }
    const pressure = async () =>
      (await estate.get<Page<Device>>('/devices')).items
        .find((device) => device.id === 'PR1-L')
        ?.points.find((point) => point.point === 'outlet_pressure')
    await until('a good value', async () => (await pressure())?.quality === 'good')
    estate.plant.send({ type: 'provoke', fault: 'silent', device: 'PR1-L' })
    t.match(
      await until('a bad one', async () => ((point) => point?.quality === 'bad' && point)(await pressure()), 20_000),
      { value: null, reason: /no_response|connection_lost/ },
    )
    const order = await until(
      'its order',
      async () => (await estate.get<Page<Order>>('/orders')).items.find((item) => item.class === 'P8a'),
      20_000,
    )
    t.match(order, { state: 'dispatched' })
    t.notOk(
      (await estate.get<Page<Alarm>>('/alarms')).items.some((alarm) => alarm.rule === 'PR1-L/outlet-pressure.lo'),
      'no process alarm from missing data',
    )
    estate.plant.send({ type: 'heal', device: 'PR1-L' })
    await until(
      'closes by itself',
      async () => (await estate.get<Order>(`/orders/${order.id}`)).closedBy === 'telemetry',
      30_000,
    )
  },
)
