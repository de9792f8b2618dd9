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

function setUp(server: Influxd, database: string, batchesPerWrite = 50) {
  const [log, cursors] = [memoryLog(), memoryCursors()]
  const quarantined: { line: string; reason: string }[] = []
  const run = () => {
    const stop = new AbortController()
    const forwarding = forward({
      target: influx1({ type: 'influx1', url: server.url, database }),
      log,
      cursors,
      site: 'demo',
      devices,
      clock: scaledClock(100),
      signal: stop.signal,
      quarantine: async (_, line, reason) => void quarantined.push({ line, reason }),
      batchesPerWrite,
    })
    const caughtUp = () => until('caught up', async () => forwarding.health().cursor === (await log.newest()), 30_000)
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
    const { log, run, numbers } = setUp(server, 'killed', 10)
    log.append(...upTo(400).map(pump))
    const { forwarding, caughtUp, end } = run()
    await until('some are confirmed', () => forwarding.health().cursor > 0, 20_000)
    await server.kill()
    const cursor = forwarding.health().cursor
    t.ok(cursor < 1_200, `killed at ${cursor} of 1200`)
    log.append(...upTo(500, 400).map(pump))
    await until('the outage is seen', () => forwarding.health().state === 'unavailable', 20_000)
    await server.start()
    await caughtUp()
    t.same(await numbers(), upTo(500))
    t.equal(forwarding.health().lag, 0)
    await end()
  })

  await t.test('F67: a line of another type is quarantined with the reason, the rest arrives', async (t) => {
    const { log, quarantined, run, numbers } = setUp(server, 'poisoned')
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
