import t from 'tap'
import { alarmStage } from '#rules/alarms/alarms.ts'
import { coreOf } from '#rules/core.ts'
import type { Command, CommandBody } from '#rules/command.ts'
import type { BodyOf, Draft, Event, EventOf, EventType, Truth } from '#rules/event.ts'
import type { Plan, Rule } from '#rules/plan.ts'
import { alarmPlan, asset, lossOf, rule } from './alarm-site.ts'

const S = 1_000
const MIN = 60
const H = 3_600

/** The whole core, told what conditions became. */
function site(plan: Plan, flow = coreOf(plan)) {
  const events: Event[] = []
  let commands = 0
  const of = <T extends EventType>(type: T) => events.filter((event): event is EventOf<T> => event.type === type)
  const told = (event: Event) =>
    ['alarm.raised', 'alarm.reoccurred', 'alarm.announced'].includes(event.type) ||
    (event.type === 'alarm.severity_changed' && event.rises)
  return {
    flow,
    events,
    of,
    becomes(second: number, id: string, state: Truth, since = second) {
      const device = id.split('/')[0]!
      const body = { rule: id, device, asset: device, state, since: since * S, evidence: { at: since * S } }
      const draft: Draft = { type: 'condition.became', ...body, trace: `R${second}` }
      events.push(...flow.record(draft, second * S))
    },
    chatters(second: number, id: string) {
      const device = id.split('/')[0]!
      const body = { rule: id, device, asset: device, flips: 6, withinMs: 600_000 }
      events.push(...flow.record({ type: 'condition.chattered', ...body, trace: `R${second}` }, second * S))
    },
    does(second: number, body: CommandBody): string {
      const answer = flow.command({ ...body, id: `c${++commands}`, actor: 'x' } as Command, second * S)
      events.push(...answer.events)
      return answer.refusal?.refused ?? 'done'
    },
    passes(second: number) {
      events.push(...flow.advance(second * S))
    },
    loads(second: number) {
      events.push(...flow.load(`h${second}`, 'v', second * S))
    },
    /** Each telling of an operator: `rule@second`. */
    announced: () =>
      events.flatMap((event) =>
        told(event) && !('silence' in event && event.silence)
          ? [`${(event as Event & { rule: string }).rule}@${event.at / S}`]
          : [],
      ),
    /** `raised@0 cleared@10 …` of one family. */
    story: (family: string) =>
      events
        .filter(({ type }) => type.startsWith(`${family}.`))
        .map(({ type, at }) => `${type.slice(family.length + 1)}@${at / S}`)
        .join(' '),
    alarm: (id: string) => of('alarm.raised').findLast((event) => event.rule === id)!.alarm,
  }
}
const by = { by: 'PM' } as const
const shelve = (alarm: string, more: Partial<BodyOfShelve> = {}): CommandBody => ({
  type: 'alarm.shelve',
  alarm,
  ...by,
  reason: 'x',
  forMs: H * S,
  oneShot: false,
  ...more,
})
type BodyOfShelve = Omit<Extract<CommandBody, { type: 'alarm.shelve' }>, 'type'>

t.test('hi and hihi of one point are one alarm, whose severity rises and falls', async (t) => {
  const sides = (definition: string): Rule[] => [
    rule('P', { id: 'P/level.hi', definition, step: 0, priority: 'medium' }),
    rule('P', { id: 'P/level.hihi', definition, step: 1, priority: 'high' }),
  ]
  const one = site(alarmPlan(sides('P/level')))
  one.becomes(0, 'P/level.hi', 'true')
  const alarm = one.alarm('P/level.hi')
  one.does(1, { type: 'alarm.acknowledge', alarm, ...by })
  one.becomes(10, 'P/level.hihi', 'true')
  t.same(one.announced(), ['P/level.hi@0', 'P/level.hihi@10'], 'who knew of it is told that it grew')
  t.equal(one.does(11, { type: 'alarm.acknowledge', alarm, ...by }), 'done', 'it was unacknowledged again')
  one.becomes(20, 'P/level.hihi', 'false')
  t.equal(one.of('alarm.severity_changed').at(-1)?.priority, 'medium')
  t.equal(one.announced().length, 2, 'that it became less is no news that rings')
  one.becomes(30, 'P/level.hi', 'false')
  t.equal(one.of('alarm.raised').length, 1)
  t.equal(one.story('order'), 'opened@0 dispatched@0 joined@10', 'one order, which guards both limits')
  t.equal(one.of('alarm.closed')[0]?.at, 30 * S, 'it is over when the last of them is')
})

t.test('F51 a rule reloaded or removed at each state of its alarm', async (t) => {
  const states: [name: string, steps: (s: ReturnType<typeof site>) => void][] = [
    ['unacknowledged', () => {}],
    ['acknowledged', (s) => void s.does(1, { type: 'alarm.acknowledge', alarm: s.alarm('P/hi'), ...by })],
    ['returned', (s) => s.becomes(1, 'P/hi', 'false')],
    ['shelved', (s) => void s.does(1, shelve(s.alarm('P/hi')))],
    [
      'out of service',
      (s) => void s.does(1, { type: 'service.remove', asset: 'P', ...by, workOrder: 'W1', reason: 'x' }),
    ],
    ['suppressed', (s) => s.becomes(1, 'P/mode.inspection', 'true')],
  ]
  const rules = [rule('P'), { ...rule('P'), id: 'P/mode.inspection', mode: 'inspection' as const }, rule('Q')]
  for (const [name, steps] of states) {
    const before = site(alarmPlan(rules))
    before.becomes(0, 'P/hi', 'true')
    steps(before)
    const snapshot = JSON.parse(JSON.stringify(before.flow.snapshot()))

    const kept = coreOf(
      alarmPlan([rule('P', { watch: { ...rule('P').watch, limit: 20 } as Rule['watch'] }), ...rules.slice(1)]),
    )
    kept.restore(snapshot)
    const reloaded = site(alarmPlan(rules), kept)
    reloaded.loads(5)
    t.equal(reloaded.of('alarm.closed').length, 0, `${name}: same id, the alarm is kept`)
    t.equal(reloaded.of('alarm.raised').length, 0)

    const gone = coreOf(alarmPlan([rule('Q')], [asset('P'), asset('Q')]))
    gone.restore(snapshot)
    const removed = site(alarmPlan([rule('Q')]), gone)
    removed.loads(5)
    t.same(
      removed.of('alarm.closed').map(({ why }) => why.code),
      ['rule_removed'],
      `${name}: closed, with the reason`,
    )
    removed.passes(100 * H)
  }
})

t.test('F51 of two limits the one that is reached is removed: the alarm stands by the other', async (t) => {
  const sides = [
    rule('P', { id: 'P/level.hi', definition: 'P/level', step: 0, priority: 'medium' }),
    rule('P', { id: 'P/level.hihi', definition: 'P/level', step: 1 }),
  ]
  const before = site(alarmPlan(sides))
  before.becomes(0, 'P/level.hi', 'true')
  before.becomes(1, 'P/level.hihi', 'true')
  const flow = coreOf(alarmPlan(sides.slice(0, 1)))
  flow.restore(JSON.parse(JSON.stringify(before.flow.snapshot())))
  const after = site(alarmPlan(sides.slice(0, 1)), flow)
  after.loads(5)
  t.equal(after.of('alarm.closed').length, 0)
  t.same(
    after.of('alarm.severity_changed').map((event) => [...event.rules]),
    [['P/level.hi']],
  )
})

t.test('a rule removed while it was well gives no all-clear: nobody watches any more', async (t) => {
  const plan = alarmPlan([rule('P', { notice: 'water-off' }), rule('Q')])
  const before = site(plan)
  before.becomes(0, 'P/hi', 'true')
  before.passes(101)
  before.becomes(110, 'P/hi', 'false')
  t.match(before.story('notice'), /monitoring@110$/)
  const flow = coreOf(alarmPlan([rule('Q')], [asset('P'), asset('Q')]))
  flow.restore(JSON.parse(JSON.stringify(before.flow.snapshot())))
  const after = site(plan, flow)
  after.loads(120)
  after.passes(10 * H)
  t.equal(after.of('notice.all_clear').length, 0)
  const [{ notice }] = before.of('notice.drafted') as [EventOf<'notice.drafted'>]
  t.equal(after.does(10 * H, { type: 'notice.end', notice, ...by }), 'done', 'a person who looked may end it')
})

t.test('a shelf: reason, end, one-shot; what still holds is announced at once', async (t) => {
  const s = site(alarmPlan([rule('P'), rule('Q')]))
  s.becomes(0, 'P/hi', 'true')
  const alarm = s.alarm('P/hi')
  t.equal(s.does(1, shelve(alarm, { forMs: 9 * H * S })), 'shelf_too_long')
  t.equal(s.does(1, shelve(alarm)), 'done')
  t.equal(s.does(2, shelve(alarm)), 'already_shelved')
  t.equal(s.does(2, { type: 'alarm.acknowledge', alarm, ...by }), 'done')
  s.becomes(10, 'P/hi', 'false')
  s.becomes(20, 'P/hi', 'true')
  t.same(s.announced(), ['P/hi@0'], 'the shelf lies on the rule')
  t.equal(s.of('alarm.raised').at(-1)?.silence?.by, 'shelf')
  t.equal(s.of('order.opened').length, 1, 'it asks for no work while nobody shall know')
  s.passes(1 + H)
  t.same(s.announced(), ['P/hi@0', `P/hi@${1 + H}`])
  t.equal(s.of('alarm.unshelved')[0]?.why.code, 'expired')

  s.becomes(5 * H, 'Q/hi', 'true')
  s.does(5 * H, shelve(s.alarm('Q/hi'), { oneShot: true }))
  s.becomes(5 * H + 1, 'Q/hi', 'false')
  t.equal(s.of('alarm.unshelved').at(-1)?.why.code, 'one_shot')
  s.becomes(5 * H + 2, 'Q/hi', 'true')
  t.equal(s.announced().at(-1), `Q/hi@${5 * H + 2}`)
})

t.test(
  'a safety alarm is not hidden: not by a parent, a mode, a window that does not name it, a chatter, one person',
  async (t) => {
    const safe = rule('L', { safety: true, latch: true, class: 'P0', priority: 'critical' })
    const rules = [
      safe,
      rule('UP', { class: 'P0', priority: 'critical' }),
      { ...rule('L'), id: 'L/mode.inspection', mode: 'inspection' as const },
    ]
    const s = site(alarmPlan(rules, [asset('L', { parent: 'UP' }), asset('UP')]))
    const window = { type: 'maintenance.plan', ...by, from: 0, to: 9 * H * S, reason: 'x' } as const
    s.does(0, { ...window, assets: ['L', 'UP'], rules: [] })
    s.becomes(1, 'UP/hi', 'true')
    s.becomes(1, 'L/mode.inspection', 'true')
    s.does(2, { type: 'service.remove', asset: 'UP', ...by, workOrder: 'W1', reason: 'x' })
    s.becomes(3, 'L/hi', 'true')
    t.same(s.announced(), ['L/hi@3'])
    const alarm = s.alarm('L/hi')
    for (const second of [4, 5, 6]) s.chatters(second, 'L/hi')
    t.equal(s.of('alarm.shelved').length, 0, 'chattering')
    t.equal(s.of('alarm.bad_actor').length, 1, 'and listed for it')
    t.equal(
      s.does(7, { type: 'service.remove', asset: 'L', rule: 'L/hi', ...by, workOrder: 'W1', reason: 'x' }),
      'safety_alarm',
    )
    const half = 30 * MIN * S
    t.equal(s.does(8, shelve(alarm, { forMs: half })), 'second_person_needed')
    t.equal(s.does(8, shelve(alarm, { forMs: half, second: 'PM' })), 'second_person_needed', 'not oneself')
    t.equal(s.does(8, shelve(alarm, { forMs: half + 1, second: 'T1' })), 'shelf_too_long')
    t.equal(
      s.does(8, shelve(alarm, { forMs: half, second: 'T1' })),
      'done',
      'its asset is part of what is out of service',
    )
    s.does(9, { type: 'service.return', service: s.of('service.removed')[0]!.service, ...by })
    t.equal(s.announced().at(-1), 'L/hi@9', 'back in service, the shelf is over')
    t.equal(s.does(10, shelve(alarm, { forMs: half, second: 'T1' })), 'safety_alarm', 'in service it is never shelved')
    s.does(11, { ...window, assets: [], rules: ['L/hi'] })
    s.passes(12)
    t.equal(s.of('alarm.silenced').at(-1)?.silence.by, 'maintenance', 'a window that names it')
  },
)

t.test('a safety alarm is explained by nothing, however grave what stands above it', async (t) => {
  const grave = { class: 'P0', priority: 'critical' } as const
  const rules = [rule('UP', grave), rule('L', { ...grave, safety: true })]
  const s = site(alarmPlan(rules, [asset('UP'), asset('L', { parent: 'UP', fedBy: ['UP'] })]))
  s.becomes(0, 'UP/hi', 'true')
  s.becomes(1, 'L/hi', 'true')
  t.same(s.announced(), ['UP/hi@0', 'L/hi@1'])
})

t.test('a maintenance window: begins, overruns for ten minutes, ends, and what holds is announced then', async (t) => {
  const s = site(
    alarmPlan(
      [rule('P'), rule('PART'), rule('FED')],
      [asset('P'), asset('PART', { parent: 'P' }), asset('FED', { fedBy: ['P'] })],
    ),
  )
  const plan = {
    type: 'maintenance.plan',
    assets: ['P'],
    rules: [],
    from: 100 * S,
    to: 200 * S,
    ...by,
    reason: 'x',
  } as const
  t.equal(s.does(0, { ...plan, assets: ['X'] }), 'unknown_asset')
  t.equal(s.does(0, { ...plan, to: 100 * S }), 'bad_window')
  t.equal(s.does(0, plan), 'done')
  s.becomes(50, 'P/hi', 'true')
  s.becomes(110, 'PART/hi', 'true')
  s.becomes(110, 'FED/hi', 'true')
  t.same(s.announced(), ['P/hi@50', 'FED/hi@110'], 'it covers the asset and its parts, not what it feeds')
  t.equal(s.of('order.closed').length, 0, 'an order that is open stays open')
  s.passes(799)
  t.equal(s.of('maintenance.overran')[0]?.at, 200 * S)
  const [{ window }] = s.of('maintenance.planned') as [EventOf<'maintenance.planned'>]
  t.equal(s.does(799, { type: 'maintenance.extend', window, to: 1_000 * S, ...by }), 'done')
  s.passes(1_599)
  t.equal(s.announced().length, 2)
  s.passes(1_600)
  t.same(s.announced().slice(2), ['P/hi@1600'], 'the part is explained by what it is part of')
})

t.test(
  'an alarm above explains those below that are no graver; when it is gone, what still holds is announced',
  async (t) => {
    const rules = [
      rule('UP', { priority: 'high', class: 'P1' }),
      rule('A', { priority: 'medium', class: 'P2', notice: 'off' }),
      rule('B', { priority: 'critical', class: 'P1' }),
      lossOf('C'),
    ]
    const s = site(
      alarmPlan(rules, [
        asset('UP'),
        asset('A', { fedBy: ['UP'] }),
        asset('B', { parent: 'UP' }),
        asset('C', { parent: 'A' }),
      ]),
    )
    s.becomes(0, 'A/hi', 'true')
    s.becomes(1, 'UP/hi', 'true')
    s.becomes(2, 'B/hi', 'true')
    s.becomes(3, 'C/communication', 'true')
    t.same(s.announced(), ['A/hi@0', 'UP/hi@1', 'B/hi@2'])
    const root = s.alarm('UP/hi')
    t.same(
      s.of('alarm.silenced').map(({ rule: id, silence }) => [id, silence.root]),
      [['A/hi', root]],
    )
    t.equal(s.of('alarm.raised').find(({ rule: id }) => id === 'C/communication')?.silence?.root, root, 'one root')
    const order = s.of('order.opened').find(({ rule: id }) => id === 'UP/hi')!.order
    t.equal(s.of('order.joined').find(({ rule: id }) => id === 'C/communication')?.order, order, 'work with its cause')
    s.becomes(10, 'UP/hi', 'false')
    t.same(s.announced().slice(3), ['A/hi@10'], 'and A explains C now')
    s.becomes(20, 'A/hi', 'false')
    t.same(s.announced().slice(4), ['C/communication@20'])
  },
)

t.test(
  'inspection mode suppresses the alarms of its asset, not the loss of its data, and unknown does not end it',
  async (t) => {
    const s = site(
      alarmPlan([rule('L'), lossOf('L'), { ...rule('L'), id: 'L/mode.inspection', mode: 'inspection' as const }]),
    )
    s.becomes(0, 'L/mode.inspection', 'true')
    s.becomes(1, 'L/hi', 'true')
    s.becomes(2, 'L/communication', 'true')
    s.becomes(3, 'L/mode.inspection', 'unknown')
    t.same(s.announced(), ['L/communication@2'])
    s.becomes(9, 'L/mode.inspection', 'false')
    t.same(s.announced(), ['L/communication@2', 'L/hi@9'])
    t.equal(s.of('alarm.raised').length, 2, 'a mode is no alarm')
  },
)

t.test('F52 flapping: one bad actor, one order, one shelf until it has rested', async (t) => {
  const s = site(alarmPlan([rule('K', { closesItself: true, class: 'P3', priority: 'low' })]))
  let second = 0
  for (let i = 0; i < 12; i++) {
    s.becomes((second += 30), 'K/hi', 'true')
    if (i >= 2) s.chatters(second, 'K/hi')
    s.becomes((second += 30), 'K/hi', 'false')
  }
  t.equal(s.announced().length, 3, 'told three times, then contained')
  t.equal(s.of('alarm.bad_actor').length, 1)
  t.same(
    s.of('alarm.shelved').map(({ by: who, reason }) => [who, reason]),
    [['caretaker', 'chattering']],
  )
  t.ok(s.of('order.opened').length <= 3, 'no order for what is contained')
  s.passes(second + 10 * MIN)
  t.equal(s.of('alarm.unshelved')[0]?.why.code, 'rested')
  s.becomes(second + 11 * MIN, 'K/hi', 'true')
  t.equal(s.announced().length, 4, 'and it is heard again')
})

t.test(
  'F52 a chattering alarm whose order closed itself gets one order, of class P8a, and residents hear nothing',
  async (t) => {
    const s = site(alarmPlan([rule('K', { closesItself: true, class: 'P3', notice: 'bin' })]))
    s.becomes(0, 'K/hi', 'true')
    s.becomes(10, 'K/hi', 'false')
    for (const second of [11, 12, 13]) s.chatters(second, 'K/hi')
    const orders = s.of('order.opened')
    t.same(
      orders.map((order) => [order.class, order.badActor ?? false]),
      [
        ['P3', false],
        ['P8a', true],
      ],
    )
    t.equal(s.of('notice.drafted').length, 1, 'of the alarm, not of the sensor')
  },
)

t.test(
  'a flood: ten are announced, the others counted in one message; each has its order, safety alarms ring',
  async (t) => {
    const names = Array.from({ length: 30 }, (_, i) => `F${i}`)
    const s = site(alarmPlan([...names.map((name) => rule(name)), rule('X', { safety: true, class: 'P0' })]))
    names.forEach((name, i) => s.becomes(i, `${name}/hi`, 'true'))
    t.equal(s.announced().length, 10)
    t.equal(s.of('order.opened').length, 30, 'work is never hidden')
    s.becomes(31, 'X/hi', 'true')
    t.equal(s.announced().at(-1), 'X/hi@31')
    s.passes(H)
    const [ended] = s.of('alarm.flood_ended')
    t.same([ended?.counted, ended?.alarms.length], [20, 20])
    s.becomes(H, 'F0/hi', 'false')
    s.does(H, { type: 'alarm.acknowledge', alarm: s.alarm('F0/hi'), ...by })
    s.becomes(H + 1, 'F0/hi', 'true')
    t.equal(s.announced().at(-1), `F0/hi@${H + 1}`, 'and then all is as before')
  },
)

t.test(
  'F56 a power cut that silences 400 devices: one incident, one root, at most ten told, safety alarms beside it',
  async (t) => {
    const names = Array.from({ length: 400 }, (_, i) => `D${i}`)
    const rules = [...names.map((name) => lossOf(name)), rule('L', { safety: true, class: 'P0', priority: 'critical' })]
    const s = site(alarmPlan(rules))
    for (let second = 100; second < 160; second++) {
      for (const [i, name] of names.entries())
        if (i % 60 === second - 100) s.becomes(second, `${name}/communication`, 'true', 95)
      if (second === 130) s.becomes(130, 'L/hi', 'true')
    }
    const within = s.announced().filter((text) => Number(text.split('@')[1]) < 700)
    t.ok(within.length <= 10, `${within.length} told`)
    t.ok(within.includes('L/hi@130'), 'a person in danger is told')
    t.equal(s.of('incident.opened').length, 1)
    const { root } = s.of('incident.opened')[0]!
    const silent =
      s.of('alarm.raised').filter(({ silence }) => silence?.root === root).length + s.of('alarm.silenced').length
    t.equal(silent, 399, 'all but the root are silent for it, and counted')
    const orders = s.of('order.opened').length - 1
    t.ok(orders <= 4, `${orders} orders, not 400`)

    // The root comes back first, then the others, a second each.
    const rootRule = s.of('alarm.raised').find(({ alarm }) => alarm === root)!.rule
    s.becomes(1_000, rootRule, 'false')
    names
      .filter((name) => `${name}/communication` !== rootRule)
      .forEach((name, i) => s.becomes(1_001 + Math.floor(i / 10), `${name}/communication`, 'false'))
    s.passes(3 * H)
    t.equal(s.announced().length, within.length, 'nobody is told of what comes back in time')
    t.equal(s.of('incident.closed').length, 1)
    t.equal(s.of('order.closed').length, orders, 'and the orders closed themselves')
  },
)

t.test('F56 what does not come back with its root gets a root of its own, or stands for itself', async (t) => {
  const names = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H']
  const s = site(alarmPlan(names.map((name) => lossOf(name))))
  names.forEach((name) => s.becomes(100, `${name}/communication`, 'true', 95))
  t.equal(s.announced().length, 4)
  s.becomes(200, 'A/communication', 'false')
  s.passes(499)
  t.equal(s.announced().length, 4)
  s.passes(500)
  t.same(s.announced().slice(4), ['B/communication@500'], 'one root for the seven that are left')
  for (const name of ['B', 'C', 'D', 'E', 'F']) s.becomes(600, `${name}/communication`, 'false')
  s.passes(900)
  t.same(s.announced().slice(5), ['G/communication@900', 'H/communication@900'], 'two are no incident')
})

t.test('what is acknowledged and not dealt with is announced again; with an accepted order it is not', async (t) => {
  const s = site(alarmPlan([rule('P'), rule('Q')]))
  s.becomes(0, 'P/hi', 'true')
  s.becomes(0, 'Q/hi', 'true')
  s.does(10, { type: 'alarm.acknowledge', alarm: s.alarm('P/hi'), ...by })
  s.does(10, { type: 'order.accept', order: s.of('order.opened')[1]!.order, by: 'T1' })
  s.passes(10 + H)
  t.same(s.announced().slice(2), [`P/hi@${10 + H}`])
  t.equal(s.of('alarm.announced')[0]?.why.code, 're_alarm')
  t.equal(s.story('order').match(/opened/g)?.length, 2, 'no second order for it')
})

t.test('what returned is acknowledged by itself after a day, a safety alarm never', async (t) => {
  const s = site(alarmPlan([rule('P'), rule('X', { safety: true, class: 'P0' })]))
  for (const id of ['P/hi', 'X/hi']) {
    s.becomes(0, id, 'true')
    s.becomes(10, id, 'false')
  }
  s.passes(48 * H)
  t.same(
    s.of('alarm.acknowledged').map(({ alarm, by: who, at }) => [alarm, who, at / S]),
    [[s.alarm('P/hi'), 'caretaker', 10 + 24 * H]],
  )
})

t.test('journals of before: two sides were two alarms, and nothing was ever silent', async (t) => {
  const sides = [
    rule('P', { id: 'P/level.lo', definition: 'P/level', step: 0 }),
    rule('P', { id: 'P/level.lolo', definition: 'P/level', step: 1 }),
  ]
  // As version 1 of the stage wrote them.
  const stage = alarmStage(alarmPlan(sides))
  const raised = (id: string, seq: number) =>
    ({
      type: 'alarm.raised',
      alarm: `A${seq}`,
      rule: id,
      device: 'P',
      asset: 'P',
      priority: 'high',
      class: 'P1',
      latch: false,
      safety: false,
      occurredAt: 0,
      evidence: { at: 0 },
      trace: 'R1',
      seq,
      at: seq,
      v: 1,
    }) as const
  stage.apply(raised('P/level.lo', 1))
  stage.apply(raised('P/level.lolo', 2))
  const becomes = (id: string, seq: number) => {
    const body = { rule: id, device: 'P', asset: 'P', state: 'false', since: seq, evidence: { at: seq } } as const
    const event = { type: 'condition.became', ...body, trace: 'R', seq, at: seq, v: 1 } satisfies Event &
      BodyOf<'condition.became'>
    stage.apply(event)
    return stage.decide(event, { at: seq, seq: seq + 1 }) as readonly Draft[]
  }
  t.same(
    becomes('P/level.lolo', 3).map((draft) => [draft.type, 'alarm' in draft && draft.alarm]),
    [['alarm.cleared', 'A2']],
  )
  t.same(
    becomes('P/level.lo', 4).map((draft) => [draft.type, 'alarm' in draft && draft.alarm]),
    [['alarm.cleared', 'A1']],
  )
})
