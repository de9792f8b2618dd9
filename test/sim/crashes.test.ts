import t from 'tap'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import type { Reading } from '#devices/reading.ts'
import type { Event } from '#rules/event.ts'
import type { Plan } from '#rules/plan.ts'
import { aroundTheClock, simSite } from './estate.ts'
import { dice } from './random.ts'
import { START_AT } from './run.ts'
import type { Fate } from './sim-disk.ts'
import { World } from './world.ts'

const site = simSite()
const plan = aroundTheClock(site.plan)
const PUMP = { outlet_pressure: 0.5, water_on_floor: false, pump1_fault: false, pump2_fault: false }

/** A world with one pump set that is polled every two seconds, and says what the test wants. */
async function polledPump(
  t: { teardown(run: () => void): void },
  says: (secondsIn: number) => Partial<typeof PUMP> | null,
  ofPlan: Plan = plan,
) {
  const world = new World({ site, plan: ofPlan, startAt: START_AT, dice: dice(1), isExact: true, commitMs: () => 0 })
  t.teardown(() => world.remove())
  for (let second = 0; second < 600; second += 2) {
    const at = START_AT + second * 1_000
    const values = says(second)
    if (!values) continue
    const readings = Object.entries({ ...PUMP, ...values }).map(([point, value]): Reading => ({
      device: 'P2',
      point,
      value,
      quality: 'good',
      at,
    }))
    world.clock.plan(at, () =>
      world.deliver({ at, urgency: 'flow', batch: { source: 'pumps', key: `P2:${second}`, readings } }),
    )
  }
  world.boot()
  await world.settle()
  const runUntil = async (second: number) => {
    while (world.life && world.clock.step(START_AT + second * 1_000)) await world.settle()
  }
  const restart = async () => {
    world.kill()
    while (!world.life) await world.reboot()
  }
  const events = (): readonly Event[] => world.life!.disk.core.eventsAfter(0)
  const at = (type: Event['type'], rule: string) => {
    const found = events().find(
      (event) =>
        event.type === type &&
        'rule' in event &&
        event.rule === rule &&
        (event.type !== 'condition.became' || event.state === 'true'),
    )
    return found ? (found.at - START_AT) / 1_000 : null
  }
  return { world, runUntil, restart, events, at }
}

const lowBeforeAndAfter = (second: number) =>
  second < 10 ? {} : second >= 20 && second < 60 ? null : { outlet_pressure: 0.1 }
const RULE = 'P2/outlet-pressure.lo'
const lowFrom = (from: number) => (second: number) => (second >= from ? { outlet_pressure: 0.1 } : {})

/** Rows by which people and the outbox learn of one chain. */
function rowsIn(folder: string): Record<string, number> {
  const db = new DatabaseSync(join(folder, 'journal.db'), { readOnly: true })
  const tables = ['alarms', 'orders', 'notices', 'outbox']
  const rows = Object.fromEntries(
    tables.map((table) => [table, (db.prepare(`select count(*) as n from ${table}`).get() as { n: number }).n]),
  )
  db.close()
  return rows
}

t.test(
  'F59 a crash at any statement of a commit leaves alarm, order, notice and outbox rows all there, or none',
  async (t) => {
    const fates: readonly Fate[] = [
      'cutBefore',
      'cutBetween',
      ...[0, 1, 2, 3, 4, 5].map((statement) => ({ statement })),
      'cutAfter',
    ]
    for (const fate of fates) {
      const name = typeof fate === 'object' ? `${fate.statement} events in` : fate
      const isDone = fate === 'cutAfter'
      const { world, runUntil, restart, events } = await polledPump(t, lowFrom(20))
      await runUntil(34)
      world.arm(fate, true)
      await runUntil(40)
      t.notOk(world.life, `${name}: the power went with the alarm`)
      t.same(
        rowsIn(world.folder),
        isDone ? { alarms: 1, orders: 1, notices: 1, outbox: 0 } : { alarms: 0, orders: 0, notices: 0, outbox: 0 },
        name,
      )
      await restart()
      t.same(
        rowsIn(world.folder),
        { alarms: 1, orders: 1, notices: 1, outbox: 0 },
        `${name}: all there in the next life`,
      )
      await runUntil(120)
      world.arm(fate, true)
      await runUntil(130)
      t.notOk(world.life, `${name}: the power went with the notice`)
      t.equal(rowsIn(world.folder)['outbox'], isDone ? 1 : 0, name)
      await restart()
      t.equal(rowsIn(world.folder)['outbox'], 1, `${name}: published once`)
      t.equal(events().filter(({ type }) => type === 'notice.published').length, 1)
    }
  },
)

t.test('F53 a restart amid an on-delay neither loses the elapsed time nor starts the alarm early', async (t) => {
  for (const restartsAt of [[21], [28], [34], [22, 26, 30], [21, 23, 25, 27, 29, 31, 33]]) {
    const { runUntil, restart, at } = await polledPump(t, lowFrom(20))
    for (const second of restartsAt) {
      await runUntil(second)
      await restart()
    }
    await runUntil(60)
    t.equal(
      at('condition.became', RULE),
      35,
      `restarted after ${restartsAt.join(', ')} s: 15 s after the pressure fell`,
    )
  }
})

t.test('F53 what was true before a gap of data does not shorten the delay after it, restarted or not', async (t) => {
  for (const restartAt of [null, 62, 70]) {
    const { world, runUntil, restart, at } = await polledPump(t, lowBeforeAndAfter)
    // Low for 10 s, then unheard until long after the validity, then low again.
    for (let second = 20; second < 60; second += 2) {
      const at = START_AT + second * 1_000
      const readings = Object.keys(PUMP).map((point): Reading => ({
        device: 'P2',
        point,
        value: null,
        quality: 'bad',
        reason: 'no_response',
        at,
      }))
      world.clock.plan(at, () =>
        world.deliver({ at, urgency: 'flow', batch: { source: 'pumps', key: `P2:${second}`, readings } }),
      )
    }
    if (restartAt !== null) {
      await runUntil(restartAt)
      await restart()
    }
    await runUntil(100)
    t.equal(at('condition.became', RULE), 75, restartAt === null ? 'never restarted' : `restarted after ${restartAt} s`)
  }
})

t.test(
  'F54 cleared or raised while the gateway was down: one transition, after the delay from its first good sample',
  async (t) => {
    const { world, runUntil, events } = await polledPump(t, (second) =>
      second >= 20 && second < 100 ? { outlet_pressure: 0.1 } : {},
    )
    await runUntil(60)
    world.kill()
    world.clock.step(START_AT + 60_001)
    while (world.clock.step(START_AT + 200_000)) await world.settle()
    await world.reboot()
    t.equal(world.count.blind, 1, 'it knows that it was blind')
    await runUntil(400)
    const states = events().flatMap((event) =>
      event.type === 'condition.became' && event.rule === RULE ? [event.state] : [],
    )
    t.equal(states.filter((state) => state === 'true').length, 1)
    t.equal(states.at(-1), 'false')
  },
)

t.test(
  'two restarts in a row after a long outage: silence counts from the first, not from before the outage',
  async (t) => {
    const { world, runUntil, restart, at } = await polledPump(t, (second) => (second < 40 ? {} : null))
    await runUntil(39)
    world.kill()
    while (world.clock.step(START_AT + 300_000)) await world.settle()
    await world.reboot()
    await runUntil(303)
    await restart()
    await runUntil(310)
    t.equal(at('condition.became', 'P2/communication'), null, 'not at once')
    await runUntil(400)
    t.equal(at('condition.became', 'P2/communication'), 320, 'but after twice the validity')
  },
)

t.test(
  'a keyframe keeps the side of the hysteresis: a full bin is not cleared between its limits by a restart',
  async (t) => {
    const rule = 'K1-other/overflow.hi'
    const rules = plan.rules.map((each) => (each.id === rule ? { ...each, offDelayMs: 60_000 } : each))
    // The pump's alarm at 33 s journals that the bin's message at 31 s was judged: after it, it is only fed again.
    const { world, runUntil, restart, at, events } = await polledPump(t, lowFrom(18), { ...plan, rules })
    for (const [second, fill] of [
      [10, 97],
      [15, 98],
      [20, 75],
      [31, 75],
      [100, 75],
    ] as const) {
      const at = START_AT + second * 1_000
      const readings: Reading[] = [{ device: 'K1-other', point: 'fill', value: fill, quality: 'good', at }]
      world.clock.plan(at, () =>
        world.deliver({ at, urgency: 'ack', batch: { source: 'mqtt', key: `K:${second}`, readings } }),
      )
    }
    await runUntil(25)
    // A graceful end writes the keyframe; the next message is fed on top of it.
    await world.stop()
    await restart()
    await runUntil(35)
    await restart()
    await runUntil(150)
    t.equal(at('condition.became', rule), 15)
    t.equal(events().filter((event) => event.type === 'alarm.cleared' && event.rule === rule).length, 0)
  },
)
