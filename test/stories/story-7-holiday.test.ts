import t from 'tap'
import { SELF } from '#gateway/site/with-self.ts'
import { startInfluxHttp } from '#test/fakes/influx-http.ts'
import { partOfTheDemo, readingsOf, wrongIn } from './part-of-the-demo.ts'
import { PushedGateway } from './pushed-gateway.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const AWAY_AT = Date.parse('2026-12-11T18:00:00+08:00')

t.test(
  'story 7, a holiday: away for 168 h nothing is dropped, with four bins every 5 min',
  { timeout: 380_000 },
  async (t) => {
    const influx = await startInfluxHttp('typed')
    t.teardown(() => influx.stop())
    const startAt = AWAY_AT - 10 * MINUTE
    const bins = ['K1-kitchen', 'K1-other', 'K6-kitchen', 'K6-other']
    const gateway = new PushedGateway(t, partOfTheDemo(bins, influx.url), startAt)
    gateway.every(5 * MINUTE, startAt, (at) => {
      const readings = bins.flatMap((bin, index) =>
        readingsOf(bin, at, { fill: 40 + ((at / MINUTE + index) % 40), battery: 90, tilted: false }),
      )
      void gateway.submit({ source: 'mqtt', receivedAt: at, readings }, 'ack')
    })
    await gateway.start()
    await gateway.runUntil(AWAY_AT)
    influx.mood = 'unavailable'
    await gateway.runUntil(AWAY_AT + 168 * HOUR)
    t.match(gateway.life.forwarding.health(), [{ state: 'unavailable', dropped: 0 }])
    const sentBefore = influx.lines.length
    influx.mood = 'typed'
    const isDone = () => gateway.life.forwarding.health().every(({ state, lag }) => state === 'running' && lag === 0)
    await gateway.runUntilTrue('caught up', gateway.time.now() + HOUR, isDone)
    t.ok(influx.lines.length - sentBefore >= 4 * 168 * 12, `${influx.lines.length - sentBefore} lines`)
    t.strictSame(wrongIn(influx, gateway), [], 'each reading once, and in order')
    t.match(gateway.life.forwarding.health(), [{ dropped: 0, quarantined: 0 }])
    t.strictSame(
      gateway.reports.filter(({ type }) => type === 'forwarding.dropped'),
      [],
    )
    t.strictSame(
      gateway.happened('order.opened').map(({ rule, class: ofClass }) => [rule, ofClass]),
      [[`${SELF}/database-away`, 'P8b']],
      'and one order for all of it',
    )
  },
)
