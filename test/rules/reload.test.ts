import t from 'tap'
import { compileCondition } from '#devices/expression.ts'
import type { AlarmState } from '#rules/alarms/states.ts'
import type { CommandBody } from '#rules/command.ts'
import { coreOf } from '#rules/core.ts'
import type { Event } from '#rules/event.ts'
import type { Flow } from '#rules/flow.ts'
import type { Plan, Rule } from '#rules/plan.ts'

const S = 1_000
const rule = (limit: number, changes: Partial<Rule> = {}): Rule => ({
  id: 'A/v.hi',
  device: 'A',
  asset: 'A',
  name: 'A',
  watch: { kind: 'limit', point: 'v', side: 'hi', limit, deadband: 0 },
  onDelayMs: 5 * S,
  offDelayMs: 5 * S,
  latch: false,
  safety: false,
  priority: 'high',
  class: 'P2',
  skill: 'water',
  closesItself: false,
  validityMs: 60 * S,
  ...changes,
})
const planOf = (...rules: Rule[]): Plan => ({
  site: 'x',
  timeZone: 'UTC',
  rules,
  assets: new Map([['A', { id: 'A', name: 'A', kind: 'k', room: 'R', region: 'r', homes: [] }]]),
  staff: [{ id: 'T', role: 'technician', regions: ['r'], skills: ['water'], duty: [{ from: 0, to: 1_440 }] }],
  fallback: 'T',
  channels: [],
  settings: {
    incidentWindowMs: S,
    publishAfterMs: S,
    publishConfirmedAfterMs: S,
    allClearHoldMs: S,
    acceptWithinMs: 86_400 * S,
  },
})

/** A core whose plan is exchanged while it runs; each value comes a second after the one before. */
class Life {
  readonly events: Event[] = []
  flow: Flow
  #now = 0
  #batches = 0
  #commands = 0

  constructor(plan: Plan) {
    this.flow = coreOf(plan)
  }

  says(value: number, seconds = 1): this {
    for (let passed = 0; passed < seconds; passed++) {
      this.#now += S
      this.hears('A', value)
    }
    return this
  }

  hears(device: string, value: number): this {
    const reading = { device, point: 'v', value, quality: 'good', at: this.#now } as const
    this.#note(this.flow.judge({ source: 's', receivedAt: this.#now, readings: [reading] }, ++this.#batches))
    return this
  }

  /** Why it was refused, if it was. */
  asks(body: CommandBody): string | null {
    const { events, refusal } = this.flow.command({ ...body, id: `c${++this.#commands}`, actor: 'T' }, this.#now)
    this.#note(events)
    return refusal?.refused ?? null
  }

  does(type: 'alarm.acknowledge' | 'alarm.reset'): this {
    const body = { type, alarm: this.alarm, by: 'T' } as CommandBody
    const refused = this.asks(body)
    if (refused) throw new Error(refused)
    return this
  }

  reload(plan: Plan): readonly Event[] {
    this.flow = coreOf(plan, this.flow)
    const events = this.flow.load('next', '1', this.#now)
    this.#note(events)
    return events
  }

  get alarm(): string {
    return this.events.findLast((event) => event.type === 'alarm.raised')!.alarm
  }

  types(): string[] {
    return this.events.map(({ type }) => type).filter((type) => type.startsWith('alarm.'))
  }

  #note(events: readonly Event[]): void {
    this.events.push(...events)
  }
}

/** How an alarm comes into each state, with the value that stays. */
const STATES: Record<Exclude<AlarmState, 'normal'>, { latch: boolean; value: number; reach: (life: Life) => Life }> = {
  unacknowledged: { latch: false, value: 12, reach: (life) => life.says(12, 7) },
  acknowledged: { latch: false, value: 12, reach: (life) => life.says(12, 7).does('alarm.acknowledge') },
  returned: { latch: false, value: 1, reach: (life) => life.says(12, 7).says(1, 7) },
  latched: { latch: true, value: 1, reach: (life) => life.says(12, 7).says(1, 7) },
  latched_acknowledged: {
    latch: true,
    value: 1,
    reach: (life) => life.says(12, 7).says(1, 7).does('alarm.acknowledge'),
  },
}

for (const [state, { latch, value, reach }] of Object.entries(STATES)) {
  const before = planOf(rule(10, { latch }))

  t.test(`F51 a rule removed while its alarm is ${state}: the alarm is closed, "rule removed"`, async (t) => {
    const life = reach(new Life(before))
    const { alarm } = life
    const closed = life.reload(planOf()).filter((event) => event.type === 'alarm.closed')
    t.match(closed, [{ alarm, why: { code: 'rule_removed' } }])
    t.strictSame(life.says(12, 20).types().at(-1), 'alarm.closed', 'nothing is raised by a rule that is gone')
    life.reload(before)
    life.says(12, 7)
    t.equal(life.types().at(-1), 'alarm.raised', 'the rule came back, and judges anew')
    t.not(life.alarm, alarm)
  })

  t.test(
    `F51 a rule changed while its alarm is ${state}: the alarm stays, the new limit judges the next sample`,
    async (t) => {
      const life = reach(new Life(before))
      const { alarm } = life
      const had = life.types().length
      life.reload(planOf(rule(20, { latch })))
      t.equal(life.types().length, had, 'the change itself says nothing of the alarm')
      const isOn = value === 12
      life.says(value, 4)
      t.equal(life.types().length, had, 'and nothing is said before the delay is over')
      life.says(value, 10)
      const said = life.types().slice(had)
      if (isOn) t.equal(said[0], 'alarm.cleared', '12 is below the new limit')
      else t.strictSame(said, [], 'it was over, and is')
      life.says(25, 8)
      const again = life.events.findLast((event) => event.type === 'alarm.raised' || event.type === 'alarm.reoccurred')
      t.ok(again, 'beyond the new limit it comes again')
      if (state !== 'acknowledged') t.equal(again!.alarm, alarm, 'the same alarm')
    },
  )
}

t.test('F51 an unchanged rule keeps its running delay; a changed one begins anew', async (t) => {
  for (const [limit, raisedAfter] of [
    [10, 2],
    [11, 5],
  ] as const) {
    const life = new Life(planOf(rule(10)))
    // Three seconds of five have passed.
    life.says(1).says(12, 4)
    life.reload(planOf(rule(limit)))
    const shown = Array.from({ length: 8 }, (_, i) => {
      life.says(12)
      return life.types().includes('alarm.raised') ? i + 1 : 0
    }).filter((second) => second > 0)
    t.equal(shown[0], limit === 10 ? raisedAfter : raisedAfter + 1, `limit ${limit}`)
  }
})

t.test('F51 what was taken over, rebuilt from snapshot and keyframe, goes on the same', async (t) => {
  const life = new Life(planOf(rule(10)))
  life.says(12, 8)
  const next = planOf(rule(11))
  life.reload(next)
  life.says(12, 2)
  const twin = coreOf(next)
  t.ok(twin.restore(life.flow.snapshot()))
  twin.recall(life.flow.keyframe())
  t.strictSame(twin.snapshot(), life.flow.snapshot())
  t.strictSame(twin.keyframe(), life.flow.keyframe())
})

t.test('F51 silence goes on counting under a rule that was changed', async (t) => {
  const silence = (priority: Rule['priority']): Rule =>
    rule(0, { id: 'A/communication', watch: { kind: 'data', family: 'communication' }, priority })
  const life = new Life(planOf(silence('high')))
  life.says(1, 3)
  life.reload(planOf(silence('low')))
  const raised = life.flow.advance(600 * S).find((event) => event.type === 'alarm.raised')
  t.match(raised, { rule: 'A/communication', priority: 'low', at: (3 + 120) * S })
})

const normal = (changes: Partial<Rule> = {}, deviations = 4): Rule =>
  rule(0, {
    watch: {
      kind: 'moving-normal',
      point: 'v',
      shortMs: 5 * S,
      normalMs: 60 * S,
      deviations,
      least: 0.1,
      side: 'above',
      settleMs: 3_600 * S,
    },
    onDelayMs: 0,
    ...changes,
  })
/** Short averages of a value that wavers around 10. */
const wavers = (life: Life, seconds: number) => {
  for (let second = 0; second < seconds; second++) life.says(10 + (second % 3) * 0.1)
}

t.test('F51 what a moving normal has learnt', async (t) => {
  const cases: [string, Rule, number][] = [
    ['is kept by an unchanged rule beside one that is new', normal(), 1],
    ['is kept when a delay or a priority changed', normal({ onDelayMs: 1, priority: 'low' }), 1],
    ['is learnt anew when what is watched changed', normal({}, 5), 0],
  ]
  for (const [name, next, raised] of cases) {
    const life = new Life(planOf(normal()))
    wavers(life, 90)
    life.reload(planOf(next, rule(100, { id: 'A/other.hi' })))
    wavers(life, 6)
    life.says(20, 6)
    t.equal(life.types().filter((type) => type === 'alarm.raised').length, raised, name)
  }
})

t.test('F51 a flip is counted on through a reload, where what is watched stayed the same', async (t) => {
  for (const [name, next, isSaid] of [
    ['unchanged', rule(10), true],
    ['another delay', rule(10, { onDelayMs: 9 * S }), true],
    ['another limit', rule(9), false],
  ] as const) {
    const life = new Life(planOf(rule(10)))
    life.says(1).says(12).says(1)
    life.reload(planOf(next))
    life.says(12)
    t.equal(
      life.events.some(({ type }) => type === 'condition.chattered'),
      isSaid,
      `${name}: the third flip within a minute`,
    )
  }
})

t.test('F51 a point that stands still stays uncertain to the others through a reload', async (t) => {
  const compiled = compileCondition('v > 0.0', new Map([['v', 'double']]))
  if ('fault' in compiled) throw new Error(compiled.fault.code)
  const stuck = (priority: Rule['priority']): Rule =>
    rule(0, {
      id: 'A/stuck',
      watch: { kind: 'stuck', point: 'v', forMs: 10 * S, resolution: 0, driver: compiled.condition },
      onDelayMs: 0,
      priority,
    })
  for (const priority of ['high', 'low'] as const) {
    const life = new Life(planOf(rule(10), stuck('high')))
    life.says(12, 15)
    t.ok(life.events.some((event) => event.type === 'condition.became' && event.rule === 'A/stuck'))
    life.reload(planOf(rule(20), stuck(priority)))
    // Below the new limit, which a value that nobody trusts cannot prove.
    life.says(12, 12)
    t.notOk(life.types().includes('alarm.cleared'), `rule of the stuck value with priority ${priority}`)
    life.says(13, 1).says(13.5, 8).says(13, 8).says(13.5, 8)
    t.ok(life.types().includes('alarm.cleared'), 'it moves again, and is believed')
  }
})

t.test('F51 a new rule over two devices knows the newest reading of both', async (t) => {
  const pair = rule(0, {
    id: 'A/pair',
    watch: { kind: 'disagreement', point: 'v', other: { device: 'B', point: 'v' }, by: 1 },
    onDelayMs: 0,
  })
  const life = new Life(planOf(rule(100)))
  life.hears('B', 5)
  life.says(9)
  life.reload(planOf(rule(100), pair))
  life.says(9)
  t.match(
    life.events.find((event) => event.type === 'alarm.raised'),
    { rule: 'A/pair' },
  )
})

t.test('F51 every stage goes by the new plan, with what it knew', async (t) => {
  const control = { device: 'A', point: 'c', asset: 'A', roles: ['field'], when: [], validityMs: 60 * S } as const
  const withControl = (max: number, plan: Plan): Plan => ({
    ...plan,
    controls: [{ ...control, allowed: { kind: 'number', min: 0, max, step: null }, settleMs: S, tolerance: 0 }],
  })
  const life = new Life(withControl(10, planOf(rule(10))))
  const lease: CommandBody = { type: 'control.lease', device: 'A', by: 'T', role: 'field' }
  const write = (value: number): CommandBody => ({
    type: 'control.write',
    device: 'A',
    point: 'c',
    value,
    by: 'T',
    role: 'field',
    reason: 'a test of the new plan',
    seen: { from: 0, when: 'true', condition: '' },
  })
  t.equal(life.asks(lease), null)
  t.equal(life.asks(write(20)), 'value_not_allowed')
  const boss = { id: 'M', role: 'boss', regions: ['r'], skills: [], duty: [{ from: 0, to: 1_440 }] }
  const next = withControl(30, planOf(rule(10)))
  life.reload({
    ...next,
    staff: [...next.staff, boss],
    supervisors: { head: ['boss'], heads: {}, manager: ['boss'], quality: ['boss'] },
  })
  t.equal(life.asks(write(20)), null, 'the new range; and the device is still held')
  life.says(12, 7)
  const told = life.flow.advance(48 * 3_600 * S).find((event) => event.type === 'order.escalated')
  t.match(told, { to: ['M'] }, 'supervision tells whom the new plan names')
})
