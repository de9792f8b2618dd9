import t from 'tap'
import { type OrderFacts, OrderClocks } from '#rules/clocks/order-clocks.ts'
import type { CommandBody } from '#rules/command.ts'
import type { BodyOf } from '#rules/event.ts'
import type { Person, Plan } from '#rules/plan.ts'
import type { RescuePlan } from '#rules/tasks/rescue-plan.ts'
import { taskStage } from '#rules/tasks/tasks.ts'
import { alarmPlan, rule, told } from './alarm-site.ts'

const MIN = 60
const always = [{ from: 0, to: 1_440 }]
const never: Person['duty'] = []
const person = (id: string, role: string, skills: string[] = [], duty: Person['duty'] = always): Person => ({
  id,
  role,
  regions: ['north'],
  skills,
  duty,
})
/** At night: nobody on duty is certified. */
const NIGHT = [
  person('G1', 'guard'),
  person('T2', 'technician', ['water']),
  person('T3', 'technician', ['lift'], never),
  person('LC', 'contractor', ['lift']),
  person('PM', 'manager'),
]
const RESCUE: RescuePlan = { comfort: ['guard'], onSite: ['technician', 'guard'], contractor: 'LC', lines: ['1', '2'] }

const OPENED: BodyOf<'order.opened'> = {
  type: 'order.opened',
  order: 'W1',
  incident: 'L',
  alarm: 'A1',
  rule: 'L/hi',
  asset: 'L',
  class: 'P0',
  skill: 'lift',
  region: 'north',
  closesItself: false,
}

function trapped(staff: readonly Person[] = NIGHT, rescue: RescuePlan = RESCUE) {
  const plan: Plan = { ...alarmPlan([rule('L', { class: 'P0', rescue: true })]), staff, rescue }
  const here = told(plan, taskStage)
  here.says<'order.opened'>(0, OPENED)
  return {
    ...here,
    does: (second: number, step: string, kind: string, by: string, more: object = {}) =>
      here.does(second, { type: `task.${step}`, task: `W1-${kind}`, by, ...more } as CommandBody),
    /** `rescue called contractor@0` */
    told: (type: string) =>
      here.events
        .filter((event) => event.type === `task.${type}`)
        .map((event) => {
          const {
            task,
            at,
            step = '',
            clock = '',
          } = event as { task: string; at: number; step?: string; clock?: string }
          return `${task.slice(3)}${step && ` ${step}`}${clock && ` ${clock}`}@${at / 1_000 / MIN}`
        })
        .join(', '),
  }
}

t.test('three tasks in the same moment, for those who are there; nobody certified: the chain at once', async (t) => {
  const here = trapped()
  const tasks = here.events.filter((event) => event.type === 'task.opened')
  t.strictSame(
    tasks.map(({ kind, to, dueAt }) => [kind, to, dueAt / 1_000 / MIN]),
    [
      ['comfort', 'G1', 5],
      ['on_site', 'T2', 10],
      ['rescue', 'LC', 30],
    ],
  )
  t.match(here.newest('task.uncovered'), { kind: 'rescue', to: 'PM' })
  t.equal(here.told('called'), 'rescue contractor@0')
})

t.test('three minutes each: the second number, 96333, 119, and no further', async (t) => {
  const here = trapped()
  here.passes(4 * MIN)
  here.restarts()
  here.passes(60 * MIN)
  t.equal(here.told('called'), 'rescue contractor@0, rescue contractor_second@3, rescue 96333@6, rescue 119@9')
  t.strictSame(
    here.events.flatMap((event) => (event.type === 'task.called' ? [event.to] : [])),
    ['LC', 'LC', 'G1', 'G1'],
    'what is dialled is dialled by whoever speaks with them',
  )
  t.equal(
    here.told('missed'),
    'rescue accept@3, comfort contact@5, rescue accept@6, rescue accept@9, on_site arrive@10, rescue arrive@30',
    'each clock once',
  )
})

for (const [name, rescue, staff, steps] of [
  [
    'a certified person on duty comes first',
    RESCUE,
    [person('T3', 'technician', ['lift']), ...NIGHT.slice(0, 2)],
    'staff contractor contractor_second 96333 119',
  ],
  ['no second number', { ...RESCUE, lines: ['1'] }, NIGHT, 'contractor 96333 119'],
  ['no contractor at all', { ...RESCUE, contractor: null }, NIGHT, '96333 119'],
] as const)
  t.test(`the chain: ${name}`, async (t) => {
    const here = trapped(staff, rescue)
    here.passes(30 * MIN)
    const called = here.events.flatMap((event) => (event.type === 'task.called' ? [event.step] : []))
    t.equal(called.join(' '), steps)
  })

t.test('accepted, the chain stops; only who is certified, or the contractor, holds the rescue', async (t) => {
  const here = trapped()
  t.equal(here.does(MIN, 'accept', 'rescue', 'T2'), 'not_certified')
  t.equal(here.does(MIN, 'arrive', 'rescue', 'T2'), 'not_certified')
  t.equal(here.does(MIN, 'accept', 'rescue', 'G1'), 'not_certified', 'help from outside is not asked yet')
  t.equal(here.does(5 * MIN, 'accept', 'rescue', 'LC'), 'done')
  t.equal(here.does(5 * MIN, 'accept', 'rescue', 'LC'), 'already_accepted')
  here.passes(20 * MIN)
  t.equal(here.told('called'), 'rescue contractor@0, rescue contractor_second@3')
  t.equal(here.does(25 * MIN, 'arrive', 'rescue', 'LC'), 'done')
  here.passes(40 * MIN)
  t.notMatch(here.told('missed'), 'rescue arrive')
})

t.test('help from outside is dialled, and taken in the name of who dialled', async (t) => {
  const here = trapped()
  t.equal(here.does(7 * MIN, 'dial', 'rescue', 'G1', { step: '96333' }), 'done')
  t.equal(here.does(8 * MIN, 'accept', 'rescue', 'T2'), 'not_certified')
  t.equal(here.does(8 * MIN, 'accept', 'rescue', 'G1'), 'done')
  here.passes(20 * MIN)
  t.notMatch(here.told('called'), '119')
})

t.test('whoever speaks with them speaks again within ten minutes, until they are out', async (t) => {
  const here = trapped()
  t.equal(here.does(2 * MIN, 'contact', 'comfort', 'G1'), 'done')
  here.passes(11 * MIN)
  t.notMatch(here.told('missed'), 'contact')
  here.passes(12 * MIN)
  t.match(here.told('missed'), 'comfort contact@12')
  t.equal(here.does(13 * MIN, 'contact', 'comfort', 'T2'), 'done', 'whoever does it')
  t.equal(here.does(20 * MIN, 'arrive', 'on_site', 'T2'), 'done')
  t.equal(here.does(21 * MIN, 'out', 'rescue', 'LC'), 'done')
  t.equal(here.told('ended'), 'comfort@21, on_site@21, rescue@21')
  here.passes(90 * MIN)
  t.notMatch(here.told('missed'), 'contact@23')
  t.equal(here.does(91 * MIN, 'contact', 'comfort', 'G1'), 'unknown_task')
})

t.test('an order that ends, for whatever reason, ends its tasks; one of another kind has none', async (t) => {
  const here = trapped()
  here.says<'order.closed'>(MIN, { type: 'order.closed', order: 'W1', by: 'PM', how: 'false_alarm' })
  t.equal(here.told('ended'), 'comfort@1, on_site@1, rescue@1')
  const other = told(alarmPlan([rule('L', { class: 'P0' })]), taskStage)
  other.says<'order.opened'>(0, {
    type: 'order.opened',
    order: 'W1',
    incident: 'L',
    alarm: 'A1',
    rule: 'L/hi',
    asset: 'L',
    class: 'P0',
    skill: 'lift',
    region: 'north',
    closesItself: false,
  })
  t.equal(other.events.length, 1)
})

t.test('an alarm button: a minute to answer, and whoever answers has done it', async (t) => {
  const here = told(
    { ...alarmPlan([rule('L', { class: 'P2', intercom: true })]), staff: NIGHT, rescue: RESCUE },
    taskStage,
  )
  here.says<'order.opened'>(0, { ...OPENED, class: 'P2' })
  t.match(here.newest('task.opened'), { kind: 'intercom', to: 'G1', dueAt: 60_000 })
  here.passes(61)
  here.passes(120)
  t.strictSame(
    here.events.flatMap((event) => (event.type === 'task.missed' ? [[event.clock, event.at]] : [])),
    [['contact', 60_000]],
    'said once',
  )
  t.equal(here.does(121, { type: 'task.arrive', task: 'W1-intercom', by: 'G1' }), 'wrong_state')
  t.equal(here.does(122, { type: 'task.contact', task: 'W1-intercom', by: 'T2' }), 'done', 'late is better than never')
  t.match(here.newest('task.ended'), { how: 'answered', by: 'T2' })
})

t.test(
  'every car is called: the first in five minutes, all in ten, whether the task was accepted or not',
  async (t) => {
    const watch = { kind: 'lost-lifts', lifts: ['L', 'M'], count: 2, withinMs: 60_000 } as const
    const plan = { ...alarmPlan([rule('L', { class: 'P0', watch })]), staff: NIGHT, rescue: RESCUE }
    const open = (accepts: boolean) => {
      const here = told(plan, taskStage)
      here.says<'order.opened'>(0, OPENED)
      for (const asset of ['L', 'M'])
        here.says<'order.line_added'>(0, {
          ...OPENED,
          type: 'order.line_added',
          asset,
          device: asset,
          likely: false,
          since: 0,
        })
      if (accepts) here.does(60, { type: 'task.accept', task: 'W1-call_cars', by: 'G1' })
      return here
    }
    for (const accepts of [false, true]) {
      const here = open(accepts)
      here.passes(5 * MIN)
      here.restarts()
      here.passes(11 * MIN)
      t.strictSame(
        here.events.flatMap((event) => (event.type === 'task.missed' ? [`${event.clock}@${event.at / 60_000}`] : [])),
        ['contact@5', 'all_cars@10'],
        accepts ? 'accepted, and nobody called' : 'nobody accepted',
      )
    }
    const here = open(true)
    t.equal(here.does(2 * MIN, { type: 'task.contact', task: 'W1-call_cars', by: 'G1', asset: 'X' }), 'unknown_asset')
    t.equal(here.does(3 * MIN, { type: 'task.contact', task: 'W1-call_cars', by: 'G1', asset: 'M' }), 'done')
    t.equal(here.newest('task.ended'), undefined)
    t.equal(here.does(4 * MIN, { type: 'task.contact', task: 'W1-call_cars', by: 'G1', asset: 'L' }), 'done')
    t.match(here.newest('task.ended'), { how: 'answered' })
  },
)

t.test('homes without water for a day are brought some, once; not where it came back', async (t) => {
  const DAY = 24 * 60 * MIN
  const begin = () => {
    const here = told({ ...alarmPlan([rule('P')]), staff: [...NIGHT, person('S1', 'steward')] }, taskStage)
    here.says<'order.opened'>(0, { ...OPENED, asset: 'P', rule: 'P/hi', class: 'P1' })
    const about = { notice: 'N1', order: 'W1', alarm: 'A1', rule: 'P/hi', asset: 'P', homes: ['h'] } as const
    here.says<'notice.drafted'>(0, { type: 'notice.drafted', kind: 'water-off', class: 'P1', ...about })
    return here
  }
  const dry = begin()
  dry.passes(DAY - 1)
  t.equal(dry.newest('task.opened'), undefined)
  dry.restarts()
  dry.passes(DAY + 2 * 60 * MIN)
  t.strictSame(
    dry.events.flatMap((event) =>
      event.type === 'task.opened' ? [[event.kind, event.to, event.at, event.dueAt]] : [],
    ),
    [['supply', 'S1', DAY * 1_000, (DAY + 60 * MIN) * 1_000]],
  )
  t.match(dry.newest('task.missed'), { clock: 'done' })
  t.equal(dry.does(DAY + 3 * 60 * MIN, { type: 'task.done', task: 'W1-supply', by: 'S1' }), 'done')
  dry.passes(3 * DAY)
  t.equal(dry.events.filter(({ type }) => type === 'task.opened').length, 1)

  const back = begin()
  back.says<'notice.monitoring'>(DAY - 60, { type: 'notice.monitoring', notice: 'N1', since: 0 })
  back.passes(DAY + 60)
  t.equal(back.newest('task.opened'), undefined, 'it was back')
  back.says<'notice.resumed'>(DAY + 120, { type: 'notice.resumed', notice: 'N1' })
  back.passes(DAY + 121)
  t.match(back.newest('task.opened'), { kind: 'supply' }, 'it was never really back')
  back.says<'notice.monitoring'>(DAY + 300, { type: 'notice.monitoring', notice: 'N1', since: 0 })
  t.match(back.newest('task.ended'), { how: 'over' })
})

t.test('outside cities whoever frees people has an hour to come', async (t) => {
  const here = trapped(NIGHT, { ...RESCUE, isOutsideCities: true })
  const tasks = here.events.filter((event) => event.type === 'task.opened')
  t.equal(tasks.find(({ kind }) => kind === 'rescue')?.dueAt, 60 * MIN * 1_000)
  const facts: OrderFacts = {
    class: 'P0',
    startedAt: 0,
    acceptedAt: 0,
    arrivedAt: 60_000,
    rescuerAt: null,
    restoredAt: null,
    toldAt: null,
    pauses: [],
  }
  for (const [isOutsideCities, levels] of [
    [false, [30, 45]],
    [true, [60, 75]],
  ] as const) {
    const clocks = new OrderClocks('Asia/Shanghai', { isOutsideCities })
    t.strictSame(
      ([2, 3] as const).map((level) => clocks.levelAt(facts, level)!.at / 60_000),
      levels,
      `levels 2 and 3, ${isOutsideCities ? 'outside cities' : 'in a city'}`,
    )
  }
})
