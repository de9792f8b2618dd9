import { inspect } from 'node:util'
import t from 'tap'
import { readDocument } from '#devices/document.ts'
import { InfluxTarget } from '#gateway/historian/config.ts'
import { forward, type ForwardOptions } from '#gateway/historian/forwarder.ts'
import { influx1 } from '#gateway/historian/influx1.ts'
import { influx2 } from '#gateway/historian/influx2.ts'
import { type Target, TargetError } from '#gateway/historian/target.ts'
import { targetOf } from '#gateway/historian/targets.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { type InfluxHttp, type InfluxMood, startInfluxHttp } from '#test/fakes/influx-http.ts'
import { until } from '#test/fakes/until.ts'
import { memoryCursors, memoryLog, poll } from './memory-log.ts'

const TIMEOUT_MS = 150
const never = new AbortController().signal
const v1 = (url: string) =>
  influx1({ type: 'influx1', url, database: 'estate', user: 'gw', password: 'hush-hush' }, TIMEOUT_MS)
const v2 = (url: string, timeoutMs = TIMEOUT_MS) =>
  influx2({ type: 'influx2', url, org: 'lake & side', bucket: 'read ings', token: 'hush-hush' }, timeoutMs)

async function failureOf(promise: Promise<void>): Promise<TargetError> {
  const error: unknown = await promise.then(
    () => new Error('it was confirmed'),
    (reason: unknown) => reason,
  )
  if (error instanceof TargetError) return error
  throw error
}

t.test('InfluxDB 2 gets one request with org, bucket, precision, token and the lines as they are', async (t) => {
  const server = await startInfluxHttp()
  t.teardown(() => server.stop())
  await v2(server.url).write(['a v=1 1', 'b,t=泵 v="x y" 2'], never)
  t.equal(server.requests.length, 1)
  const { method, url, headers, body } = server.requests[0]!
  t.equal(`${method} ${url.pathname}`, 'POST /api/v2/write')
  t.same(Object.fromEntries(url.searchParams), { org: 'lake & side', bucket: 'read ings', precision: 'ms' })
  t.equal(headers.authorization, 'Token hush-hush')
  t.match(headers['content-type'], /^text\/plain; charset=utf-8/)
  t.equal(body, 'a v=1 1\nb,t=泵 v="x y" 2')
})

t.test('InfluxDB 1 gets one request with database, precision, credentials and the lines as they are', async (t) => {
  const server = await startInfluxHttp()
  t.teardown(() => server.stop())
  await v1(server.url).write(['a v=1 1', 'b,t=泵 v="x y" 2'], never)
  t.equal(server.requests.length, 1)
  const { method, url, headers, body } = server.requests[0]!
  t.equal(`${method} ${url.pathname}`, 'POST /write')
  t.same(Object.fromEntries(url.searchParams), { db: 'estate', precision: 'ms' })
  t.equal(headers.authorization, `Basic ${Buffer.from('gw:hush-hush').toString('base64')}`)
  t.equal(body, 'a v=1 1\nb,t=泵 v="x y" 2')
})

t.test('a missing bucket is created in the organization, once', async (t) => {
  const server = await startInfluxHttp()
  t.teardown(() => server.stop())
  const target = v2(server.url)
  await target.prepare(never)
  await target.prepare(never)
  t.same(server.buckets, ['read ings'])
  const created = server.requests.filter(({ method }) => method === 'POST')
  t.same(
    created.map(({ body }) => JSON.parse(body) as unknown),
    [{ orgID: 'o1', name: 'read ings', retentionRules: [] }],
  )
})

t.test('what an answer means, after exactly one request', async (t) => {
  const table: [InfluxMood, string, 'unavailable' | 'rejected', RegExp][] = [
    ['unavailable', 'a v=1 1', 'unavailable', /try later|503|Service Unavailable/],
    ['hang', 'a v=1 1', 'unavailable', /no answer|timed out/i],
    ['cut', 'a v=1 1', 'unavailable', /./],
    ['proxyPage', 'a v=1 1', 'unavailable', /HTTP 200/],
    ['proxyRefusal', 'a v=1 1', 'unavailable', /HTTP 400/],
    ['wrongOrg', 'a v=1 1', 'unavailable', /organization not found/],
    ['ok', 'poison v=1 1', 'rejected', /HTTP 400: unable to parse/],
  ]
  for (const [name, targetAt] of [['influx1', v1] as const, ['influx2', v2] as const]) {
    for (const [mood, line, kind, words] of table) {
      const server = await startInfluxHttp(mood)
      try {
        const error = await failureOf(targetAt(server.url).write([line], never))
        t.equal(error.kind, kind, `${name} ${mood}`)
        t.match(error.cause, words, `${name} ${mood}`)
        t.notMatch(inspect(error, { depth: 9, showHidden: true }), /hush/, `${name} ${mood} keeps the secret`)
        t.equal(server.requests.length, 1, `${name} ${mood}: nothing is sent again behind our back`)
      } finally {
        await server.stop()
      }
      const closed = await failureOf(targetAt(server.url).write([line], never))
      t.equal(closed.kind, 'unavailable', `${name} with nobody listening`)
    }
  }
})

t.test('credentials that may only write are enough', async (t) => {
  const server = await startInfluxHttp('forbidden')
  t.teardown(() => server.stop())
  for (const target of [v1(server.url), v2(server.url)]) {
    await target.prepare(never)
    await target.write(['a v=1 1'], never)
  }
  t.equal(server.lines.length, 2)
})

/** A forwarding over an in-memory log, at 1,000 times the speed. */
function start(t: Tap, target: Target, more: Partial<ForwardOptions> = {}) {
  const [log, cursors, stop] = [memoryLog(), memoryCursors(), new AbortController()]
  const quarantined: { line: string; reason: string }[] = []
  const setup = {
    target,
    log,
    cursors,
    site: 'demo',
    devices: new Map([['P1', { kind: 'pump-set', area: 'north', profile: 'p' }]]),
    clock: scaledClock(1_000),
    signal: stop.signal,
    quarantine: async (_: string, line: string, reason: string) => void quarantined.push({ line, reason }),
    ...more,
  }
  const run = () => forward(setup)
  t.teardown(() => stop.abort())
  return { log, cursors, stop, quarantined, run }
}
type Tap = { teardown(end: () => unknown): void }

const numbersOf = (server: InfluxHttp) => server.lines.map((line) => Number(/ n=(\d+)/.exec(line)?.[1]))
const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, i) => i + from)
const pollOf = (n: number) => poll('P1', 1_000 + n, { n })

t.test('an outage: everything arrives in order, each once, and health tells', async (t) => {
  const server = await startInfluxHttp()
  t.teardown(() => server.stop())
  const { log, cursors, stop, run } = start(t, v2(server.url), { batchesPerWrite: 10 })
  const forwarding = run()
  log.append(...upTo(25).map(pollOf))
  await until('25 lines', () => server.lines.length === 25)
  await until('running', () => forwarding.health().state === 'running')

  server.mood = 'unavailable'
  log.append(...upTo(60, 25).map(pollOf))
  await until('the outage is seen', () => forwarding.health().state === 'unavailable')
  const seen = server.requests.length
  await until('it keeps trying', () => server.requests.length > seen + 2)
  const { reason, lag, cursor, since } = forwarding.health()
  t.match(reason, /try later/)
  t.equal(lag, 35 * 3)
  t.equal(cursors.saved.get('influx2 ' + server.url + ' lake & side/read ings'), cursor, 'the cursor did not move')

  server.mood = 'ok'
  await until('60 lines', () => server.lines.length === 60)
  t.same(numbersOf(server), upTo(60))
  await until('no lag', () => forwarding.health().lag === 0 && forwarding.health().state === 'running')
  t.match(forwarding.health(), { sent: 60, quarantined: 0, cursor: 180 })
  t.notOk('reason' in forwarding.health())
  t.ok(forwarding.health().since > since)

  server.mood = 'hang'
  log.append(pollOf(60))
  const before = server.requests.length
  await until('a request hangs', () => server.requests.length > before)
  stop.abort()
  await forwarding.finished
  t.equal(forwarding.health().state, 'stopped')
})

t.test('back-off doubles from 1 s to 60 s of site time', async (t) => {
  const server = await startInfluxHttp('unavailable')
  t.teardown(() => server.stop())
  const slept: number[] = []
  const clock = { now: () => 0, sleep: async (ms: number) => void slept.push(ms) }
  const { stop, run } = start(t, v1(server.url), { clock })
  const { finished } = run()
  await until('nine back-offs', () => slept.length >= 9)
  stop.abort()
  await finished
  t.same(slept.slice(0, 9), [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
})

t.test('F67: line 517 of a refused batch is found and set aside, the rest arrives in order', async (t) => {
  const server = await startInfluxHttp()
  t.teardown(() => server.stop())
  const { log, quarantined, run } = start(t, v2(server.url), { batchesPerWrite: 1_000 })
  log.append(...upTo(1_000).map((n) => (n === 516 ? poll('P1', 1_000 + n, { n, word: 'poison' }) : pollOf(n))))
  const forwarding = run()
  await until('no lag', () => forwarding.health().cursor === 3_000)
  t.same(
    numbersOf(server),
    upTo(1_000).filter((n) => n !== 516),
  )
  t.equal(quarantined.length, 1)
  t.match(quarantined[0], { line: / n=516,word="poison" 1516$/, reason: /unable to parse/ })
  t.match(forwarding.health(), { sent: 999, quarantined: 1, lag: 0, state: 'running' })
  t.ok(server.requests.length < 30, 'by halving')
})

t.test('an outage in the middle of a bisection neither loses a line nor sets one aside twice', async (t) => {
  const server = await startInfluxHttp()
  t.teardown(() => server.stop())
  const set: string[] = []
  let isFirst = true
  const { log, run } = start(t, v2(server.url), {
    quarantine: async (_, line) => {
      if (isFirst) {
        isFirst = false
        server.mood = 'unavailable'
        throw new Error('the disk is full')
      }
      set.push(line)
    },
  })
  log.append(...upTo(16).map((n) => (n % 5 === 3 ? poll('P1', n, { n, word: 'poison' }) : poll('P1', n, { n }))))
  const forwarding = run()
  await until('the outage is seen', () => forwarding.health().state === 'unavailable')
  server.mood = 'ok'
  await until('no lag', () => forwarding.health().cursor === 48)
  t.same(
    numbersOf(server),
    upTo(16).filter((n) => n % 5 !== 3),
  )
  t.same(
    set.map((line) => Number(/ n=(\d+)/.exec(line)?.[1])),
    [3, 8, 13],
  )
})

t.test('the cursor moves after the confirmation only, and a new run goes on from it', async (t) => {
  const server = await startInfluxHttp()
  t.teardown(() => server.stop())
  const { log, cursors, run } = start(t, v2(server.url))
  const save = cursors.save.bind(cursors)
  let failures = 2
  const failing = {
    ...cursors,
    save: async (target: string, id: number) => (failures-- > 0 ? Promise.reject(new Error('busy')) : save(target, id)),
  }
  const first = new AbortController()
  const forwarding = forward({
    target: v2(server.url),
    log,
    cursors: failing,
    site: 'demo',
    devices: new Map(),
    clock: scaledClock(1_000),
    signal: first.signal,
    quarantine: async () => {},
  })
  log.append(...upTo(5).map(pollOf))
  forwarding.nudge()
  await until('five confirmed', () => forwarding.health().cursor === 15)
  t.equal(server.lines.length, 5, 'a cursor that could not be saved is saved later, without a second write')
  first.abort()
  await forwarding.finished

  log.append(...upTo(8, 5).map(pollOf))
  const again = run()
  await until('the other three', () => again.health().cursor === 24)
  t.same(numbersOf(server), upTo(8), 'nothing twice, nothing lost')
})

t.test('a nudge ends the idle wait', async (t) => {
  const server = await startInfluxHttp()
  t.teardown(() => server.stop())
  const { log, run } = start(t, v2(server.url), { clock: scaledClock(0.001) })
  const forwarding = run()
  await until('idle', () => forwarding.health().state === 'running')
  log.append(pollOf(0))
  forwarding.nudge()
  await until('sent', () => server.lines.length === 1)
  log.append(poll('P1', 5, {}))
  forwarding.nudge()
  await until('a batch without values passes without a request', () => forwarding.health().cursor === 6)
  t.equal(server.lines.length, 1)
})

t.test('a nudge that comes while it reads is not forgotten', async (t) => {
  const server = await startInfluxHttp()
  t.teardown(() => server.stop())
  const log = memoryLog()
  let isLate = false
  const busy = {
    ...log,
    // The answer to "what is next" is on its way when the log grows.
    readAfter: async (id: number, limit: number) => {
      const found = await log.readAfter(id, limit)
      if (!isLate) {
        isLate = true
        log.append(pollOf(0))
        forwarding.nudge()
      }
      return found
    },
  }
  const { run } = start(t, v2(server.url), { clock: scaledClock(0.001), log: busy })
  const forwarding = run()
  await until('sent', () => server.lines.length === 1)
})

t.test('a cursor ahead of the log: the log was replaced, so it starts from the beginning', async (t) => {
  const server = await startInfluxHttp()
  t.teardown(() => server.stop())
  const target = v2(server.url)
  const { log, cursors, run } = start(t, target)
  cursors.saved.set(target.name, 900)
  log.append(pollOf(0), pollOf(1))
  const forwarding = run()
  await until('both', () => forwarding.health().cursor === 6)
  t.same(numbersOf(server), [0, 1])
})

t.test('the site file may name either database, and says what is wrong with it', async (t) => {
  const faults = (text: string) =>
    readDocument(InfluxTarget, text, 'site.yaml').faults.map(({ code, params, line }) => ({ code, ...params, line }))
  t.same(faults('{ type: influx1, url: "http://127.0.0.1:8086", database: estate }'), [])
  t.same(faults('{ type: influx2, url: "https://tsdb/influx", org: o, bucket: b, token: t }'), [])
  t.match(faults('{ type: influx2, url: "http://h", org: o, bucket: b }'), [{ code: 'missing_key', key: 'token' }])
  t.match(faults('{ type: influx1, url: "http://h", databse: o }'), [
    { code: 'missing_key' },
    { code: 'unknown_key', hint: 'database' },
  ])
  t.match(faults('{ type: influx1, url: "http://u:p@h", database: o }'), [{ code: 'wrong_value', key: 'url' }])
  t.match(faults('{ type: influx3, url: "http://h" }'), [{ code: 'wrong_value', key: 'type' }])
  t.equal(
    targetOf({ type: 'influx1', url: 'http://h:8086/', database: 'd', password: 'hush' }).name,
    'influx1 http://h:8086 d',
  )
  t.equal(
    targetOf({ type: 'influx2', url: 'http://h', org: 'o', bucket: 'b', token: 'hush' }).name,
    'influx2 http://h o/b',
  )
})
