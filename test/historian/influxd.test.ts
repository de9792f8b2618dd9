import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { forward } from '#gateway/historian/forwarder.ts'
import { influx1 } from '#gateway/historian/influx1.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { type Influxd, startInfluxd, withoutInfluxd } from '#test/fakes/influxd.ts'
import { until } from '#test/fakes/until.ts'
import { memoryCursors, memoryLog, poll } from './memory-log.ts'

const skip = withoutInfluxd()
const START = Date.UTC(2026, 0, 5, 8)
const devices = new Map([
  ['PR1-L', { kind: 'pump-set', area: 'north', profile: 'booster-pump-set' }],
  ['B1-L1', { kind: 'lift', area: 'north', profile: 'lift-controller' }],
])

function setUp(server: Influxd, database: string, pointsPerWrite = 200, url = server.url) {
  const [log, cursors] = [memoryLog(devices), memoryCursors()]
  const quarantined: { line: string; reason: string }[] = []
  const run = () => {
    const stop = new AbortController()
    const forwarding = forward({
      target: influx1({ type: 'influx1', url, database, retention: '36500d' }),
      log,
      cursors,
      clock: scaledClock(100, START),
      random: { next: () => 0.5 },
      signal: stop.signal,
      bounds: { keepMs: 864_000_000 },
      quarantine: async (_, line, reason) => void quarantined.push({ line, reason }),
      pointsPerWrite,
    })
    const isDone = () => forwarding.health().position.batch === log.endPosition().batch
    const caughtUp = (deadlineMs = 30_000) => until('caught up', isDone, deadlineMs)
    const end = () => (stop.abort(), forwarding.finished)
    return { forwarding, caughtUp, end }
  }
  const numbers = async () => (await server.query(database, 'SELECT n FROM "pump-set"')).map((row) => row['n'])
  return { log, cursors, quarantined, run, numbers }
}

const pump = (n: number) =>
  poll('PR1-L', START + n * 1_000, { n, pressure: n / 100, running: n % 2 === 0, mode: 'auto' })
const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, i) => i + from)

t.test('with a real InfluxDB 1.x', { skip }, async (t) => {
  const server = await startInfluxd()
  t.teardown(() => server.stop())

  await t.test('every reading of the log is a point, and a restart adds and loses nothing', async (t) => {
    const { log, cursors, run, numbers } = setUp(server, 'whole "estate"')
    log.append(
      ...upTo(230).map(pump),
      ...upTo(40).map((i) => poll('B1-L1', START + i * 1_000, { floor: i, door: 'open' })),
    )
    const first = run()
    await first.caughtUp()
    await first.end()
    t.same(await numbers(), upTo(230))
    const count = await server.query('whole "estate"', 'SELECT count(*) FROM "pump-set" GROUP BY *')
    t.match(count, [
      {
        site: 'demo',
        area: 'north',
        device: 'PR1-L',
        profile: 'booster-pump-set',
        count_n: 230,
        count_pressure: 230,
        count_running: 230,
        count_mode: 230,
      },
    ])
    t.match(await server.query('whole "estate"', 'SELECT count(floor) FROM lift'), [{ count: 40 }])
    const [last] = await server.query('whole "estate"', 'SELECT last(n), pressure, running, mode FROM "pump-set"')
    t.match(last, { time: START + 229_000, last: 229, pressure: 2.29, running: false, mode: 'auto' })

    log.append(...upTo(300, 230).map(pump))
    const second = run()
    await second.caughtUp()
    await second.end()
    t.equal(second.forwarding.health().sent, 70, 'from the saved cursor on')
    t.same(await numbers(), upTo(300))

    cursors.saved.clear()
    const third = run()
    await third.caughtUp()
    await third.end()
    t.equal(third.forwarding.health().sent, 340, 'without a cursor everything goes again')
    t.same(await numbers(), upTo(300), 'and is the same points')
  })

  await t.test('killed half-way and started again: everything arrives', async (t) => {
    const { log, run, numbers } = setUp(server, 'killed', 40)
    log.append(...upTo(400).map(pump))
    const { forwarding, caughtUp, end } = run()
    await until('some are confirmed', () => forwarding.health().position.batch > 0, 20_000)
    await server.kill()
    const cursor = forwarding.health().position.batch
    t.ok(cursor < 1_200, `killed at ${cursor} of 1200`)
    log.append(...upTo(500, 400).map(pump))
    await until('the outage is seen', () => forwarding.health().state === 'unavailable', 20_000)
    await server.start()
    await caughtUp()
    t.same(await numbers(), upTo(500))
    t.equal(forwarding.health().lag, 0)
    await end()
  })

  await t.test('killed 20 times in a replay: equal values, no point too many, the log never goes back', async (t) => {
    const seen: { from: number; to: number; isConfirmed: boolean }[] = []
    const proxy = await recordingProxy(server.url, (lines, isConfirmed) => {
      const numbers = lines.map((line) => Number(/ n=(\d+)/.exec(line)?.[1]))
      seen.push({ from: numbers[0]!, to: numbers.at(-1)!, isConfirmed })
    })
    t.teardown(() => proxy.stop())
    const { log, run, numbers } = setUp(server, 'twenty', 100, proxy.url)
    const count = 15_000
    log.append(...upTo(count).map((n) => poll('PR1-L', START + n * 1_000, { n, pressure: Math.sin(n) })))
    let running = run()
    for (let kill = 0; kill < 20; kill++) {
      const begun = seen.filter(({ isConfirmed }) => isConfirmed).length
      const more = Math.floor(Math.random() * 8)
      const isOn = () => seen.filter(({ isConfirmed }) => isConfirmed).length > begun + more
      await until('it goes on', isOn, 30_000)
      await wait(Math.random() * 10)
      await server.kill()
      if (kill % 4 === 3) {
        await running.end()
        running = run()
      }
      await server.start()
    }
    t.ok(running.forwarding.health().lag > 0, 'all kills fell into the replay')
    await running.caughtUp(60_000)
    await running.end()
    t.same(await numbers(), upTo(count))
    const rows = await server.query('twenty', 'SELECT pressure FROM "pump-set"')
    t.same(
      rows.map(({ time, pressure }) => [time, pressure]),
      upTo(count).map((n) => [START + n * 1_000, Math.sin(n)]),
    )
    const back = seen.filter(({ from }, index) => {
      const before = seen[index - 1]
      if (!before) return from !== 0
      return from !== before.from && !(before.isConfirmed && from === before.to + 1)
    })
    t.same(back, [], 'each request follows the one before, or is it again')
    t.ok(
      seen.some(({ isConfirmed }) => !isConfirmed),
      'some were cut',
    )
  })

  await t.test('F67: readings older than the database keeps are counted, the rest arrives', async (t) => {
    const { log, quarantined, cursors, numbers } = setUp(server, 'young')
    const now = Date.now()
    const stop = new AbortController()
    t.teardown(() => stop.abort())
    log.append(...upTo(100).map((n) => poll('PR1-L', n % 4 === 0 ? now - 40 * 86_400_000 + n : now - 1_000 + n, { n })))
    const forwarding = forward({
      target: influx1({ type: 'influx1', url: server.url, database: 'young', retention: '30d' }),
      log,
      cursors,
      clock: scaledClock(1, now),
      random: { next: () => 0.5 },
      signal: stop.signal,
      bounds: { keepMs: 100 * 86_400_000 },
      quarantine: async (_, line, reason) => void quarantined.push({ line, reason }),
    })
    await until('caught up', () => forwarding.health().position.batch === log.endPosition().batch, 20_000)
    t.same(
      await numbers(),
      upTo(100).filter((n) => n % 4 !== 0),
    )
    t.match(forwarding.health(), { sent: 75, dropped: 25, quarantined: 0 })
    t.same(quarantined, [])

    const begun = performance.now()
    log.append(poll('PR1-L', Date.now(), { n: 100 }))
    await until('there', async () => (await numbers()).includes(100), 10_000)
    t.ok(
      performance.now() - begun < 5_000,
      'live again: a reading is there within 5 s, even if nobody says that it came',
    )
  })

  await t.test('F67: a past range that the database lost is there again after it was sent again', async (t) => {
    const { log, run, numbers } = setUp(server, 'lost')
    log.append(...upTo(300).map(pump))
    const { forwarding, caughtUp, end } = run()
    await caughtUp()
    await server.query(
      'lost',
      `DELETE FROM "pump-set" WHERE time >= ${START + 100_000}ms AND time < ${START + 200_000}ms`,
    )
    t.equal((await numbers()).length, 200)
    t.ok(forwarding.resend({ from: START + 90_000, to: START + 210_000 }))
    await until('done', () => forwarding.health().resend?.state === 'done', 20_000)
    t.same(await numbers(), upTo(300))
    await end()
  })

  await t.test(
    '500 devices with two points a second: what lies behind is caught up at 50 times the speed and more',
    async (t) => {
      const { log, run, cursors } = setUp(server, 'behind', 5_000)
      const [deviceCount, seconds] = [500, 200]
      for (let second = 0; second < seconds; second++)
        for (let device = 0; device < deviceCount; device += 100)
          log.append({
            source: 'test',
            receivedAt: START + second * 1_000,
            readings: upTo(100).flatMap((i) =>
              ['a', 'b'].map((point, p) => ({
                device: `D${device + i}`,
                point,
                value: Math.round(Math.sin(second + i + p) * 1_000) / 100,
                quality: 'good' as const,
                at: START + second * 1_000,
              })),
            ),
          })
      const begun = performance.now()
      const { caughtUp, end } = run()
      await caughtUp(60_000)
      const tookS = (performance.now() - begun) / 1_000
      await end()
      t.comment(`${seconds} s of 1,000 points/s in ${tookS.toFixed(2)} s: ${Math.round(seconds / tookS)} times live`)
      t.ok(seconds / tookS >= 50, `${Math.round(seconds / tookS)} times live`)
      t.ok(cursors.history.length >= 40, 'in slices of 5,000')
    },
  )

  await t.test('F67: a line of another type is quarantined with the reason, the rest arrives', async (t) => {
    const { log, quarantined, run, numbers } = setUp(server, 'poisoned', 1_000)
    const odd = (n: number) => poll('PR1-L', START + n * 1_000, { n: 'seventeen' })
    log.append(...upTo(100).map((n) => (n === 17 || n === 77 ? odd(n) : pump(n))))
    const { forwarding, caughtUp, end } = run()
    await caughtUp()
    t.same(
      await numbers(),
      upTo(100).filter((n) => n !== 17 && n !== 77),
    )
    t.equal(quarantined.length, 2)
    t.match(quarantined[0], { line: / n="seventeen" \d+$/, reason: /field type conflict/ })
    t.match(forwarding.health(), { sent: 98, quarantined: 2, lag: 0 })
    await end()
  })

  await t.test('names and words with every special character come back as they were', async (t) => {
    const { log, quarantined, run } = setUp(server, 'names')
    const names = ['a b', 'a,b', 'a=b', 'a\\b', 'a\\,b', 'a\\ b', '1 号泵 "x"', '#a', 'a\\\\=']
    const words = ['', 'a "quoted" word', 'back\\slash\\', 'two\nlines', '逗号，', "it's = , "]
    log.append(...names.map((name, i) => poll(name, START + i, { word: name })))
    log.append(...words.map((word, i) => poll('words', START + i, { word })))
    log.append(poll('tail\\', START, { word: 'x' }), poll('tiny', START, { n: 5e-324, m: -1.7976931348623157e308 }))
    const { caughtUp, end } = run()
    await caughtUp()
    await end()
    t.same(quarantined, [])
    const rows = await server.query('names', 'SELECT word FROM "unknown" GROUP BY device')
    t.same(
      rows.filter(({ device }) => device === 'words').map(({ word }) => word),
      words,
    )
    for (const name of names)
      t.match(
        rows.find(({ word }) => word === name),
        { device: name },
        name,
      )
    t.ok(rows.some(({ device }) => device === 'tail_'))
    t.match(await server.query('names', 'SELECT n, m FROM "unknown"'), [{ n: 5e-324, m: -1.7976931348623157e308 }])
  })
})

/** Stands between; hands on what it gets, and tells of each write how it ended, in order. */
async function recordingProxy(to: string, record: (lines: readonly string[], isConfirmed: boolean) => void) {
  const wholeOf = async (message: IncomingMessage) => Buffer.concat((await message.toArray()) as Buffer[])
  const server = createServer((request, response) => {
    void (async () => {
      const body = await wholeOf(request)
      const isWrite = request.url!.startsWith('/write')
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body).toString() : body.toString()
      const { host: _, connection: __, ...headers } = request.headers
      const answer = await fetch(`${to}${request.url}`, {
        method: request.method!,
        headers: Object.entries(headers).map(([key, value]): [string, string] => [key, String(value)]),
        ...(request.method === 'GET' ? {} : { body }),
      }).catch(() => null)
      const said = answer && Buffer.from(await answer.arrayBuffer())
      if (isWrite) record(text.split('\n'), answer?.status === 204)
      if (!answer) return void response.destroy()
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(said)
    })()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return { url: `http://127.0.0.1:${port}`, stop: () => (server.closeAllConnections(), server.close()) }
}
