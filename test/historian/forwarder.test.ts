import t from 'tap'
import type { Batch } from '#devices/reading.ts'
import { forward, type Forwarding, type ForwardOptions } from '#gateway/historian/forwarder.ts'
import { influx1 } from '#gateway/historian/influx1.ts'
import { influx2 } from '#gateway/historian/influx2.ts'
import type { ForwardingEvent } from '#gateway/historian/outage.ts'
import type { Target } from '#gateway/historian/target.ts'
import type { Position } from '#gateway/store/reading-log.ts'
import { scaledClock } from '#test/fakes/clock.ts'
import { type InfluxHttp, startInfluxHttp } from '#test/fakes/influx-http.ts'
import { until } from '#test/fakes/until.ts'
import { memoryCursors, memoryLog, poll } from './memory-log.ts'

const TIMEOUT_MS = 500
const START = Date.UTC(2026, 0, 5, 8)
const DAY_MS = 86_400_000
const v1 = (url: string) => influx1({ type: 'influx1', url, database: 'estate' }, TIMEOUT_MS)
const v2 = (url: string) =>
  influx2({ type: 'influx2', url, org: 'lake', bucket: 'readings', token: 'hush-hush' }, TIMEOUT_MS)

/** A forwarding over an in-memory log, at 1,000 times the speed. */
function start(t: Tap, target: Target, more: Partial<ForwardOptions> = {}) {
  const [cursors, stop] = [memoryCursors(), new AbortController()]
  const log = memoryLog(new Map([['P1', { kind: 'pump-set', area: 'north', profile: 'p' }]]))
  const quarantined: { line: string; reason: string }[] = []
  const reports: ForwardingEvent[] = []
  const setup: ForwardOptions = {
    target,
    log,
    cursors,
    clock: scaledClock(1_000, START),
    random: { next: () => 0.5 },
    signal: stop.signal,
    bounds: { keepMs: 10 * DAY_MS },
    quarantine: async (_, line, reason) => void quarantined.push({ line, reason }),
    report: (event) => void reports.push(event),
    ...more,
  }
  const run = (other: Partial<ForwardOptions> = {}) => forward({ ...setup, ...other })
  t.teardown(() => stop.abort())
  const hasAll = (forwarding: Forwarding) => () => {
    const { position, state } = forwarding.health()
    return state === 'running' && position.batch === log.endPosition().batch
  }
  return { log, cursors, stop, quarantined, reports, run, hasAll }
}
type Tap = { teardown(end: () => unknown): void }

const numbersOf = (server: InfluxHttp) => server.lines.map((line) => Number(/ n=(\d+)/.exec(line)?.[1]))
const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, i) => i + from)
const pollOf = (n: number): Batch => poll('P1', START + n, { n })
const poisonOf = (n: number): Batch => poll('P1', START + n, { n, word: 'poison' })

async function serverOf(t: Tap, mood?: InfluxHttp['mood']): Promise<InfluxHttp> {
  const server = await startInfluxHttp(mood)
  t.teardown(() => server.stop())
  return server
}

t.test('an outage: everything arrives in order, each once, and health tells', async (t) => {
  const server = await serverOf(t)
  const target = v2(server.url)
  const { log, cursors, stop, run } = start(t, target, { pointsPerWrite: 10 })
  const forwarding = run()
  log.append(...upTo(25).map(pollOf))
  await until('25 lines', () => server.lines.length === 25)
  await until('running', () => forwarding.health().state === 'running')
  t.equal(forwarding.health().version, 'v2.7.12')

  server.mood = 'unavailable'
  log.append(...upTo(60, 25).map(pollOf))
  await until('the outage is seen', () => forwarding.health().state === 'unavailable')
  const seen = server.requests.length
  await until('it keeps trying', () => server.requests.length > seen + 2)
  const { reason, lag, lagPoints, position, since } = forwarding.health()
  t.match(reason, /try later/)
  t.same([lag, lagPoints], [35 * 3, 35])
  t.same(cursors.saved.get(target.name), position, 'the cursor did not move')

  server.mood = 'ok'
  await until('60 lines', () => server.lines.length === 60)
  t.same(numbersOf(server), upTo(60))
  await until('no lag', () => forwarding.health().lag === 0 && forwarding.health().state === 'running')
  t.match(forwarding.health(), { sent: 60, quarantined: 0, dropped: 0, position: { batch: 180, offset: 0 } })
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

t.test(
  'F60: back-off is anywhere below a limit that doubles from 1 s to 60 s, and what the server asks for',
  async (t) => {
    const limits = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]
    for (const share of [0, 0.25, 0.999]) {
      const server = await serverOf(t, 'unavailable')
      const [slept, stop] = [[] as number[], new AbortController()]
      let now = START
      const clock = { now: () => now, sleep: async (ms: number) => void (slept.push(ms), (now += ms)) }
      const { run, log } = start(t, v1(server.url), { clock, random: { next: () => share }, signal: stop.signal })
      log.append(pollOf(0))
      const { finished } = run()
      await until('nine back-offs', () => slept.length >= 9)
      stop.abort()
      await finished
      t.same(
        slept.slice(0, 9).map(Math.round),
        limits.map((limit) => Math.round(Math.max(100, limit * share))),
      )
    }
    for (const targetAt of [v1, v2]) {
      const server = await serverOf(t, 'busy')
      const [slept, stop] = [[] as number[], new AbortController()]
      let now = START
      const clock = { now: () => now, sleep: async (ms: number) => void (slept.push(ms), (now += ms)) }
      const { run, log } = start(t, targetAt(server.url), { clock, signal: stop.signal })
      log.append(pollOf(0))
      const { finished } = run()
      await until('three back-offs', () => slept.length >= 3)
      stop.abort()
      await finished
      t.ok(
        slept.slice(0, 3).every((ms) => ms >= 7_000 && ms <= 8_000),
        `Retry-After: 7 → ${slept.slice(0, 3).join(', ')}`,
      )
    }
  },
)

for (const mood of ['ok', 'partial'] as const)
  t.test(`F67: line 517 of a refused batch is found and set aside, the rest arrives in order (${mood})`, async (t) => {
    const server = await serverOf(t, mood)
    const { log, quarantined, run, hasAll } = start(t, v2(server.url), { pointsPerWrite: 1_001 })
    log.append(...upTo(1_000).map((n) => (n === 516 ? poisonOf(n) : pollOf(n))))
    const forwarding = run()
    await until('no lag', hasAll(forwarding))
    const expected = upTo(1_000).filter((n) => n !== 516)
    t.same(
      [...new Set(numbersOf(server))].toSorted((a, b) => a - b),
      expected,
    )
    if (mood === 'ok') t.same(numbersOf(server), expected, 'each once, in order')
    t.equal(quarantined.length, 1)
    t.match(quarantined[0], { line: / n=516,word="poison" \d+516$/, reason: /unable to parse/ })
    t.match(forwarding.health(), { sent: 999, quarantined: 1, lag: 0 })
    t.ok(server.requests.length < 30, 'by halving')
  })

t.test('an outage in the middle of a bisection neither loses a line nor leaves one out', async (t) => {
  const server = await serverOf(t)
  const set: string[] = []
  let isFirst = true
  const { log, run, hasAll } = start(t, v2(server.url), {
    quarantine: async (_, line) => {
      if (isFirst) {
        isFirst = false
        server.mood = 'unavailable'
        throw new Error('the disk is full')
      }
      set.push(line)
    },
  })
  log.append(...upTo(16).map((n) => (n % 5 === 3 ? poisonOf(n) : pollOf(n))))
  const forwarding = run()
  await until('the outage is seen', () => forwarding.health().state === 'unavailable')
  server.mood = 'ok'
  await until('no lag', hasAll(forwarding))
  t.same(
    [...new Set(numbersOf(server))],
    upTo(16).filter((n) => n % 5 !== 3),
  )
  t.same(
    set.map((line) => Number(/ n=(\d+)/.exec(line)?.[1])),
    [3, 8, 13],
  )
})

t.test('F67: a target that refuses everything for one reason is at fault itself: nothing is set aside', async (t) => {
  const server = await serverOf(t, 'refusing')
  const { log, cursors, quarantined, run, hasAll } = start(t, v2(server.url), { pointsPerWrite: 2_000 })
  log.append(...upTo(3_000).map(pollOf))
  const forwarding = run()
  await until('it stops', () => forwarding.health().state === 'unavailable')
  t.match(forwarding.health().reason, /refuses \d+ lines alike, none is set aside: HTTP 400: unable to parse/)
  const asked = server.requests.filter(({ method }) => method === 'POST').length
  t.ok(asked < 450, `it does not ask for each of 2,000 lines: ${asked}`)
  await until('it asks again', () => server.requests.length > asked + 8)
  const again = server.requests.filter(({ url }) => url.pathname.endsWith('write')).length
  t.ok(again - asked < 8, 'and then with one request')
  t.same([quarantined, cursors.history], [[], []])
  server.mood = 'ok'
  await until('no lag', hasAll(forwarding))
  t.same([...new Set(numbersOf(server))], upTo(3_000), 'what was kept arrives')
})

t.test('F67: live, where a slice is one line, the share is taken over the lines before', async (t) => {
  const server = await serverOf(t)
  const { log, quarantined, run, hasAll } = start(t, v2(server.url), { pointsPerWrite: 2 })
  log.append(...upTo(400).map((n) => (n % 20 === 7 ? poisonOf(n) : pollOf(n))))
  const forwarding = run()
  await until('one in twenty is set aside', hasAll(forwarding))
  t.equal(quarantined.length, 20)
  log.append(...upTo(900, 400).map(poisonOf))
  await until('it stops', () => forwarding.health().state === 'unavailable')
  t.ok(quarantined.length < 150, `${quarantined.length} before it was seen`)
})

t.test('older than 10 days: left out, counted, told once an hour and at the end', async (t) => {
  const server = await serverOf(t, 'unavailable')
  const clock = scaledClock(20_000, START)
  const { log, cursors, reports, run, hasAll } = start(t, v2(server.url), { clock, pointsPerWrite: 7 })
  const agoOf = (days: number, n: number) => ({ ...pollOf(n), receivedAt: START - days * DAY_MS })
  log.append(...upTo(50).map((n) => agoOf(11, n)), ...upTo(100, 50).map((n) => agoOf(9, n)))
  const forwarding = run()
  await until('the old ones are left out', () => forwarding.health().dropped === 50)
  t.match(reports, [{ type: 'forwarding.dropped', points: 50, reason: 'age' }])
  t.same(cursors.history, [{ batch: 150, offset: 0 }], 'the cursor says so')
  server.mood = 'ok'
  await until('no lag', hasAll(forwarding))
  t.same(numbersOf(server), upTo(100, 50))
  t.equal(forwarding.health().dropped, 50)
})

t.test('what waits too long in an outage is left out when its time is over', async (t) => {
  const server = await serverOf(t, 'unavailable')
  const clock = scaledClock(200_000, START)
  const { log, reports, run } = start(t, v2(server.url), { clock, bounds: { keepMs: DAY_MS } })
  log.append(...upTo(20).map(pollOf))
  const forwarding = run()
  await until('the outage is seen', () => forwarding.health().state === 'unavailable')
  t.equal(forwarding.health().dropped, 0)
  await until('a day has passed', () => forwarding.health().dropped === 20)
  t.match(
    reports.filter(({ type }) => type === 'forwarding.dropped'),
    [{ points: 20, reason: 'age' }],
  )
})

t.test('what was read ahead goes with what is left out', async (t) => {
  const server = await serverOf(t, 'busy')
  const clock = scaledClock(50_000, START)
  const { log, cursors, run, hasAll } = start(t, v2(server.url), {
    clock,
    pointsPerWrite: 10,
    bounds: { keepMs: DAY_MS },
  })
  log.append(...upTo(20).map(pollOf), ...upTo(30, 20).map((n) => ({ ...pollOf(n), receivedAt: START + 2 * DAY_MS })))
  const forwarding = run()
  await until('a day has passed', () => forwarding.health().dropped > 0)
  t.equal(forwarding.health().dropped, 20)
  server.mood = 'ok'
  await until('no lag', hasAll(forwarding))
  t.same(numbersOf(server), upTo(30, 20))
  t.same(
    cursors.history.map(({ batch }) => batch),
    [60, 90],
    'the cursor never goes back',
  )
})

t.test('bounded by size: the oldest go', async (t) => {
  const server = await serverOf(t, 'ok')
  const { log, reports, run, hasAll } = start(t, v2(server.url), {
    pointsPerWrite: 10,
    bounds: { keepMs: DAY_MS, keepBytes: 60 * 300 },
  })
  log.append(...upTo(1_000).map((n) => ({ ...pollOf(n), receivedAt: START - 10_000 + n * 10 })))
  const forwarding = run()
  await until('no lag', hasAll(forwarding))
  const numbers = numbersOf(server)
  t.equal(numbers.at(-1), 999)
  t.ok(numbers.length > 150 && numbers.length < 400, `${numbers.length} of about 250 kept`)
  t.equal(forwarding.health().dropped + numbers.length, 1_000, 'each is sent or counted')
  const told = () => reports.flatMap((event) => (event.type === 'forwarding.dropped' ? [event] : []))
  const total = () => told().reduce((sum, { points }) => sum + points, 0)
  await until('and told', () => total() === forwarding.health().dropped)
  t.ok(told().every(({ reason }) => reason === 'size'))
})

t.test('what the database is too young for is counted, not set aside, and hides nothing', async (t) => {
  const server = await serverOf(t, 'short')
  const { log, reports, quarantined, run, hasAll } = start(t, v2(server.url))
  const old = (n: number) => poll('P1', Date.UTC(2025, 11, 1) + n, { n })
  log.append(...upTo(30).map((n) => (n % 3 === 0 ? old(n) : pollOf(n))))
  const forwarding = run()
  await until('no lag', hasAll(forwarding))
  t.same(
    [...new Set(numbersOf(server))],
    upTo(30).filter((n) => n % 3 !== 0),
  )
  t.match(forwarding.health(), { sent: 20, dropped: 10, quarantined: 0 })
  t.match(reports, [{ type: 'forwarding.dropped', points: 10, reason: 'retention' }])
  t.same(quarantined, [])
})

t.test('away for 15 min: told once, to the minute, and once when it is back', async (t) => {
  const server = await serverOf(t, 'unavailable')
  const clock = scaledClock(20_000, START)
  const { log, reports, run, hasAll } = start(t, v2(server.url), { clock })
  log.append(pollOf(0))
  const forwarding = run()
  const told = await until('told', () => reports[0] && { at: clock.now(), event: reports[0] })
  t.match(told.event, { type: 'forwarding.unavailable', reason: /try later/ })
  const since = told.event.type === 'forwarding.unavailable' ? told.event.since : 0
  t.ok(told.at - since >= 15 * 60_000, 'not before')
  const seen = server.requests.length
  await until('it goes on trying', () => server.requests.length > seen + 10)
  t.equal(reports.length, 1)
  server.mood = 'ok'
  await until('no lag', hasAll(forwarding))
  await until('told', () => reports.length === 2)
  t.match(reports[1], { type: 'forwarding.available', since })
})

t.test('a short outage is nobody’s business', async (t) => {
  const server = await serverOf(t, 'unavailable')
  const { log, reports, run, hasAll } = start(t, v2(server.url))
  log.append(pollOf(0))
  const forwarding = run()
  await until('the outage is seen', () => forwarding.health().state === 'unavailable')
  server.mood = 'ok'
  await until('no lag', hasAll(forwarding))
  t.same(reports, [])
})

t.test('a past range is sent again beside the cursor, live readings first', async (t) => {
  const server = await serverOf(t)
  const { log, cursors, run, hasAll } = start(t, v2(server.url), { pointsPerWrite: 10 })
  log.append(...upTo(100).map(pollOf))
  const forwarding = run()
  await until('no lag', hasAll(forwarding))
  const moved = cursors.history.length
  t.ok(forwarding.resend({ from: START + 20, to: START + 65 }))
  t.notOk(forwarding.resend({ from: START, to: START + 1 }), 'one at a time')
  log.append(pollOf(100))
  forwarding.nudge()
  await until('done', () => forwarding.health().resend?.state === 'done')
  t.match(forwarding.health().resend, { from: START + 20, to: START + 65, sent: 45, quarantined: 0 })
  const again = numbersOf(server).slice(100)
  t.same(
    again.filter((n) => n < 100),
    upTo(65, 20),
  )
  t.ok(again.indexOf(100) <= 10, 'the new one did not wait for the range')
  t.equal(cursors.history.length, moved + 1, 'the cursor moved for the new one only')
  t.ok(forwarding.resend({ from: START, to: START + 3 }), 'the next may follow')
  await until('done', () => forwarding.health().resend?.sent === 3)
})

t.test('F17: readings whose time cannot be believed are held out and counted', async (t) => {
  const server = await serverOf(t)
  const { log, run, hasAll } = start(t, v2(server.url))
  const undated: Batch = {
    ...pollOf(1),
    readings: pollOf(1).readings.map((reading) => ({ ...reading, timeQuality: 'bad' })),
  }
  log.append(pollOf(0), undated, poll('P1', 90_000, { n: 2 }), pollOf(3))
  const forwarding = run()
  await until('no lag', hasAll(forwarding))
  t.same(numbersOf(server), [0, 3])
  t.notOk(server.lines.some((line) => / \d{1,11}$/.test(line)))
  t.equal(forwarding.health().undated, 1)
})

t.test('the cursor moves after the confirmation only, and a new run goes on from it, inside a batch too', async (t) => {
  const server = await serverOf(t)
  const { log, cursors, run, hasAll } = start(t, v2(server.url), { pointsPerWrite: 4 })
  let failures = 2
  const first = new AbortController()
  const failing = {
    ...cursors,
    save: async (target: string, position: Position) => {
      if (failures-- > 0) throw new Error('busy')
      await cursors.save(target, position)
      if (position.offset === 8) first.abort()
    },
  }
  const forwarding = run({ cursors: failing, signal: first.signal })
  log.append(poll('P1', START, Object.fromEntries(upTo(10).map((n) => [`p${n}`, n]))))
  await forwarding.finished
  t.match(cursors.history.at(-1), { batch: 0, offset: 8 }, 'two thirds are confirmed')
  const sent = server.lines.length

  const again = run()
  await until('the rest', hasAll(again))
  const rest = server.lines.slice(sent)
  t.notOk(
    rest.some((line) => /p[0-7]=/.test(line)),
    'nothing twice',
  )
  t.match(server.lines.join(), /p8=8,p9=9/)
})

t.test('a nudge ends the idle wait', async (t) => {
  const server = await serverOf(t)
  const { log, run } = start(t, v2(server.url), { clock: scaledClock(0.001) })
  const forwarding = run()
  await until('idle', () => forwarding.health().state === 'running')
  log.append(pollOf(0))
  forwarding.nudge()
  await until('sent', () => server.lines.length === 1)
  log.append({ ...pollOf(5), readings: pollOf(5).readings.map((reading) => ({ ...reading, value: null })) })
  forwarding.nudge()
  await until('a batch without values passes without a request', () => forwarding.health().position.batch === 6)
  t.equal(server.lines.length, 1)
})

t.test('a nudge that comes while it reads is not forgotten', async (t) => {
  const server = await serverOf(t)
  const log = memoryLog()
  let isLate = false
  const busy = {
    ...log,
    // The answer to "what is next" is on its way when the log grows.
    readAfter: async (...args: Parameters<typeof log.readAfter>) => {
      const found = await log.readAfter(...args)
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
  const server = await serverOf(t)
  const target = v2(server.url)
  const { log, cursors, run, hasAll } = start(t, target)
  cursors.saved.set(target.name, { batch: 900, offset: 4 })
  log.append(pollOf(0), pollOf(1))
  const forwarding = run()
  await until('both', hasAll(forwarding))
  t.same(numbersOf(server), [0, 1])
})
