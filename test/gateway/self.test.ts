import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import type { InfluxHttp } from '#test/fakes/influx-http.ts'
import { startInfluxHttp } from '#test/fakes/influx-http.ts'
import { partOfTheDemo, pumpSays, readingsOf } from '#test/stories/part-of-the-demo.ts'
import { PushedGateway } from '#test/stories/pushed-gateway.ts'
import { selfSource } from '#gateway/self.ts'
import { rulesOf } from '#gateway/site/rules.ts'
import type { Site } from '#gateway/site/site.ts'
import { SELF, withSelf } from '#gateway/site/with-self.ts'

const S = 1_000
const MINUTE = 60 * S
const HOUR = 60 * MINUTE
const START = Date.UTC(2026, 11, 7, 2)
const BIN = 'K1-kitchen'

type Case = Readonly<{
  alarm: string
  class: 'P8a' | 'P8b'
  /** What it stands for, after ten minutes of nothing. */
  befalls(gateway: PushedGateway, influx: InfluxHttp): void | Promise<void>
  /** How long after that it is raised, in minutes: not before, and not after. */
  between: readonly [number, number]
  /** How long the database may be away until readings are given up. */
  keep?: string
  /** What ends it; the order then closes by itself, or waits for a person. */
  ends?(gateway: PushedGateway, influx: InfluxHttp): void
}>

const away = (_: PushedGateway, influx: InfluxHttp) => void (influx.mood = 'unavailable')
/** Twelve hundred readings a minute. */
const flood = (gateway: PushedGateway) =>
  gateway.every(5 * S, gateway.time.now() + S, (at) => {
    for (let i = 0; i < 100; i++) {
      const readings = readingsOf(BIN, at + i, { fill: 40 + (Math.sin(at * (i + 1)) + 1) * 10 })
      void gateway.submit({ source: 'mqtt', receivedAt: at, readings })
    }
  })
const noisy = (gateway: PushedGateway, errorRate: number) =>
  void (gateway.lines = [
    { id: 'plc-pr1', errorRate },
    { id: 'plc-pr2', errorRate: 0.01 },
    { id: 'lifts-b1', errorRate: null },
  ])
const broker = (gateway: PushedGateway, state: 'connected' | 'away', refusedFilters: string[] = []) =>
  void (gateway.mqtt = {
    brokers: [
      { id: 'central', url: 'mqtt://far:1883', state, since: START, failures: 9, lastError: null, refusedFilters },
    ],
    outward: [],
  })
const CASES: readonly Case[] = [
  {
    // F47: a broker that is away for less is nobody's business.
    alarm: 'broker-away',
    class: 'P8b',
    befalls: (gateway) => broker(gateway, 'away'),
    between: [10, 11],
    ends: (gateway) => broker(gateway, 'connected'),
  },
  {
    alarm: 'broker-refuses',
    class: 'P8b',
    befalls: (gateway) => broker(gateway, 'connected', ['bins/K1/state']),
    between: [1, 2],
    ends: (gateway) => broker(gateway, 'connected'),
  },
  {
    alarm: 'outward-given-up',
    class: 'P8b',
    befalls(gateway) {
      const more = { target: 'central', waiting: 20_000, behind: 0, sent: 0, givenUp: 3, lastSentAt: null }
      gateway.mqtt = { brokers: [], outward: [more] }
    },
    between: [0, 1],
  },
  {
    alarm: 'database-away',
    class: 'P8b',
    befalls: away,
    between: [15, 17],
    ends: (_, influx) => void (influx.mood = 'ok'),
  },
  {
    alarm: 'readings-dropped',
    class: 'P8b',
    befalls(gateway, influx) {
      // More than is sent at once: what is let go is let go by so much.
      flood(gateway)
      away(gateway, influx)
    },
    between: [5, 12],
    keep: '5m',
  },
  {
    alarm: 'lines-quarantined',
    class: 'P8b',
    befalls(gateway) {
      const at = gateway.time.now()
      void gateway.submit({ source: 'mqtt', receivedAt: at, readings: readingsOf(BIN, at, { fill: 'poison' }) })
    },
    between: [0, 1],
  },
  {
    alarm: 'readings-shed',
    class: 'P8a',
    async befalls(gateway) {
      flood(gateway)
      await gateway.runUntil(gateway.time.now() + HOUR)
      // SQLite says the same as on a full disk.
      gateway.life.core.limitReadings(gateway.life.queries.counts().readingsBytes)
    },
    between: [0, 120],
  },
  {
    alarm: 'store-restored',
    class: 'P8a',
    async befalls(gateway) {
      await gateway.stop()
      overwrite(join(gateway.folder, 'readings.db'), 0, 16)
      await gateway.start()
    },
    between: [0, 1],
  },
  {
    alarm: 'store-damaged',
    class: 'P8a',
    async befalls(gateway) {
      await gateway.stop()
      const file = join(gateway.folder, 'readings.db')
      for (const at of rootsOf(file, 'rollups')) overwrite(file, at, 8)
      await gateway.start()
    },
    between: [0, 1],
  },
  {
    alarm: 'disk-low.lo',
    class: 'P8b',
    befalls: ({ disk }) => void (disk.freeBytes = 0.19 * disk.totalBytes),
    between: [5, 6],
    ends: ({ disk }) => void (disk.freeBytes = 0.25 * disk.totalBytes),
  },
  {
    // F25: said of the one line, while another is well and a third cannot tell.
    alarm: 'bus-errors-plc-pr1.hi',
    class: 'P8b',
    befalls: (gateway) => noisy(gateway, 0.06),
    between: [1, 2],
    ends: (gateway) => noisy(gateway, 0.02),
  },
]

for (const { alarm, befalls, between, ends, keep, ...wanted } of CASES)
  t.test(`the gateway watches itself: ${alarm}`, async (t) => {
    const { gateway, influx } = await start(t, (url) => partOfTheDemo([BIN], url, keep))
    await gateway.runUntil(START + 10 * MINUTE)
    t.strictSame(raised(gateway), [], 'nothing yet')
    const since = gateway.time.now()
    await befalls(gateway, influx)
    const [earliest, latest] = between
    await gateway.runUntil(since + earliest * MINUTE - S)
    t.strictSame(raised(gateway), [], `nor within ${earliest} min`)
    await gateway.runUntilTrue('raised', since + latest * MINUTE, () => raised(gateway).length > 0)
    t.strictSame(raised(gateway), [`${SELF}/${alarm}`])
    t.strictSame(gateway.errors, [])
    const orders = gateway.happened('order.opened')
    t.match(orders, [{ class: wanted.class, skill: 'systems', closesItself: ends !== undefined }])
    t.notOk(
      gateway.seen.some(({ type }) => type.startsWith('notice.')),
      'no resident hears of it',
    )
    if (!ends) return
    ends(gateway, influx)
    const isClosed = () => gateway.happened('order.closed').some(({ by }) => by === 'telemetry')
    await gateway.runUntilTrue('closed', gateway.time.now() + 10 * MINUTE, isClosed)
  })

t.test('a database that is away for less than 15 min, and hours of nothing, are nobody’s business', async (t) => {
  const { gateway, influx } = await start(t)
  await gateway.runUntil(START + 10 * MINUTE)
  influx.mood = 'unavailable'
  await gateway.runUntil(START + 24 * MINUTE)
  influx.mood = 'ok'
  await gateway.runUntil(START + 4 * HOUR)
  t.strictSame(raised(gateway), [])
})

t.test('F25: a lost frame now and then, or a noisy half minute, is no alarm', async (t) => {
  const { gateway } = await start(t)
  noisy(gateway, 0.04)
  await gateway.runUntil(START + 20 * MINUTE)
  noisy(gateway, 0.5)
  await gateway.runUntil(START + 20 * MINUTE + 30 * S)
  noisy(gateway, 0.04)
  await gateway.runUntil(START + 40 * MINUTE)
  t.strictSame(raised(gateway), [])
})

t.test('a gateway that no longer tells of itself is unheard, as any device is', async (t) => {
  const { gateway } = await start(t)
  await gateway.runUntil(START + 10 * MINUTE)
  // Its store does not answer any more, and does not say so.
  Object.assign(gateway.life.core, { condition: () => new Promise(() => {}) })
  const since = gateway.time.now()
  const at = await gateway.runUntilTrue('raised', since + 12 * MINUTE, () => raised(gateway).length > 0)
  t.strictSame(raised(gateway), [`${SELF}/communication`])
  t.ok(at - since >= 9 * MINUTE, 'after twice its five minutes')
})

t.test('started again while the database is away, it does not claim to be up to date', async (t) => {
  const { gateway, influx } = await start(t)
  await gateway.runUntil(START + 10 * MINUTE)
  influx.mood = 'unavailable'
  await gateway.runUntil(START + 2 * HOUR)
  const behind = () => gateway.life.queries.readingsOf(SELF, 'database_behind', 0, Number.MAX_SAFE_INTEGER).at(-1)
  t.match(behind(), { value: 6_540, quality: 'good' })
  gateway.kill()
  await gateway.start()
  await gateway.runUntil(START + 3 * HOUR)
  t.match(behind(), { value: 6_540 })
  t.ok(behind()!.at <= START + 2 * HOUR, 'what it knew last, with its time')
  influx.mood = 'ok'
  await gateway.runUntil(START + 3 * HOUR + 5 * MINUTE)
  t.match(behind(), { value: 0 })
})

t.test(
  'a site that has named something else `gateway` keeps it, and hears nobody else speak in its name',
  async (t) => {
    const { gateway } = await start(t, (url) => siteWithItsOwn(partOfTheDemo(['PR1-H'], url)))
    t.equal(withSelf(gateway.site), gateway.site)
    gateway.every(8 * S, START, (at) => {
      if (at < START + 5 * MINUTE)
        void gateway.submit({ source: 'plc', receivedAt: at, readings: pumpSays(SELF, at, false) })
    })
    await gateway.runUntil(START + 5 * MINUTE)
    t.strictSame(raised(gateway), [])
    await gateway.runUntil(START + 6 * MINUTE)
    t.strictSame(raised(gateway), [`${SELF}/communication`], 'its silence is heard')
    const points = gateway.life.queries.seriesNames().filter(({ device }) => device === SELF)
    t.notOk(points.some(({ point }) => point === 'database_away'))
    const never = { clock: { now: () => START, sleep: async () => {} }, room: async () => null, contested: () => 0 }
    const more = {
      condition: async () => gateway.life.core.condition(),
      forwarding: () => [],
      lines: () => [],
      mqtt: () => ({ brokers: [], outward: [] }),
      messages: async () => ({ undelivered: 0, waitingSince: null }),
    }
    const assetOnly = { ...gateway.site, devices: [] }
    t.equal(selfSource({ site: assetOnly, ...never, ...more }), null, 'nor where only an asset has the name')
  },
)

t.test('F61 a message that nobody got is an alarm, and one that does not go out as well', async (t) => {
  const { gateway } = await start(t, (url) => {
    const site = partOfTheDemo([BIN], url)
    // Nobody listens there.
    const away = {
      id: 'away',
      type: 'webhook',
      url: 'http://127.0.0.1:9/',
      secret: 'x'.repeat(32),
      allow_private: true,
    } as const
    return { ...site, channels: [away] }
  })
  const notice = { notice: 'N9', trace: 't' }
  const about = { order: 'W1', kind: 'other', alarm: 'A1', rule: 'r', asset: BIN, homes: ['h'] }
  const { pipeline } = gateway.life
  await Promise.all([
    pipeline.record({ type: 'notice.drafted', ...notice, ...about }),
    pipeline.record({
      type: 'notice.published',
      ...notice,
      by: 'x',
      verifying: false,
      homes: ['h'],
      channels: ['away'],
    }),
    gateway.runUntil(START + 5 * S),
  ])
  await gateway.runUntil(START + 9 * MINUTE)
  t.strictSame(raised(gateway), [])
  await gateway.runUntil(START + 12 * MINUTE)
  t.strictSame(raised(gateway), [`${SELF}/messages-late`])
  const [{ id: message } = { id: '' }] = gateway.life.queries.get('notices', 'N9')!.messages
  const settle = {
    type: 'message.settle',
    ...notice,
    message,
    channel: 'away',
    result: 'failed',
    reason: 'http_400',
  } as const
  void pipeline.command({ ...settle, id: 's1', actor: 'outbox' })
  await gateway.runUntil(START + 14 * MINUTE)
  t.strictSame(raised(gateway), [`${SELF}/messages-late`, `${SELF}/messages-undelivered`])
  t.equal(gateway.life.queries.undelivered(0, 10).length, 1)
  void pipeline.command({ ...settle, result: 'delivered', id: 's2', actor: 'outbox' })
  await gateway.runUntil(START + 18 * MINUTE)
  const open = gateway.life.queries.list('alarms', { state: 'open', limit: 50 }).items
  t.strictSame(
    open.filter(({ clearedAt }) => clearedAt === null).map(({ rule }) => rule),
    [],
    'over when it got there',
  )
})

/** A gateway with a bin that reports every minute, and a database. */
async function start(t: Test, siteAt: (url: string) => Site = (url) => partOfTheDemo([BIN], url)) {
  const influx = await startInfluxHttp()
  t.teardown(() => influx.stop())
  const gateway = new PushedGateway(t, siteAt(influx.url), START)
  gateway.every(MINUTE, START, (at) => {
    const readings = readingsOf(BIN, at, { fill: 40 + ((at / MINUTE) % 10), battery: 90 })
    void gateway.submit({ source: 'mqtt', receivedAt: at, readings })
  })
  await gateway.start()
  return { gateway, influx }
}

/** Its one pump set is called as the gateway is. */
function siteWithItsOwn(site: Site): Site {
  const own = { ...site.devices.find(({ id }) => id === 'PR1-H')!, id: SELF }
  const assets = new Map([...site.plan.assets].filter(([id]) => id !== SELF))
  return { ...site, devices: [own], plan: { ...site.plan, assets, rules: rulesOf(own, [], 'UTC') } }
}

function raised(gateway: PushedGateway): string[] {
  return gateway.happened('alarm.raised').map(({ rule }) => rule)
}

/** Where the table and its indices begin in the file. */
function rootsOf(file: string, table: string): number[] {
  const db = new DatabaseSync(file)
  const rows = db
    .prepare(
      `select (rootpage - 1) * page_size as at from sqlite_master, pragma_page_size()
       where tbl_name = ? and rootpage > 0`,
    )
    .all(table) as { at: number }[]
  db.close()
  return rows.map(({ at }) => at)
}

function overwrite(file: string, at: number, bytes: number): void {
  const fd = openSync(file, 'r+')
  writeSync(fd, Buffer.alloc(bytes, 0xee), 0, bytes, at)
  closeSync(fd)
}
