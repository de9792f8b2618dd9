import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import type { Reading } from '#devices/reading.ts'
import { SELF } from '#gateway/site/with-self.ts'
import { encodeReadings } from '#gateway/store/batch-codec.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { HISTORY_POLICY } from '#gateway/store/history/policy.ts'
import { SeriesNames } from '#gateway/store/series-names.ts'
import { verifyFolder } from '#gateway/store/verify.ts'
import { startInfluxHttp } from '#test/fakes/influx-http.ts'
import { dice } from '#test/sim/random.ts'
import { fieldsIn, partOfTheDemo, pumpSays, readingsOf, timeOf, wrongIn } from './part-of-the-demo.ts'
import { PushedGateway, type Seen } from './pushed-gateway.ts'

/*
 * InfluxDB away from Friday 18:00 to Monday 08:30: 62.5 h in which a site of 1,000 points, each once a second, measures
 * 225,000,000 readings. Here it is played on a pushed clock with twenty points every 8 s, one reading for 400; the far end
 * takes 400 times as long for each, so that what the story says of hours is asked in hours. How many bytes 225,000,000
 * readings are is measured with 1,000 points once a second.
 *
 * What this build cannot play yet, and what is therefore not asked:
 * - the reminder of Saturday 08:00, and any other, to whoever has the order: orders have no clocks of their own yet;
 * - pages, which nobody sends yet: that nothing happens at night of which one could be sent is asked instead;
 * - real latency, which a pushed clock does not know: that nothing waits for the database is asked instead.
 */

const S = 1_000
const MINUTE = 60 * S
const HOUR = 60 * MINUTE
const READINGS_OF_THE_STORY = 225_000_000
/** Shanghai, December 2026. */
const [FRIDAY, SATURDAY, SUNDAY, MONDAY] = [11, 12, 13, 14]
const on = (day: number, clock: string) => Date.parse(`2026-12-${day}T${clock}+08:00`)
const clockOf = (at: number) => new Date(at + 8 * HOUR).toISOString().slice(8, 16)

const PUMPS = ['PR1-H', 'PR2-H']
const POLL_MS = 8 * S
const SCALE = 1_000 / (20 / (POLL_MS / S))
/** So many readings a second the database can take, of the whole site's: the least with which the story's 10:00 is met. */
const DATABASE_TAKES = 75_000

t.test(
  'story 7: InfluxDB away from Friday 18:00 to Monday 08:30, with one reading for 400',
  { timeout: 230_000 },
  async (t) => {
    const influx = await startInfluxHttp('typed')
    t.teardown(() => influx.stop())
    const startAt = on(FRIDAY, '17:30:00')
    const gateway = new PushedGateway(t, partOfTheDemo(PUMPS, influx.url), startAt)
    /** When a write was confirmed, and how old the oldest line in it was. */
    const confirmed: { at: number; ageMs: number }[] = []
    influx.takes = async (lines) => {
      const readings = lines.reduce((sum, line) => sum + fieldsIn(line), 0)
      await gateway.farEnd.sleep((readings * SCALE * S) / DATABASE_TAKES)
      confirmed.push({ at: gateway.time.now(), ageMs: gateway.time.now() - Math.min(...lines.map(timeOf)) })
    }
    const faults = [
      { pump: 'PR1-H', from: on(FRIDAY, '17:40:00'), to: on(FRIDAY, '17:50:00') },
      { pump: 'PR2-H', from: on(SATURDAY, '11:10:00'), to: on(SATURDAY, '11:20:00') },
    ] as const
    const acknowledged: Reading[] = []
    const submit = (source: string, at: number, readings: Reading[]) =>
      void gateway.submit({ source, receivedAt: at, readings }).then(() => acknowledged.push(...readings))
    gateway.every(POLL_MS, startAt, (at) => {
      for (const pump of PUMPS) {
        const isTripped = faults.some((fault) => fault.pump === pump && at >= fault.from && at < fault.to)
        submit(pump, at, pumpSays(pump, at, isTripped))
      }
    })
    const conflictAt = on(SATURDAY, '14:00:03')
    gateway.time.plan(conflictAt, () =>
      submit('PR2-H', conflictAt, readingsOf('PR2-H', conflictAt, { frequency: 'off' })),
    )
    const chartNow = async () => {
      const { site, life, time } = gateway
      const charts = life.forwarding.charts(async ({ device, point }, range) =>
        life.queries.series(device, point, range),
      )
      const series = { site: site.id, device: 'PR1-H', kind: 'pump-set', point: 'outlet_pressure' }
      const { source, buckets } = await charts.series(series, { from: time.now() - HOUR, to: time.now(), buckets: 60 })
      return { source, minutesWithout: buckets.filter(({ n }) => n === 0).length }
    }

    await gateway.start()
    await gateway.runUntil(on(FRIDAY, '18:00:00'))
    t.match(await chartNow(), { source: 'influx' }, 'until now charts come from the database')
    influx.mood = 'unavailable'

    await gateway.runUntil(on(FRIDAY, '18:01:00'))
    t.equal((await chartNow()).source, 'local', 'charts say so within the minute')
    await gateway.runUntil(on(SATURDAY, '15:15:00'))
    t.match(await chartNow(), { source: 'local', minutesWithout: 0 }, 'and show every minute of the fault')

    const [before, during] = faults.map(({ pump, from }) => stepsOf(gateway.seen, `${pump}/`, from))
    t.match(
      before!.map(([type]) => type),
      ['condition.became', 'alarm.raised', 'order.opened', 'order.dispatched', 'notice.drafted'],
      'a tripped pump: alarm, order, notice',
    )
    t.strictSame(during, before, 'each at the same time after the first low reading as before the outage')
    t.ok(during!.some(([type]) => type === 'message.settled') && during!.some(([type]) => type === 'notice.all_clear'))

    // A poll of that moment is taken, and not durable yet.
    const killedAt = on(SUNDAY, '03:33:20')
    const inFlight = pollAt(startAt, killedAt)
    await gateway.runUntil(inFlight + 500)
    t.ok(acknowledged.at(-1)!.at < inFlight, 'a poll is under way')
    gateway.kill()
    const atTheKill = acknowledged.length
    await gateway.runUntil(inFlight + 40 * S)
    t.equal(acknowledged.length, atTheKill, 'a dead gateway acknowledges nothing')
    await gateway.start()
    t.strictSame(lostOf(acknowledged, gateway), [], 'kill -9: nothing acknowledged is lost')
    await gateway.runUntil(on(SUNDAY, '03:35:00'))
    t.equal((await chartNow()).source, 'local')

    await gateway.runUntil(on(MONDAY, '08:30:00'))
    const orders = gateway.happened('order.opened').filter(({ asset }) => asset === SELF)
    t.match(
      orders.map((order) => [clockOf(order.at), order.class, order.rule]),
      [['11T18:15', 'P8b', `${SELF}/database-away`]],
      'one order, at 18:15; none of the kill, and no second one',
    )
    t.strictSame(
      gateway.seen.filter((event) => isAtNight(event.at) && isOfDatabase(event, orders)),
      [],
      'nothing of it between 20:00 and 08:00 of which anybody could be paged',
    )
    const waiting = gateway.life.forwarding.health()[0]!
    t.match(waiting, { state: 'unavailable', dropped: 0, quarantined: 0 })
    const away = { from: on(FRIDAY, '18:00:00'), to: on(MONDAY, '08:30:00') }
    const measured = acknowledged.filter(({ at }) => at >= away.from && at < away.to).length
    t.ok(
      Math.abs(measured * SCALE - READINGS_OF_THE_STORY) < 0.001 * READINGS_OF_THE_STORY,
      `${measured} for 225 million`,
    )
    t.ok(waiting.lagPoints! >= measured, 'all of it waits')

    influx.mood = 'typed'
    const isDone = () => {
      const [health] = gateway.life.forwarding.health()
      return health!.state === 'running' && health!.lag === 0
    }
    await gateway.runUntil(on(MONDAY, '08:40:00'))
    t.equal((await chartNow()).source, 'local', 'while it catches up charts stay with what is whole')
    t.match(
      gateway.happened('order.closed').map((closed) => [closed.order, closed.by, clockOf(closed.at)]),
      [[orders[0]!.order, 'telemetry', /^14T08:3[12]$/]],
      'the order closes by itself',
    )
    const doneAt = await gateway.runUntilTrue('caught up', on(MONDAY, '10:00:00'), isDone)
    t.comment(`caught up at ${clockOf(doneAt)}`)
    await gateway.runUntil(on(MONDAY, '10:00:00'))
    const live = confirmed.filter(({ at }) => at > doneAt).map(({ ageMs }) => ageMs)
    t.ok(live.length > 10, `${live.length} writes since`)
    t.ok(Math.max(...live) <= 5 * S, `live readings are ${Math.max(...live)} ms old at most`)
    t.equal((await chartNow()).source, 'influx')

    t.match(
      quarantineOf(gateway.folder),
      [{ reason: /field type conflict: .*"frequency"/, body: new RegExp(`frequency="off" ${conflictAt}$`) }],
      'one line is set aside, with its reason',
    )
    t.match(
      gateway
        .happened('alarm.raised')
        .filter(({ asset }) => asset === SELF)
        .map(({ rule }) => rule),
      [`${SELF}/database-away`, `${SELF}/lines-quarantined`],
    )
    await gateway.runUntilTrue('at rest', on(MONDAY, '10:01:00'), isDone)
    t.strictSame(wrongIn(influx, gateway, { 'PR2-H frequency': 1 }), [], 'each reading once, and in order')
    t.match(gateway.life.forwarding.health(), [{ dropped: 0, quarantined: 1 }])
    t.strictSame(lostOf(acknowledged, gateway), [])
    t.strictSame(influx.violations, [], 'the published contract of the database is kept')
    t.strictSame(gateway.errors, [])
    await gateway.stop()
    t.strictSame(verifyFolder(gateway.folder).problems, [])
  },
)

t.test('story 7: what 225,000,000 readings take while they wait, measured on 1,000 points once a second', async (t) => {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'caretaker-story-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const core = new StoreCore(folder, () => {}, { ...HISTORY_POLICY, ballastBytes: 0, logKeptMs: 0 })
  const [names, luck] = [new SeriesNames(), dice(225)]
  const states = new Float64Array(1_000).fill(5_000)
  /** A quarter each of the points: a random walk, noise, a switch, a counter. */
  const valueOf = (i: number): number | boolean => {
    if (i % 4 === 0) return (states[i]! += luck.between(-4, 4)) / 100
    if (i % 4 === 1) return (2_000 + luck.between(-10, 10) + luck.between(-10, 10)) / 10
    if (i % 4 === 2) return (states[i]! += luck.chance(1 / 600) ? 1 : 0) % 2 === 0
    return (states[i]! += luck.between(0, 3))
  }
  const startAt = on(FRIDAY, '18:00:00')
  const SECONDS = 900
  let logBytes = 0
  for (let second = 1; second <= SECONDS; second++) {
    const at = startAt + second * S
    const readings = Array.from({ length: 1_000 }, (_, i): Reading => ({
      device: `D${Math.floor(i / 20)}`,
      point: `p${i % 20}`,
      value: valueOf(i),
      quality: 'good',
      at,
    }))
    const body = encodeReadings(readings, at, names)
    logBytes += body.length
    core.commit({
      batches: [{ id: second, source: 's', received_at: at, key: null, body }],
      series: names.takeNew(),
      events: [],
      answers: [],
      readingsUpto: second,
      keyframe: { batch: second, plan: 'p', keyframe: { readings: [], memories: {} } },
      snapshot: { seq: 0 } as never,
    })
    if (second % 10 === 0) while (core.maintain(at));
  }
  for (const later of [10, 20, 130]) while (core.maintain(startAt + later * MINUTE + SECONDS * S));
  core.close()
  const db = new DatabaseSync(join(folder, 'readings.db'))
  const { bytes } = db
    .prepare(
      `select (page_count - freelist_count) * page_size as bytes
       from pragma_page_count(), pragma_freelist_count(), pragma_page_size()`,
    )
    .get() as { bytes: number }
  const { left } = db.prepare('select count(*) as left from log').get() as { left: number }
  db.close()
  t.equal(left, 0, 'all of it is sealed')
  const perReading = bytes / (SECONDS * 1_000)
  // The newest hour stands in the log as well, as it came.
  const ofLog = (logBytes / SECONDS) * (HISTORY_POLICY.logKeptMs / S)
  const backlog = READINGS_OF_THE_STORY * perReading + ofLog
  t.comment(
    `${perReading.toFixed(3)} bytes a reading, ${(ofLog / 1e6).toFixed(1)} MB of log: ${(backlog / 1e6).toFixed(0)} MB`,
  )
  t.ok(backlog <= 225e6, `${(backlog / 1e6).toFixed(0)} MB`)
})

/** What a fault led to, and how long after its begin each could be seen. */
function stepsOf(seen: readonly Seen[], rules: string, from: number): [type: string, ms: number][] {
  const first = seen.find(
    (event) => event.at >= from && event.type === 'condition.became' && event.rule.startsWith(rules),
  )
  return seen.filter(({ trace }) => trace === first?.trace).map(({ type, seenAt }) => [type, seenAt - from])
}

function pollAt(startAt: number, latest: number): number {
  return latest - ((latest - startAt) % POLL_MS)
}

/** Alarm, order, notice or message of the database that is away. */
function isOfDatabase(event: Seen, orders: readonly { order: string }[]): boolean {
  if (!/^(alarm|order|notice|message)\./.test(event.type)) return false
  const isOwn = 'asset' in event && event.asset === SELF
  return isOwn || ('order' in event && orders.some(({ order }) => order === event.order))
}

function isAtNight(at: number): boolean {
  const hour = (at / HOUR + 8) % 24
  return hour >= 20 || hour < 8
}

/** Acknowledged readings that are not in the files as they were. */
function lostOf(acknowledged: readonly Reading[], { life }: PushedGateway): string[] {
  const wanted = Map.groupBy(acknowledged, ({ device, point }) => `${device} ${point}`)
  return [...wanted].flatMap(([name, readings]) => {
    const { device, point } = readings[0]!
    const stored = life.queries.readingsOf(device, point, 0, Number.MAX_SAFE_INTEGER)
    const valueAt = new Map(stored.map(({ at, value }) => [at, value]))
    const lost = readings.filter(({ at, value }) => valueAt.get(at) !== value).length
    return lost === 0 ? [] : [`${name}: ${lost}`]
  })
}

function quarantineOf(folder: string): { reason: string; body: string }[] {
  const db = new DatabaseSync(join(folder, 'readings.db'), { readOnly: true })
  const rows = db.prepare('select reason, body from quarantine').all() as { reason: string; body: string }[]
  db.close()
  return rows
}
