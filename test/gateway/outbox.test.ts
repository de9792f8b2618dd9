import t from 'tap'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as macrotask } from 'node:timers/promises'
import type { Channel, Delivery, Message } from '#gateway/channels/channel.ts'
import { webhookChannel } from '#gateway/channels/webhook.ts'
import { wallNow } from '#gateway/clock.ts'
import { outbox, type OutboxOptions } from '#gateway/outbox/outbox.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { Queries } from '#gateway/store/queries.ts'
import type { Draft, Event } from '#rules/event.ts'
import { simSite } from '../sim/estate.ts'
import { dice } from '../sim/random.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { until } from '../fakes/until.ts'
import { startWebhookReceiver } from '../fakes/webhook.ts'

const S = 1_000
const MINUTES = 60 * S
const HOURS = 60 * MINUTES
const site = simSite()
type Ending = Pick<typeof t, 'teardown'>

/** A road to people whose provider has moods; each attempt is noted with its site time. */
function road(id: string, now: () => number) {
  const attempts: { message: Message; at: number }[] = []
  const delivered: string[] = []
  let answer: (message: Message) => Delivery | Promise<Delivery> = () => ({ outcome: 'delivered' })
  const channel: Channel = {
    id,
    async send(message) {
      attempts.push({ message, at: now() })
      const delivery = await answer(message)
      if (delivery.outcome === 'delivered') delivered.push(`${message.notice} ${message.phase}`)
      return delivery
    },
  }
  return { channel, attempts, delivered, answers: (next: typeof answer) => void (answer = next) }
}

const away = (): Delivery => ({ outcome: 'retry', reason: 'http_503' })

/** An outbox on a real journal, with time in the hand. Each call of the store may be told to fail. */
function post(t: Ending, roads: readonly string[], startAt = Date.UTC(2026, 0, 5, 9)) {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-'))
  const core = new StoreCore(folder)
  const queries = new Queries(folder)
  const sim = new SimClock(startAt, dice(1), true)
  const stopping = new AbortController()
  const clock = { ...sim.ofLife(() => true), speed: 1 }
  const failing = new Set<
    'settle' | 'noteAttempt' | 'waitingMessages' | 'waitingChannels' | 'nextMessageAt' | 'noticeOf'
  >()
  const count = { settles: 0, reads: 0, log: 0 }
  const lanes = Object.fromEntries(roads.map((id) => [id, road(id, () => sim.now())]))
  let seq = 0
  const journal = (draft: Draft) =>
    core.commit({
      batches: [],
      series: [],
      answers: [],
      keyframe: null,
      snapshot: null,
      readingsUpto: 0,
      events: [{ ...draft, seq: ++seq, at: sim.now(), v: 1 } as Event],
    })
  const may = (what: Parameters<typeof failing.has>[0]) => {
    if (failing.has(what)) throw new Error('disk full')
  }
  const options = (channels: readonly Channel[]): OutboxOptions => ({
    site,
    channels,
    clock,
    log: () => void count.log++,
    async noticeOf(id) {
      may('noticeOf')
      return queries.get('notices', id)
    },
    async command(command) {
      count.settles++
      may('settle')
      if (command.type !== 'message.settle') return
      const { notice, trace, message, channel, result, reason } = command
      const why = reason === undefined ? {} : { reason }
      journal({ type: 'message.settled', notice, trace, message, channel, result, ...why })
    },
    store: {
      async waitingMessages(...args) {
        count.reads++
        may('waitingMessages')
        return core.waitingMessages(...args)
      },
      async waitingChannels() {
        may('waitingChannels')
        return core.waitingChannels()
      },
      async nextMessageAt(channel) {
        may('nextMessageAt')
        return core.nextMessageAt(channel)
      },
      async noteAttempt(...args) {
        may('noteAttempt')
        core.noteAttempt(...args)
      },
    },
  })
  let box: ReturnType<typeof outbox> | null = null
  let running: Promise<void> = Promise.resolve()
  const self = {
    lanes,
    failing,
    count,
    now: () => sim.now(),
    runs(channels: readonly Channel[] = Object.values(lanes).map(({ channel }) => channel)) {
      box = outbox(options(channels))
      running = box.run(stopping.signal)
    },
    async passes(ms: number) {
      const to = sim.now() + ms
      await macrotask()
      while (sim.step(to)) await macrotask()
      await macrotask()
    },
    publishes(notice: string, channels: readonly string[] = roads) {
      const asset = { alarm: 'A1', rule: 'r', asset: 'P2', homes: ['h'] }
      journal({ type: 'notice.drafted', notice, order: 'W1', kind: 'water-off', ...asset, trace: 't' })
      journal({ type: 'notice.published', notice, by: 'x', verifying: false, homes: ['h'], channels, trace: 't' })
      box?.nudge()
    },
    ends(notice: string, channels: readonly string[] = roads) {
      journal({ type: 'notice.all_clear', notice, homes: ['h'], channels, trace: 't' })
      box?.nudge()
    },
    /** `<phase> <channel> <state> <reason>` of every message of a notice. */
    ledger: (notice: string) =>
      queries
        .get('notices', notice)!
        .messages.map(({ phase, channel, state, reason }) =>
          [phase, channel, state, ...(reason ? [reason] : [])].join(' '),
        ),
    async stops() {
      stopping.abort(new Error('stopping'))
      await running
    },
  }
  t.teardown(async () => {
    await self.stops()
    queries.close()
    core.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return self
}

t.test('nobody hears of the end before the beginning, and no other notice waits for that', async (t) => {
  const site = post(t, ['w'])
  const { w } = site.lanes
  w!.answers(({ notice }) => (notice === 'N1' ? away() : { outcome: 'delivered' }))
  site.runs()
  site.publishes('N1')
  await site.passes(20 * S)
  site.ends('N1')
  site.publishes('N2')
  await site.passes(10 * S)
  site.ends('N2')
  await site.passes(60 * S)
  t.same(w!.delivered, ['N2 published', 'N2 all_clear'])
  t.ok(w!.attempts.every(({ message }) => message.notice !== 'N1' || message.phase === 'published'))
  const { reads } = site.count
  await site.passes(10 * MINUTES)
  t.ok(site.count.reads - reads < 60, `${site.count.reads - reads} reads in ten minutes while one waits for another`)
  w!.answers(() => ({ outcome: 'delivered' }))
  await site.passes(6 * MINUTES)
  t.same(w!.delivered.slice(2), ['N1 published', 'N1 all_clear'])
  t.same(site.ledger('N1'), ['published w delivered', 'all_clear w delivered'])
})

t.test('a webhook that could be delivered only long after the event has a signature that verifies', async (t) => {
  const receiver = await startWebhookReceiver()
  t.teardown(() => receiver.stop())
  const anHourAgo = wallNow() - HOURS
  const site = post(t, [], anHourAgo)
  site.publishes('N1', ['hook'])
  await site.passes(20 * MINUTES)
  receiver.mood = 'busy'
  site.runs([webhookChannel({ id: 'hook', url: receiver.url, secret: receiver.secret, allow_private: true }, wallNow)])
  await until('an attempt that failed', () => site.count.log > 0)
  receiver.mood = 'ok'
  await until('delivered', async () => {
    await site.passes(S)
    return receiver.received.length > 0 && site.ledger('N1')[0] === 'published hook delivered'
  })
  t.equal(receiver.received.length, 1)
  t.equal(Date.parse(receiver.received[0]!.at), anHourAgo, 'the body says when it happened')
})

t.test('a message whose outcome cannot be journaled is sent once, and asked about with patience', async (t) => {
  const site = post(t, ['w'])
  site.failing.add('settle')
  site.runs()
  site.publishes('N1')
  await site.passes(10 * MINUTES)
  t.equal(site.lanes['w']!.attempts.length, 1)
  t.ok(site.count.settles > 3 && site.count.settles < 30, `${site.count.settles} tries in ten minutes`)
  t.ok(site.count.log < 30, `${site.count.log} lines in the log`)
  site.failing.clear()
  await site.passes(2 * MINUTES)
  t.same(site.ledger('N1'), ['published w delivered'])
  t.equal(site.lanes['w']!.attempts.length, 1)
})

t.test('a store that cannot note an attempt does not make the outbox hammer the provider', async (t) => {
  const site = post(t, ['w'])
  site.lanes['w']!.answers(away)
  site.failing.add('noteAttempt')
  site.runs()
  site.publishes('N1')
  await site.passes(10 * MINUTES)
  const attempts = site.lanes['w']!.attempts.length
  t.ok(attempts > 3 && attempts < 30, `${attempts} attempts in ten minutes`)
})

t.test('a slow channel does not hold up another', async (t) => {
  const site = post(t, ['slow', 'quick'])
  const { promise, resolve } = Promise.withResolvers<Delivery>()
  site.lanes['slow']!.answers(() => promise)
  site.runs()
  site.publishes('N1', ['slow'])
  site.publishes('N2', ['slow', 'quick'])
  await site.passes(S)
  t.same(site.lanes['quick']!.delivered, ['N2 published'])
  t.equal(site.lanes['slow']!.attempts.length, 1)
  resolve({ outcome: 'delivered' })
  await site.passes(S)
  t.same(site.lanes['slow']!.delivered, ['N1 published', 'N2 published'])
})

t.test('whichever call of the store fails, the outbox waits and goes on', async (t) => {
  for (const call of ['waitingMessages', 'waitingChannels', 'nextMessageAt', 'noticeOf'] as const) {
    const site = post(t, ['w'])
    site.failing.add(call)
    site.runs()
    await site.passes(10 * S)
    site.publishes('N1')
    await site.passes(10 * MINUTES)
    t.ok(site.count.log < 30, `${call}: ${site.count.log} lines in the log`)
    site.failing.clear()
    await site.passes(2 * MINUTES)
    t.same(site.ledger('N1'), ['published w delivered'], call)
    t.equal(site.lanes['w']!.attempts.length, 1)
    await site.stops()
  }
})

t.test('stopping ends at once while the outbox waits for the store', async (t) => {
  const site = post(t, ['w'])
  site.failing.add('waitingMessages')
  site.runs()
  await site.passes(10 * MINUTES)
  const before = site.now()
  await site.stops()
  t.equal(site.now(), before)
})

t.test('a channel that throws is a provider that is away: only that message waits', async (t) => {
  const site = post(t, ['w', 'v'])
  site.lanes['w']!.answers(({ notice }) => {
    if (notice === 'N1') throw new TypeError('boom')
    return { outcome: 'delivered' }
  })
  site.runs()
  site.publishes('N1')
  site.publishes('N2')
  await site.passes(5 * S)
  t.same(site.lanes['v']!.delivered, ['N1 published', 'N2 published'])
  t.equal(site.lanes['v']!.attempts.length, 2)
  t.same(site.lanes['w']!.delivered, ['N2 published'])
  const ofN1 = site.lanes['w']!.attempts.filter(({ message }) => message.notice === 'N1')
  t.ok(ofN1.length > 1)
  t.equal(new Set(ofN1.map(({ message }) => message.id)).size, 1, 'the same id at every attempt')
})

t.test('what waits for a channel that the site no longer has is settled as failed', async (t) => {
  const site = post(t, ['w'])
  site.publishes('N1', ['gone', 'w'])
  site.ends('N1', ['gone', 'w'])
  site.runs()
  await site.passes(5 * S)
  t.same(site.ledger('N1'), [
    'published gone failed channel_removed',
    'published w delivered',
    'all_clear gone failed channel_removed',
    'all_clear w delivered',
  ])
})

t.test('no provider parks a message for longer than an hour', async (t) => {
  for (const afterMs of [400 * 24 * HOURS, Infinity]) {
    const site = post(t, ['w'])
    site.lanes['w']!.answers(() => ({ ...(away() as Extract<Delivery, { outcome: 'retry' }>), afterMs }))
    site.runs()
    site.publishes('N1')
    await site.passes(1.5 * HOURS)
    const [first, second] = site.lanes['w']!.attempts
    t.equal(second!.at - first!.at, HOURS)
  }
})

t.test('after a day a message is given up, with the last reason', async (t) => {
  const site = post(t, ['w'])
  site.lanes['w']!.answers(away)
  site.runs()
  site.publishes('N1')
  await site.passes(25 * HOURS)
  t.same(site.ledger('N1'), ['published w failed http_503'])
  const attempts = site.lanes['w']!.attempts.length
  t.ok(attempts > 20 && attempts < 400, `${attempts} attempts in a day`)
  site.ends('N1')
  site.lanes['w']!.answers(() => ({ outcome: 'delivered' }))
  await site.passes(S)
  t.same(site.lanes['w']!.delivered, ['N1 all_clear'], 'and holds up nothing any more')
})

t.test("F60 a provider's limit holds in every minute, and what waits drains at that rate", async (t) => {
  const site = post(t, ['bot'])
  const { channel, attempts } = site.lanes['bot']!
  site.runs([{ ...channel, limit: { most: 20, windowMs: MINUTES } }])
  for (let i = 0; i < 150; i++) site.publishes(`N${i}`)
  await site.passes(10 * MINUTES)
  const times = attempts.map(({ at }) => at)
  t.equal(times.length, 150)
  const inAMinute = times.map((from) => times.filter((at) => at >= from && at < from + MINUTES).length)
  t.equal(Math.max(...inAMinute), 20, 'never more')
  t.ok(times.at(-1)! - times[0]! <= 8 * MINUTES, 'and hardly fewer')
})

t.test('F60 no answer is tried once more, and then told as it is', async (t) => {
  const site = post(t, ['bot'])
  site.lanes['bot']!.answers(() => ({ outcome: 'unknown', reason: 'timeout' }))
  site.runs()
  site.publishes('N1')
  await site.passes(HOURS)
  t.equal(site.lanes['bot']!.attempts.length, 2)
  t.same(site.ledger('N1'), ['published bot failed unconfirmed_timeout'])
})
