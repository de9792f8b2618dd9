import t from 'tap'
import { coreOf } from '#rules/core.ts'
import type { Command, CommandBody } from '#rules/command.ts'
import type { Event, EventOf, EventType } from '#rules/event.ts'
import type { Asset, Person, Plan, Rule } from '#rules/plan.ts'

const S = 1_000
const MINUTES = 60
const HOURS = 3_600
const always = [{ from: 0, to: 1_440 }]
const staff: readonly Person[] = [
  { id: 'T1', role: 'technician', regions: ['north'], skills: ['water'], duty: always },
  { id: 'T2', role: 'technician', regions: ['north'], skills: ['water'], duty: always },
  { id: 'CH', role: 'chief', regions: ['north'], skills: [], duty: always },
  { id: 'PM', role: 'manager', regions: ['north'], skills: [], duty: always },
]
const settings = {
  incidentWindowMs: 600 * S,
  publishAfterMs: 100 * S,
  publishConfirmedAfterMs: 50 * S,
  allClearHoldMs: 60 * S,
  acceptWithinMs: 30 * S,
}

/** Rule `<asset>/<point>.hi` on an asset; all of them stand in one room, and each asset has a home of its own. */
function rule(asset: string, point: string, changes: Partial<Rule> = {}): Rule {
  return {
    id: `${asset}/${point}.hi`,
    device: asset,
    asset,
    name: asset,
    watch: { kind: 'limit', point, side: 'hi', limit: 10, deadband: 0 },
    onDelayMs: 0,
    offDelayMs: 0,
    latch: false,
    safety: false,
    priority: 'high',
    class: 'P1',
    skill: 'water',
    notice: 'water-off',
    closesItself: false,
    validityMs: 10_000 * S,
    ...changes,
  }
}

function planOf(rules: readonly Rule[], changes: Partial<Plan> = {}): Plan {
  const assets = new Map(
    rules.map(({ asset: id }): [string, Asset] => [
      id,
      { id, name: id, kind: 'pump-set', room: 'R', region: 'north', homes: [`home-of-${id}`] },
    ]),
  )
  return {
    site: 'x',
    timeZone: 'Asia/Shanghai',
    rules,
    assets,
    staff,
    fallback: 'PM',
    channels: ['s'],
    settings,
    ...changes,
  }
}

/** A core that is told values and commands, second by second. `after`: it takes over where another one ended. */
function told(plan: Plan, after?: { flow: ReturnType<typeof coreOf> }) {
  const flow = coreOf(plan)
  if (after) flow.restore(JSON.parse(JSON.stringify(after.flow.snapshot())))
  const events: Event[] = []
  let [batches, commands] = [0, 0]
  const of = <T extends EventType>(type: T) => events.filter((event): event is EventOf<T> => event.type === type)
  return {
    flow,
    events,
    of,
    says(second: number, device: string, point: string, value: number) {
      const at = second * S
      const batch = { source: 's', receivedAt: at, readings: [{ device, point, value, quality: 'good', at }] } as const
      events.push(...flow.judge(batch, ++batches))
    },
    does(second: number, body: CommandBody): string {
      const answer = flow.command({ ...body, id: `c${second}-${++commands}`, actor: 'x' } as Command, second * S)
      events.push(...answer.events)
      return answer.refusal?.refused ?? 'done'
    },
    passes(second: number) {
      events.push(...flow.advance(second * S))
    },
    loads(second: number) {
      events.push(...flow.load(`hash-${second}`, 'v', second * S))
    },
    /** Starts again after nobody watched for hours. */
    startsBlind(second: number) {
      const started = {
        type: 'gateway.started',
        epoch: 'e',
        after: null,
        blindFrom: 1,
        wallOffsetMs: 0,
        trace: 'G',
      } as const
      events.push(...flow.begin(started, second * S, true))
    },
    /** `opened@0 dispatched@0 …` of all events whose type begins so. */
    story: (prefix: string) =>
      events
        .filter(({ type }) => type.startsWith(prefix))
        .map(({ type, at }) => `${type.slice(prefix.length)}@${at / S}`)
        .join(' '),
  }
}
type Told = ReturnType<typeof told>

/** Walks one order through these steps, one a second; every one must be allowed. */
function walk(
  t: Pick<typeof import('tap').default, 'equal'>,
  site: Told,
  second: number,
  order: string,
  steps: readonly string[],
  by = 'T1',
): void {
  for (const [i, step] of steps.entries())
    t.equal(site.does(second + i, { type: `order.${step}`, order, by } as CommandBody), 'done', `${step} by ${by}`)
}

t.test('an alarm that endangers a person gets an order of its own, whatever stands open in the room', async (t) => {
  for (const state of ['dispatched', 'accepted'] as const) {
    const site = told(
      planOf([rule('A', 'v', { class: 'P2' }), rule('A', 'w', { class: 'P0', latch: true, safety: true })]),
    )
    site.says(1, 'A', 'v', 20)
    const [first] = site.of('order.opened')
    if (state === 'accepted') walk(t, site, 2, first!.order, ['accept'])
    site.says(10, 'A', 'w', 20)
    t.same(
      site.of('order.opened').map((opened) => opened.class),
      ['P2', 'P0'],
      `beside an order that is ${state}`,
    )
    t.same(site.of('order.joined'), [])
    t.equal(site.of('order.dispatched').at(-1)?.order, site.of('order.opened')[1]!.order, 'and somebody is told')
  }
})

t.test('a graver alarm joins an order nobody has accepted, and its class rises', async (t) => {
  const site = told(
    planOf([rule('A', 'v', { class: 'P2' }), rule('B', 'v', { class: 'P1' }), rule('C', 'v', { class: 'P3' })]),
  )
  const classOf = () =>
    (site.flow.snapshot().stages['orders']!.state as { orders: { class: string }[] }).orders[0]!.class
  site.says(1, 'A', 'v', 20)
  site.says(2, 'B', 'v', 20)
  t.equal(site.story('order.'), 'opened@1 dispatched@1 joined@2')
  t.equal(classOf(), 'P1')
  site.says(3, 'C', 'v', 20)
  t.equal(classOf(), 'P1', 'a lesser one does not lower it')
})

t.test('an accepted order takes on its like, and nothing graver', async (t) => {
  const site = told(
    planOf([rule('A', 'v', { class: 'P2' }), rule('B', 'v', { class: 'P2' }), rule('C', 'v', { class: 'P1' })]),
  )
  site.says(1, 'A', 'v', 20)
  const { order } = site.of('order.opened')[0]!
  walk(t, site, 2, order, ['accept'])
  site.says(10, 'B', 'v', 20)
  site.says(11, 'C', 'v', 20)
  t.same(
    site.of('order.joined').map((joined) => [joined.order, joined.asset]),
    [[order, 'B']],
  )
  t.same(
    site.of('order.opened').map((opened) => opened.asset),
    ['A', 'C'],
  )
})

t.test('an order thought done whose rule alarms again is reopened, dispatched and worked on anew', async (t) => {
  for (const acknowledges of ['acknowledged', 'latched'] as const) {
    const site = told(planOf([rule('A', 'v', { latch: acknowledges === 'latched' })]))
    site.says(1, 'A', 'v', 20)
    const { order } = site.of('order.opened')[0]!
    walk(t, site, 2, order, ['accept', 'arrive', 'finish'])
    site.says(10, 'A', 'v', 1)
    t.equal(site.of('order.verified').length, 1)
    site.passes(1_000)
    site.says(9_000, 'A', 'v', 20)
    t.equal(site.of('order.reopened').at(-1)?.at, 9_000 * S, acknowledges)
    t.equal(site.of('order.dispatched').at(-1)?.at, 9_000 * S)
    t.equal(site.of('order.opened').length, 1, 'and no second one stands beside it')
    t.equal(site.does(9_001, { type: 'order.close', order, by: 'T1' }), 'source_still_active')
    walk(t, site, 9_002, order, ['accept', 'arrive', 'finish'])
    site.says(9_010, 'A', 'v', 1)
    walk(t, site, 9_011, order, ['close'])
  }
})

t.test('an order said to be repaired is reopened when its rule clears and alarms again', async (t) => {
  const site = told(planOf([rule('A', 'v'), rule('B', 'v')]))
  site.says(1, 'A', 'v', 20)
  site.says(2, 'B', 'v', 20)
  const { order } = site.of('order.opened')[0]!
  walk(t, site, 3, order, ['accept', 'arrive', 'finish'])
  site.says(10, 'A', 'v', 1) // B is still true: the order stays repaired, not verified
  t.same(site.of('order.verified'), [])
  site.says(20, 'A', 'v', 20)
  t.equal(
    site.story('order.'),
    'opened@1 dispatched@1 joined@2 accepted@3 arrived@4 finished@5 joined@20 reopened@20 dispatched@20',
  )
})

t.test('residents hear of it again when a verified order is reopened', async (t) => {
  const site = told(planOf([rule('A', 'v', { latch: true })]))
  site.says(1, 'A', 'v', 20)
  walk(t, site, 2, site.of('order.opened')[0]!.order, ['accept', 'arrive', 'finish'])
  site.passes(150)
  site.says(200, 'A', 'v', 1)
  site.passes(300)
  site.says(400, 'A', 'v', 20)
  site.passes(600)
  t.equal(site.story('notice.'), 'drafted@1 published@101 monitoring@200 all_clear@260 drafted@400 published@500')
})

t.test('after a blind interval the start stands before anything that fell due', async (t) => {
  const site = told(planOf([rule('A', 'v')]))
  site.says(1, 'A', 'v', 20) // an order to pass on at 31, a notice to publish at 101
  const before = site.events.length
  site.startsBlind(3 * HOURS)
  t.equal(site.events[before]!.type, 'gateway.started')
  t.ok(site.events.length > before + 1, 'something fell due')
  t.ok(
    site.events.slice(before).every(({ at }) => at === 3 * HOURS * S),
    'nothing is dated back',
  )
  t.ok(site.of('notice.published').length === 1, 'what nobody could decide while away is decided now')
})

t.test('no all-clear out of a blind interval before fresh readings', async (t) => {
  for (const [name, validityMs] of [
    ['values that expire within the hold', 10 * S],
    ['values that outlast the hold', 1_800 * S],
  ] as const) {
    const monitoring = () => {
      const site = told(planOf([rule('A', 'v', { validityMs })]))
      site.says(1, 'A', 'v', 20)
      site.passes(150)
      site.says(200, 'A', 'v', 1)
      t.equal(site.of('notice.monitoring').length, 1, name)
      site.startsBlind(3 * HOURS)
      t.same(site.of('notice.all_clear'), [], 'not at the start')
      return site
    }
    const still = monitoring()
    still.passes(10 * HOURS)
    t.same(still.of('notice.all_clear'), [], 'not by silence')
    t.equal(still.of('notice.resumed').length, 1, 'nobody can tell: it is off until somebody can')
    const off = monitoring()
    off.says(3 * HOURS + 1, 'A', 'v', 20)
    off.passes(10 * HOURS)
    t.same(off.of('notice.all_clear'), [], 'not when it is off again')
    const on = monitoring()
    const heardEvery = validityMs / S / 2
    for (let second = 1; second < 3 * HOURS; second += heardEvery) on.says(3 * HOURS + second, 'A', 'v', 1)
    const [end] = on.of('notice.all_clear')
    t.ok(end && end.at >= 3 * HOURS * S + settings.allClearHoldMs, 'and it does come when it is over')
  }
})

t.test('a delay that ran before a blind interval proves nothing after it', async (t) => {
  const delays = { onDelayMs: 15 * S, offDelayMs: 60 * S, validityMs: 10 * S }
  for (const [name, before, after, state, delay] of [
    ['on-delay', 1, 20, 'true', 15],
    ['off-delay', 20, 1, 'false', 60],
  ] as const) {
    const site = told(planOf([rule('A', 'v', delays)]))
    for (let second = 1; second <= 100; second++) site.says(second, 'A', 'v', before)
    site.says(101, 'A', 'v', after)
    site.says(102, 'A', 'v', after)
    const start = 3 * HOURS
    site.startsBlind(start)
    const known = site.of('condition.became').length
    site.says(start + 1, 'A', 'v', after)
    t.equal(site.of('condition.became').length, known, `${name}: one reading is no proof`)
    for (let second = 2; second <= 70; second++) site.says(start + second, 'A', 'v', after)
    const became = site.of('condition.became').at(-1)!
    t.same([became.state, became.at], [state, (start + 1 + delay) * S], `${name}: it runs anew`)
  }
})

t.test(
  'a rule removed while true is unknown: no all-clear by itself, and after a while a person may tell',
  async (t) => {
    const before = told(planOf([rule('A', 'v')]))
    before.says(1, 'A', 'v', 20)
    const { order } = before.of('order.opened')[0]!
    const { notice } = before.of('notice.drafted')[0]!
    walk(t, before, 2, order, ['accept', 'arrive', 'finish'])
    before.passes(150)
    const removedAt = 200
    const site = told({ ...planOf([rule('A', 'v')]), rules: [] }, before)
    site.loads(removedAt)
    t.same(
      site.of('condition.became').map((became) => [became.state, became.evidence.reason]),
      [['unknown', 'rule_removed']],
    )
    t.same(
      site.of('alarm.closed').map((closed) => closed.why.code),
      ['rule_removed'],
    )
    const end = { type: 'notice.end', notice, by: 'CH' } as const
    const close = { type: 'order.close', order, by: 'CH' } as const
    const early = removedAt + 15 * MINUTES - 1
    t.same([site.does(early, end), site.does(early, close)], ['sensor_still_tells', 'source_unknown'], 'not yet')
    site.passes(removedAt + 7 * 24 * HOURS)
    t.same(site.of('notice.all_clear'), [], 'never by itself')

    const soon = told({ ...planOf([rule('A', 'v')]), rules: [] }, before)
    soon.loads(removedAt)
    const late = removedAt + 15 * MINUTES
    t.equal(soon.does(late, { ...end, by: 'nobody' }), 'unknown_person')
    t.same([soon.does(late, end), soon.does(late, close)], ['done', 'done'], 'after a quarter of an hour')
    t.same(
      soon.of('notice.all_clear').map(({ by, homes }) => [by, homes]),
      [['CH', ['home-of-A']]],
    )
  },
)

t.test('a person cannot end a notice whose sensor still tells, nor one nobody was told', async (t) => {
  const site = told(planOf([rule('A', 'v')]))
  site.says(1, 'A', 'v', 20)
  const end = { type: 'notice.end', notice: site.of('notice.drafted')[0]!.notice, by: 'PM' } as const
  t.equal(site.does(2, end), 'wrong_state')
  site.passes(150)
  t.equal(site.does(2 * HOURS, end), 'sensor_still_tells')
  t.equal(site.does(2 * HOURS, { ...end, notice: 'N99' }), 'unknown_notice')
})

t.test('many alarms may end in one moment', async (t) => {
  const devices = Array.from({ length: 1_500 }, (_, i) => `D${i}`)
  const rules = devices.map((device) => {
    const { notice: _, ...quiet } = rule(device, 'v', { class: 'P3', closesItself: true })
    return quiet
  })
  const readings = (second: number, value: number) =>
    devices.map((device) => ({ device, point: 'v', value, quality: 'good', at: second * S }) as const)
  const site = told(planOf(rules))
  site.events.push(...site.flow.judge({ source: 's', receivedAt: S, readings: readings(1, 20) }, 1))
  t.equal(site.of('alarm.raised').length, 1_500)

  const loaded = told({ ...planOf(rules), rules: [] }, site)
  loaded.loads(5)
  t.equal(loaded.of('alarm.closed').length, 1_500, 'by a configuration that has none of their rules')

  const { order } = site.of('order.opened')[0]!
  const accepted = told(planOf(rules), site)
  walk(t, accepted, 5, order, ['accept'])
  t.equal(accepted.of('alarm.acknowledged').length, 1_500, 'by one person who accepts their order')

  site.events.push(...site.flow.judge({ source: 's', receivedAt: 10 * S, readings: readings(10, 1) }, 2))
  site.passes(10 + 24 * HOURS)
  t.equal(site.of('alarm.closed').length, 1_500, 'acknowledged by themselves')
})

t.test('an order whose assignee has left the plan goes to somebody who is there', async (t) => {
  for (const steps of [['accept'], ['accept', 'arrive']]) {
    const plan = planOf([rule('A', 'v')])
    const before = told(plan)
    before.says(1, 'A', 'v', 20)
    const { order } = before.of('order.opened')[0]!
    walk(t, before, 2, order, steps)
    const site = told({ ...plan, staff: staff.filter(({ id }) => id !== 'T1') }, before)
    site.loads(10)
    t.same(
      site.of('order.dispatched').map((dispatched) => [dispatched.order, dispatched.assignee]),
      [[order, 'T2']],
    )
    walk(t, site, 11, order, ['accept', 'arrive', 'finish'], 'T2')
  }
})

t.test('a manager or a chief may step in for anybody, a colleague may not', async (t) => {
  for (const by of ['PM', 'CH']) {
    const site = told(planOf([rule('A', 'v')]))
    site.says(1, 'A', 'v', 20)
    const { order } = site.of('order.opened')[0]!
    walk(t, site, 2, order, ['accept'])
    t.equal(site.does(3, { type: 'order.arrive', order, by: 'T2' }), 'not_assignee')
    walk(t, site, 4, order, ['arrive', 'finish'], by)
  }
})

t.test('notices of different kinds stay apart', async (t) => {
  const site = told(planOf([rule('A', 'v'), rule('B', 'v', { notice: 'lift-stopped' })]))
  site.says(1, 'A', 'v', 20)
  site.says(2, 'B', 'v', 20)
  t.equal(site.of('order.opened').length, 1, 'one order')
  t.same(
    site.of('notice.drafted').map(({ kind, homes }) => [kind, homes]),
    [
      ['water-off', ['home-of-A']],
      ['lift-stopped', ['home-of-B']],
    ],
  )
  site.passes(200)
  site.says(300, 'B', 'v', 1)
  site.passes(400)
  t.same(
    site.of('notice.all_clear').map(({ homes }) => homes),
    [['home-of-B']],
    'and each ends for itself',
  )
})

t.test('telemetry closes an order only when all its alarms allow that', async (t) => {
  for (const [first, second] of [
    [true, false],
    [false, true],
  ] as const) {
    const site = told(planOf([rule('A', 'v', { closesItself: first }), rule('B', 'v', { closesItself: second })]))
    site.says(1, 'A', 'v', 20)
    site.says(2, 'B', 'v', 20)
    t.equal(site.of('order.opened').length, 1)
    site.says(10, 'B', 'v', 1)
    site.says(11, 'A', 'v', 1)
    t.same(site.of('order.closed'), [])
  }
})

t.test('two limits of one point are one witness, two points are two', async (t) => {
  const limit = (point: string, id: string, edge: number) =>
    rule('A', point, { id, watch: { kind: 'limit', point, side: 'hi', limit: edge, deadband: 0 } })
  const table: [name: string, rules: Rule[], isVerifying: boolean, at: number][] = [
    ['two sides of one definition', [limit('v', 'A/pressure.hi', 10), limit('v', 'A/pressure.hihi', 15)], true, 101],
    ['two definitions on one point', [limit('v', 'A/pressure.hi', 10), limit('v', 'A/burst.hi', 15)], true, 101],
    ['two points', [limit('v', 'A/pressure.hi', 10), limit('w', 'A/flow.hi', 10)], false, 51],
  ]
  for (const [name, rules, isVerifying, at] of table) {
    const site = told(planOf(rules))
    site.says(1, 'A', 'v', 20)
    site.says(1, 'A', 'w', 20)
    site.passes(300)
    t.same(
      site.of('notice.published').map((published) => [published.verifying, published.at / S]),
      [[isVerifying, at]],
      name,
    )
  }
})
