import t from 'tap'
import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as macrotask } from 'node:timers/promises'
import type { Channel, Delivery, Message } from '#gateway/channels/channel.ts'
import { webhookChannel } from '#gateway/channels/webhook.ts'
import { wallNow } from '#gateway/clock.ts'
import type { OutboxOptions } from '#gateway/outbox/options.ts'
import { outbox } from '#gateway/outbox/outbox.ts'
import { patience } from '#gateway/outbox/patience.ts'
import { OutboxRows } from '#gateway/store/outbox-rows.ts'
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
    reach: 'group',
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
  let stopping = new AbortController()
  const clock = { ...sim.ofLife(() => true), speed: 1 }
  const failing = new Set<
    'settle' | 'noteAttempt' | 'waitingMessages' | 'waitingChannels' | 'nextMessageAt' | 'noticeOf'
  >()
  const count = { settles: 0, reads: 0, log: 0 }
  const lanes = Object.fromEntries(roads.map((id) => [id, road(id, () => sim.now())]))
  const decided = new Set<string>()
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
    random: { next: () => 0.999 },
    fallbacks: self.fallbacks,
    addressOf: (...args) => self.addressOf(...args),
    log: () => void count.log++,
    async noticeOf(id) {
      may('noticeOf')
      return queries.get('notices', id)
    },
    async command(command) {
      count.settles++
      may('settle')
      if (command.type !== 'message.settle') return
      // As in the core: the same id is the same command, and is decided once.
      if (decided.has(command.id)) return
      decided.add(command.id)
      const { id: _, actor: __, type: ___, ...body } = command
      journal({ type: 'message.settled', ...body })
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
      unconfirmedMessages: async (...args) => core.unconfirmedMessages(...args),
      nextReceiptAt: async (channel) => core.nextReceiptAt(channel),
      noteSend: async (...args) => core.noteSend(...args),
      sendsOf: async (...args) => core.sendsOf(...args),
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
    fallbacks: new Map() as NonNullable<OutboxOptions['fallbacks']>,
    addressOf: (async () => null) as NonNullable<OutboxOptions['addressOf']>,
    async restarts(channels: readonly Channel[]) {
      await self.stops()
      stopping = new AbortController()
      self.runs(channels)
    },
    /** One message for each contact, as the core writes them. */
    tells(notice: string, contacts: readonly string[], channels: readonly string[]) {
      self.publishes(notice, [])
      const db = new DatabaseSync(join(folder, 'journal.db'))
      const rows = new OutboxRows(db)
      db.exec('begin')
      for (const channel of channels)
        for (const contact of contacts) {
          const doc = { notice, phase: 'published' as const, homes: ['h'], contact, at: sim.now(), trace: 't' }
          rows.queue({ id: `${notice}-${seq}-${channel}-${contact}`, seq, channel, doc })
        }
      db.exec('commit')
      db.close()
    },
    /** How many messages are in which state. */
    states() {
      const db = new DatabaseSync(join(folder, 'journal.db'), { readOnly: true })
      const rows = db.prepare('select state, count(*) as n from outbox group by state').all() as {
        state: string
        n: number
      }[]
      db.close()
      return Object.fromEntries(rows.map(({ state, n }) => [state, n]))
    },
    deadLetters: () => queries.undelivered(0, 100).map(({ doc, reason }) => `${doc.contact ?? doc.notice} ${reason}`),
    requeues(notice: string) {
      const { id, channel } = queries.get('notices', notice)!.messages[0]!
      journal({ type: 'message.requeued', notice, message: id, channel, by: 'E1', trace: 't' })
      box?.nudge()
    },
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
    /** Rings only then. */
    publishesForMorning(notice: string, ringAt: number, channels: readonly string[] = roads) {
      const asset = { alarm: 'A1', rule: 'r', asset: 'P2', homes: ['h'] }
      const told = { by: 'x', verifying: false, homes: ['h'], channels, ring: 'morning', ringAt } as const
      journal({ type: 'notice.drafted', notice, order: 'W1', kind: 'water-off', ...asset, trace: 't' })
      journal({ type: 'notice.published', notice, ...told, trace: 't' })
      box?.nudge()
    },
    stepsWall(byMs: number) {
      journal({ type: 'clock.stepped', byMs, trace: 't' })
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
  t.same(w!.delivered.slice(2), [], 'F61 over before it was sent: neither')
  t.same(site.ledger('N1'), ['published w cancelled over_before_sent', 'all_clear w cancelled over_before_sent'])
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
    'published w cancelled over_before_sent',
    'all_clear gone failed channel_removed',
    'all_clear w cancelled over_before_sent',
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

t.test('F60 a restart does not forget what was sent in the last minute', async (t) => {
  const site = post(t, ['bot'])
  const { channel, attempts } = site.lanes['bot']!
  const limited = { ...channel, limit: { most: 20, windowMs: MINUTES } }
  site.runs([limited])
  for (let i = 0; i < 300; i++) site.publishes(`N${i}`)
  for (let life = 0; life < 40; life++) {
    await site.passes(15 * S)
    await site.restarts([limited])
  }
  const times = attempts.map(({ at }) => at)
  const inAMinute = times.map((from) => times.filter((at) => at >= from && at < from + MINUTES).length)
  t.equal(Math.max(...inAMinute), 20, 'never more, over forty lives in ten minutes')
  t.ok(times.length >= 190, `${times.length} of 200 that could go`)
})

t.test('F60 many notices to a group near its limit are few messages, each notice whole', async (t) => {
  const site = post(t, ['bot'])
  const { channel, attempts } = site.lanes['bot']!
  const fits: Channel['fits'] = ({ texts }) => Buffer.byteLength(JSON.stringify(texts)) <= 2_048
  site.runs([{ ...channel, limit: { most: 20, windowMs: MINUTES }, fits }])
  for (let i = 0; i < 150; i++) site.publishes(`N${i}`)
  await site.passes(3 * MINUTES)
  const bodies = attempts.map(({ message }) => message.texts.en.body)
  t.equal(bodies.join('\n').match(/low pressure/g)!.length, 150, 'every notice once')
  t.ok(bodies.length < 60, `${bodies.length} messages`)
  t.ok(attempts.every(({ message }) => fits(message)))
  t.same(site.ledger('N149'), ['published bot delivered'])
  site.publishes('N200')
  await site.passes(2 * MINUTES)
  t.notMatch(attempts.at(-1)!.message.texts.en.title, /notices/, 'one alone stays itself')
})

t.test('F65 one notice that a group refuses takes no other of its digest with it', async (t) => {
  const site = post(t, ['bot'])
  const { channel, answers } = site.lanes['bot']!
  answers(({ texts, notice }) =>
    /notices/.test(texts.en.title) || notice === 'N3'
      ? { outcome: 'failed', reason: 'errcode_1' }
      : { outcome: 'delivered' },
  )
  site.runs([{ ...channel, limit: { most: 4, windowMs: MINUTES }, fits: () => true }])
  for (let i = 0; i < 8; i++) site.publishes(`N${i}`)
  await site.passes(10 * MINUTES)
  for (let i = 0; i < 8; i++)
    t.same(site.ledger(`N${i}`), [i === 3 ? 'published bot failed errcode_1' : 'published bot delivered'])
})

t.test('F16: a message that waits for the morning goes out on that of the wall', async (t) => {
  const site = post(t, ['bot'])
  const { attempts } = site.lanes['bot']!
  site.runs()
  site.publishesForMorning('N1', site.now() + 5 * HOURS)
  await site.passes(HOURS)
  site.stepsWall(3 * HOURS)
  await site.passes(0.9 * HOURS)
  t.equal(attempts.length, 0)
  await site.passes(0.2 * HOURS)
  t.equal(attempts.length, 1, 'three hours sooner')
  site.publishesForMorning('N2', site.now() + HOURS)
  site.stepsWall(-2 * HOURS)
  await site.passes(2.9 * HOURS)
  t.equal(attempts.length, 1)
  await site.passes(0.2 * HOURS)
  t.equal(attempts.length, 2, 'two hours later')
})

t.test('F65 one bad number in 3,000 is a dead letter, and nobody waits for it', async (t) => {
  const site = post(t, ['sms'])
  const { channel, answers, attempts } = site.lanes['sms']!
  answers(({ to }) =>
    to === '+86 1500' ? { outcome: 'failed', reason: 'isv.MOBILE_NUMBER_ILLEGAL' } : { outcome: 'delivered' },
  )
  site.addressOf = async (contact) => (contact === 'c7' ? null : { to: `+86 ${contact.slice(1)}`, language: 'zh-CN' })
  site.tells(
    'N1',
    Array.from({ length: 3_000 }, (_, i) => `c${i}`),
    ['sms'],
  )
  site.runs([{ ...channel, reach: 'person', inFlight: 8 }])
  await site.passes(10 * S)
  t.equal(attempts.length, 2_999)
  t.same(site.states(), { delivered: 2_998, failed: 2 })
  t.same(site.deadLetters(), ['c1500 isv.MOBILE_NUMBER_ILLEGAL'], 'who has no address is not a fault of the channel')
})

t.test(
  'F61 four hours without a provider: what is over is not sent, what is not over is, and ends are told',
  async (t) => {
    const site = post(t, ['bot'])
    const { channel, answers, attempts, delivered } = site.lanes['bot']!
    site.runs([{ ...channel, limit: { most: 20, windowMs: MINUTES } }])
    site.publishes('N0')
    await site.passes(S)
    answers(away)
    site.ends('N0')
    for (let i = 1; i <= 50; i++) site.publishes(`N${i}`)
    await site.passes(2 * HOURS)
    for (let i = 1; i <= 40; i++) site.ends(`N${i}`)
    await site.passes(2 * HOURS)
    const tried = attempts.length
    t.ok(tried < 250, `${tried} attempts in four hours: who is away is left alone`)
    answers(() => ({ outcome: 'delivered' }))
    await site.passes(15 * MINUTES)
    t.same(delivered.slice(1).toSorted(), [
      'N0 all_clear',
      ...Array.from({ length: 10 }, (_, i) => `N${41 + i} published`),
    ])
    t.same(
      site.ledger('N1').map((line) => line.split(' ')[2]),
      ['cancelled', 'cancelled'],
    )
  },
)

t.test('F61 what may have gone out once is told to its end, also after a restart', async (t) => {
  const site = post(t, ['bot'])
  const { channel, answers, delivered } = site.lanes['bot']!
  answers(() => ({ outcome: 'unknown', reason: 'timeout' }))
  site.runs()
  site.publishes('N1')
  await site.passes(100)
  site.ends('N1')
  await site.restarts([channel])
  answers(() => ({ outcome: 'delivered' }))
  await site.passes(MINUTES)
  t.same(delivered, ['N1 published', 'N1 all_clear'])
})

t.test('F61 a message that cannot be delivered here goes by the next channel, and so does its end', async (t) => {
  for (const [name, answer, afterMs] of [
    ['refused', { outcome: 'failed', reason: 'errcode_93000' }, 0],
    ['away for too long', { outcome: 'retry', reason: 'http_503' }, 3 * MINUTES],
  ] as const) {
    const site = post(t, ['first', 'second'])
    const [first, second] = [site.lanes['first']!, site.lanes['second']!]
    first.answers(() => answer)
    site.fallbacks = new Map([['first', { to: 'second', afterMs: 2 * MINUTES }]])
    site.runs()
    site.publishes('N1', ['first'])
    await site.passes(10 * S)
    t.equal(second.delivered.length, afterMs === 0 ? 1 : 0, name)
    await site.passes(5 * MINUTES)
    t.same(second.delivered, ['N1 published'], name)
    t.same(site.ledger('N1'), [`published first failed ${answer.reason}`, 'published second delivered'])
    t.same(site.deadLetters(), [], 'it was not lost')
    await site.stops()
  }
})

t.test(
  'accepted is not delivered: a receipt tells, and after ten minutes without one the next channel is tried',
  async (t) => {
    const site = post(t, ['sms', 'mail'])
    const [sms, mail] = [site.lanes['sms']!, site.lanes['mail']!]
    const asked: string[] = []
    sms.answers(({ to }) => ({ outcome: 'accepted', ref: `biz-${to}` }))
    const channel: Channel = {
      ...sms.channel,
      reach: 'person',
      async receiptOf({ to, ref }) {
        asked.push(`${to} ${ref}`)
        if (to === 'to-a') return asked.length > 3 ? { outcome: 'delivered' } : null
        if (to === 'to-b') return { outcome: 'failed', reason: 'UNDELIV' }
        throw new TypeError('away')
      },
    }
    site.addressOf = async (contact) => ({ to: `to-${contact}`, language: 'zh-CN' })
    site.fallbacks = new Map([['sms', { to: 'mail', afterMs: HOURS }]])
    site.tells('N1', ['a', 'b', 'c'], ['sms'])
    site.runs([channel, { ...mail.channel, reach: 'person' }])
    await site.passes(5 * S)
    t.same(site.states(), { accepted: 3 })
    await site.passes(MINUTES)
    t.same(site.states(), { accepted: 2, rerouted: 1, delivered: 1 }, 'b by mail')
    await site.passes(5 * MINUTES)
    t.same(site.states(), { delivered: 2, rerouted: 1, accepted: 1 })
    await site.passes(6 * MINUTES)
    t.same(site.states(), { delivered: 3, rerouted: 2 }, 'c by mail too')
    t.same(new Set(mail.attempts.map(({ message }) => message.to)), new Set(['to-b', 'to-c']))
    t.equal(mail.attempts.length, 2)
  },
)

t.test('a dead letter is tried again when an engineer says so, as often as that', async (t) => {
  const site = post(t, ['w'])
  site.lanes['w']!.answers(() => ({ outcome: 'failed', reason: 'errcode_93000' }))
  site.runs()
  site.publishes('N1')
  await site.passes(S)
  t.same(site.ledger('N1'), ['published w failed errcode_93000'])
  site.requeues('N1')
  await site.passes(S)
  t.same(site.ledger('N1'), ['published w failed errcode_93000'])
  t.equal(site.lanes['w']!.attempts.length, 2)
  site.lanes['w']!.answers(() => ({ outcome: 'delivered' }))
  site.requeues('N1')
  await site.passes(S)
  t.same(site.ledger('N1'), ['published w delivered'])
  site.requeues('N1')
  await site.passes(S)
  t.equal(site.lanes['w']!.attempts.length, 3, 'what was delivered is not sent again')
})

t.test('F60 backoff has full jitter: from nothing to a limit that doubles from 1 s to 5 min', async (t) => {
  const waits = (next: number) =>
    Array.from({ length: 12 }, (_, attempts) => patience(attempts, undefined, { next: () => next }))
  t.ok(
    waits(0).every((ms) => ms === 250),
    'at least a quarter of a second',
  )
  t.same(waits(0.5).slice(0, 4), [500, 1_000, 2_000, 4_000])
  t.equal(waits(0.999999).at(-1)! > 299_000 && waits(0.999999).at(-1)! <= 300_000, true)
  t.equal(patience(3, 7_000, { next: () => 0 }), 7_000, "a provider's wish is not undercut")
})
