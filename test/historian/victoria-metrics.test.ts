import t from 'tap'
import { forward } from '#gateway/historian/forwarder.ts'
import { influx2 } from '#gateway/historian/influx2.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { until } from '#test/fakes/until.ts'
import { startVictoriaMetrics, withoutVictoriaMetrics } from '#test/fakes/victoria-metrics.ts'
import { memoryCursors, memoryLog, poll } from './memory-log.ts'

const START = Date.UTC(2026, 0, 5, 8)
const COUNT = 2_000

t.test(
  'with a real VictoriaMetrics, by the write path of InfluxDB 2',
  { skip: withoutVictoriaMetrics() },
  async (t) => {
    const server = await startVictoriaMetrics()
    const stop = new AbortController()
    t.teardown(async () => {
      stop.abort()
      await server.stop()
    })
    const [log, cursors] = [
      memoryLog(new Map([['PR1-L', { kind: 'pump-set', area: 'north', profile: 'booster-pump-set' }]])),
      memoryCursors(),
    ]
    const target = influx2({ type: 'influx2', url: server.url, org: 'any', bucket: 'any', token: 'not-asked-for-here' })
    const quarantined: string[] = []
    log.append(
      ...Array.from({ length: COUNT }, (_, n) => poll('PR1-L', START + n * 1_000, { n, running: n % 2 === 0 })),
    )
    const forwarding = forward({
      target,
      log,
      cursors,
      clock: scaledClock(100, START),
      random: { next: () => 0.5 },
      signal: stop.signal,
      bounds: { keepMs: 864_000_000 },
      quarantine: async (_, line) => void quarantined.push(line),
      pointsPerWrite: 100,
    })
    const isDone = () => forwarding.health().lag === 0 && forwarding.health().position.batch > 0
    await until('some are confirmed', () => forwarding.health().sent > 100, 20_000)
    await server.kill()
    await until('the outage is seen', () => forwarding.health().state === 'unavailable', 20_000)
    await server.start()
    await until('caught up', isDone, 30_000)

    t.same(quarantined, [])
    const { sent, dropped } = forwarding.health()
    t.same([sent >= COUNT, dropped], [true, 0])
    const [numbers, ...others] = await server.exported('pump-set_n')
    t.same(others, [], 'one series')
    t.match(numbers!.metric, { site: 'demo', area: 'north', device: 'PR1-L', profile: 'booster-pump-set' })
    // It confirms before it is on disk: what it took in the second before a kill can be missing, and is sent again by hand.
    const missing = COUNT - new Set(numbers!.values).size
    t.comment(`${missing} of ${COUNT} points were lost by the kill`)
    t.ok(forwarding.resend({ from: START, to: START + COUNT * 1_000 }))
    await until('sent again', () => forwarding.health().resend?.state === 'done', 20_000)
    const [whole] = await server.exported('pump-set_n')
    t.same(
      whole!.timestamps.map((at, index) => [at, whole!.values[index]]),
      Array.from({ length: COUNT }, (_, n) => [START + n * 1_000, n]),
      'every point once',
    )
    const [running] = await server.exported('pump-set_running')
    t.same(running!.values.slice(0, 4), [1, 0, 1, 0])

    const series = { site: 'demo', device: 'PR1-L', kind: 'pump-set', point: 'n' }
    const asked = target.query(series, { from: START, to: START + 1, buckets: 1 }, stop.signal)
    const refused = await asked.catch((error: unknown) => error)
    t.match(refused, { kind: 'unavailable' }, 'it knows no Flux: charts come from the log')
  },
)
