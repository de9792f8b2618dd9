import t from 'tap'
import { compileCondition } from '#devices/expression.ts'
import type { Reading, Value } from '#devices/reading.ts'
import { coreOf } from '#rules/core.ts'
import type { Event, EventOf, EventType } from '#rules/event.ts'
import type { Plan, Watch } from '#rules/plan.ts'
import { rule, S } from './story.ts'

const HOURS = 3_600
const HIGH: Watch = { kind: 'limit', point: 'v', side: 'hi', limit: 10, deadband: 0 }

function coreWith(watches: readonly Watch[], delays: { onDelayMs?: number; validityMs?: number } = {}) {
  const rules = watches.map((watch, i) => ({ ...rule(watch, delays), id: `D/r${i}` }))
  const plan: Plan = {
    site: 'x',
    timeZone: 'UTC',
    rules,
    assets: new Map([['D', { id: 'D', name: 'D', kind: 'pump-set', room: 'D', region: 'site', homes: [] }]]),
    staff: [],
    fallback: 'manager',
    channels: [],
    settings: {
      incidentWindowMs: 600 * S,
      publishAfterMs: 600 * S,
      publishConfirmedAfterMs: 600 * S,
      allClearHoldMs: 600 * S,
      acceptWithinMs: 86_400 * S,
    },
  }
  const flow = coreOf(plan)
  const events: Event[] = []
  let batches = 0
  return {
    failing: () => flow.failing(),
    of: <T extends EventType>(type: T) => events.filter((event): event is EventOf<T> => event.type === type),
    /** One batch that arrives at `second` with values of other times. */
    gets(second: number, ...values: (readonly [at: number, point: string, value: Value])[]) {
      const readings = values.map(([at, point, value]): Reading => ({
        device: 'D',
        point,
        value,
        quality: 'good',
        at: at * S,
      }))
      events.push(...flow.judge({ source: 's', receivedAt: second * S, readings }, ++batches))
    },
    passes: (second: number) => events.push(...flow.advance(second * S)),
    startsBlind(second: number) {
      const started = { type: 'gateway.started', epoch: 'e', after: null, blindFrom: 1, wallOffsetMs: 0 } as const
      events.push(...flow.begin({ ...started, trace: 'G' }, second * S, true))
    },
  }
}

t.test('F39 a value that comes late, or twice, is not counted among those in a row', async (t) => {
  const full = { is: 'from', limit: 95, readings: 2, forMs: 0 } as const
  const core = coreWith([{ kind: 'persists', point: 'v', raise: [full], clear: [{ ...full, is: 'below', limit: 60 }] }])
  core.gets(100, [100, 'v', 97])
  core.gets(101, [99, 'v', 97])
  core.gets(102, [100, 'v', 97])
  t.same(core.of('alarm.raised'), [])
  core.gets(130, [129, 'v', 96], [130, 'v', 20])
  t.same(core.of('alarm.raised').length, 1, 'two of three in one message were in a row')
  core.gets(131, [125, 'v', 20])
  t.same(core.of('alarm.cleared'), [])
  core.gets(160, [160, 'v', 20])
  t.equal(core.of('alarm.cleared').length, 1)
})

t.test('F39 a value older than its point’s newest is history: it neither raises nor clears', async (t) => {
  const core = coreWith([HIGH])
  core.gets(100, [100, 'v', 5])
  core.gets(101, [99, 'v', 20])
  t.same(core.of('alarm.raised'), [], 'late and high')
  core.gets(110, [110, 'v', 20])
  t.equal(core.of('alarm.raised').length, 1)
  core.gets(111, [105, 'v', 5])
  t.same(core.of('alarm.cleared'), [], 'late and low')
})

t.test('F39 whatever the order within a batch, the newest decides', async (t) => {
  const table: [values: [number, string, number][], raised: number][] = [
    [
      [
        [98, 'v', 20],
        [99, 'v', 20],
        [100, 'v', 5],
      ],
      0,
    ],
    [
      [
        [100, 'v', 5],
        [99, 'v', 20],
        [98, 'v', 20],
      ],
      0,
    ],
    [
      [
        [99, 'v', 5],
        [100, 'v', 20],
        [98, 'v', 5],
      ],
      1,
    ],
  ]
  for (const [values, raised] of table) {
    const core = coreWith([HIGH])
    core.gets(100, ...values)
    t.equal(core.of('alarm.raised').length, raised)
  }
})

t.test(
  'F33 a device that replays an hour: its newest is judged as now, with the time at which it was so',
  async (t) => {
    const core = coreWith([HIGH])
    core.gets(0, [0, 'v', 5])
    const kept = Array.from({ length: 60 }, (_, i) => [i * 60, 'v', i === 30 ? 99 : 20] as const)
    core.gets(2 * HOURS, ...kept)
    const [became] = core.of('condition.became').filter(({ state }) => state === 'true')
    t.match(became, { since: 59 * 60 * S, at: 2 * HOURS * S, found: 'backlog', evidence: { value: 20 } })
    t.match(core.of('alarm.raised'), [{ occurredAt: 59 * 60 * S, at: 2 * HOURS * S, found: 'backlog' }])
    core.gets(2 * HOURS + 1, [2 * HOURS + 1, 'v', 5])
    const end = core.of('condition.became').at(-1)!
    t.match([end.state, end.found], ['false', undefined], 'what comes as it happens is found by nobody')
  },
)

t.test('F33 the delay of what was found runs from its detection', async (t) => {
  const core = coreWith([HIGH], { onDelayMs: 30 * S })
  core.gets(0, [0, 'v', 5])
  core.gets(2 * HOURS, [HOURS, 'v', 20])
  core.passes(2 * HOURS + 29)
  t.same(core.of('alarm.raised'), [])
  core.passes(2 * HOURS + 31)
  t.match(core.of('alarm.raised'), [{ at: (2 * HOURS + 30) * S, occurredAt: HOURS * S, found: 'backlog' }])
})

t.test('F33 windows take the whole backlog in, in event time', async (t) => {
  const core = coreWith([{ kind: 'changes', point: 'v', overMs: HOURS * S, above: 10 }])
  core.gets(0, [0, 'v', 0])
  core.gets(2 * HOURS, ...Array.from({ length: 120 }, (_, i) => [60 + i * 30, 'v', i % 2] as const))
  t.match(core.of('alarm.raised'), [{ found: 'backlog' }])
})

t.test('F54 what was raised or cleared while the gateway was down is found at the restart, once', async (t) => {
  for (const [before, after, state] of [
    [5, 20, 'true'],
    [20, 5, 'false'],
  ] as const) {
    const core = coreWith([HIGH])
    for (let second = 0; second <= 60; second += 10) core.gets(second, [second, 'v', before])
    core.startsBlind(3 * HOURS)
    for (let second = 1; second <= 60; second += 10) core.gets(3 * HOURS + second, [3 * HOURS + second, 'v', after])
    const since = core.of('condition.became').filter(({ at }) => at > 3 * HOURS * S)
    t.match(
      since.map((became) => [became.state, became.found, became.since / S]),
      [[state, 'restart', 3 * HOURS + 1]],
      `${before}, then ${after}`,
    )
    core.gets(3 * HOURS + 61, [3 * HOURS + 61, 'v', before])
    t.equal(core.of('condition.became').at(-1)!.found, undefined, 'and nothing after it')
  }
})

t.test('F55 a rule that cannot be judged is said once, and the others go on', async (t) => {
  const types = new Map([
    ['v', 'double'],
    ['w', 'double'],
  ] as const)
  const conditionOf = (text: string): Watch => {
    const compiled = compileCondition(text, types)
    if ('fault' in compiled) throw new Error(JSON.stringify(compiled.fault))
    return { kind: 'when', condition: compiled.condition }
  }
  const table: [text: string, code: string][] = [
    ['v / w > 1.0', 'division_by_zero'],
    ['int(v) % int(w) == 0', 'division_by_zero'],
    ['v * 1e300 * 1e300 > 1.0', 'no_number'],
    ['double("a" + string(v)) > 1.0', 'no_conversion'],
  ]
  for (const [text, code] of table) {
    const core = coreWith([conditionOf(text), HIGH])
    for (let second = 0; second < 100; second++) core.gets(second, [second, 'v', 20], [second, 'w', 0])
    t.match(core.of('condition.failed'), [{ rule: 'D/r0', why: { code } }], text)
    t.match(core.failing(), [{ rule: 'D/r0', why: { code } }], 'shown as long as it lasts')
    t.same(
      core.of('alarm.raised').map((raised) => raised.rule),
      ['D/r1'],
      'the other rule',
    )
  }
  const absorbed = coreWith([conditionOf('v / w > 1.0 && v < 0.0')])
  absorbed.gets(0, [0, 'v', 20], [0, 'w', 0])
  t.same(absorbed.of('condition.failed'), [], 'what does not matter in the end is no failure')
  const missing = coreWith([conditionOf('v / w > 1.0')])
  missing.gets(0, [0, 'v', 20])
  t.same(missing.of('condition.failed'), [], 'a point that is not there yet is unknown, and no failure')
  const slow = coreWith([conditionOf(Array(200).fill('v').join('*').concat(' > 1.0')), HIGH])
  const before = performance.now()
  for (let second = 0; second < 100; second++) slow.gets(second, [second, 'v', 1.01])
  t.ok(performance.now() - before < 500, 'the dearest that may be written, a hundred times within 5 ms each')
})

t.test('F55 a rule that fails now and then is not said each time', async (t) => {
  const compiled = compileCondition('1.0 / v > 0.0', new Map([['v', 'double']]))
  if ('fault' in compiled) throw new Error('refused')
  const core = coreWith([{ kind: 'when', condition: compiled.condition }])
  for (let second = 0; second < 3 * 86_400; second += 600) core.gets(second, [second, 'v', (second / 600) % 2])
  t.equal(core.of('condition.failed').length, 1)
  core.gets(5 * 86_400, [5 * 86_400, 'v', 0])
  t.equal(core.of('condition.failed').length, 2, 'after a day without, it is news')
})
