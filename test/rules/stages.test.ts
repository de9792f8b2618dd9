import t from 'tap'
import fc from 'fast-check'
import { coreOf } from '#rules/core.ts'
import type { Command, CommandBody } from '#rules/command.ts'
import type { Event } from '#rules/event.ts'
import { type AlarmState, type AlarmTrigger, nextAlarmState } from '#rules/alarms/states.ts'
import { dispatch } from '#rules/orders/dispatch.ts'
import type { Asset, Person, Plan, Rule } from '#rules/plan.ts'

const S = 1_000
const always = [{ from: 0, to: 1_440 }]
const staff: Person[] = [
  { id: 'T1', role: 'technician', regions: ['north'], skills: ['water'], duty: always },
  {
    id: 'T2',
    role: 'technician',
    regions: ['north', 'south'],
    skills: ['water', 'lift'],
    duty: [{ from: 420, to: 1_140 }],
  },
  { id: 'T3', role: 'technician', regions: ['north'], skills: ['water'], duty: [{ from: 1_140, to: 1_860 }] },
  { id: 'PM', role: 'manager', regions: ['north'], skills: [], duty: always },
]
const asset = (id: string, room: string, homes: string[]): [string, Asset] => [
  id,
  { id, name: id, kind: 'pump-set', room, region: 'north', homes },
]
const rule = (id: string, changes: Partial<Rule> = {}): Rule => ({
  id: `${id}/hi`,
  device: id,
  asset: id,
  name: id,
  watch: { kind: 'limit', point: 'v', side: 'hi', limit: 10, deadband: 0 },
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
})
const plan: Plan = {
  site: 'x',
  timeZone: 'Asia/Shanghai',
  rules: [rule('A'), rule('B'), rule('L', { latch: true }), rule('K', { closesItself: true })],
  assets: new Map([
    asset('A', 'R', ['h1', 'h2']),
    asset('B', 'R', ['h2', 'h3']),
    asset('L', 'RL', ['h4']),
    asset('K', 'RK', []),
  ]),
  staff,
  fallback: 'PM',
  channels: ['screen'],
  settings: {
    incidentWindowMs: 600 * S,
    publishAfterMs: 100 * S,
    publishConfirmedAfterMs: 50 * S,
    allClearHoldMs: 60 * S,
    acceptWithinMs: 30 * S,
  },
}

/** A core that is told values and commands, second by second. */
function told() {
  const flow = coreOf(plan)
  const events: Event[] = []
  let [batches, commands] = [0, 0]
  return {
    events,
    says(second: number, device: string, value: number) {
      const at = second * S
      events.push(
        ...flow.judge(
          { source: 's', receivedAt: at, readings: [{ device, point: 'v', value, quality: 'good', at }] },
          ++batches,
        ),
      )
    },
    does(second: number, body: CommandBody): string {
      const answer = flow.command({ ...body, id: `c${++commands}`, actor: 'x' } as Command, second * S)
      events.push(...answer.events)
      return answer.refusal?.refused ?? 'done'
    },
    passes(second: number) {
      events.push(...flow.advance(second * S))
    },
    of: (prefix: string) =>
      events
        .filter(({ type }) => type.startsWith(prefix))
        .map(({ type, at }) => `${type.slice(prefix.length)}@${at / S}`)
        .join(' '),
  }
}

t.test('every state and trigger of an alarm, latching or not', async (t) => {
  // Rows: state. Columns: occur, clear, acknowledge, reset. `-`: nothing.
  const table: Record<'plain' | 'latching', Record<Exclude<AlarmState, 'normal'>, string>> = {
    plain: {
      unacknowledged: '- returned acknowledged -',
      acknowledged: '- normal - -',
      returned: 'unacknowledged - normal -',
      latched: 'unacknowledged - latched_acknowledged -',
      latched_acknowledged: 'unacknowledged - - normal',
    },
    latching: {
      unacknowledged: '- latched acknowledged -',
      acknowledged: '- latched_acknowledged - -',
      returned: 'unacknowledged - normal -',
      latched: 'unacknowledged - latched_acknowledged -',
      latched_acknowledged: 'unacknowledged - - normal',
    },
  }
  const triggers: AlarmTrigger[] = ['occur', 'clear', 'acknowledge', 'reset']
  for (const kind of ['plain', 'latching'] as const) {
    for (const [state, row] of Object.entries(table[kind])) {
      const found = triggers
        .map((trigger) => nextAlarmState(state as AlarmState, trigger, kind === 'latching') ?? '-')
        .join(' ')
      t.equal(found, row, `${kind}, ${state}`)
    }
  }
  for (const trigger of triggers) t.equal(nextAlarmState('normal', trigger, true), null)
})

t.test('dispatch: region, skill, duty, least load, id; then the fallback', async (t) => {
  const day = Date.UTC(2026, 0, 5, 4) // noon in Shanghai
  const night = Date.UTC(2026, 0, 5, 17) // one o'clock at night there
  const table: [
    name: string,
    skill: string,
    region: string,
    passedOver: string[],
    load: Record<string, number>,
    at: number,
    assignee: string,
    code: string,
  ][] = [
    ['the id decides between equals', 'water', 'north', [], {}, day, 'T1', 'least_load'],
    ['the least load first', 'water', 'north', [], { T1: 2, T2: 1 }, day, 'T2', 'least_load'],
    ['duty past midnight', 'water', 'north', [], { T1: 1 }, night, 'T3', 'least_load'],
    ['who let it lie comes last', 'water', 'north', ['T1'], {}, day, 'T2', 'least_load'],
    ['all let it lie', 'water', 'north', ['T1', 'T2'], {}, day, 'PM', 'nobody_accepted'],
    ['another region', 'water', 'south', [], {}, day, 'T2', 'least_load'],
    ['nobody on duty', 'lift', 'north', [], {}, night, 'PM', 'nobody_on_duty'],
    ['nobody can', 'gas', 'north', [], {}, day, 'PM', 'nobody_on_duty'],
  ]
  for (const [name, skill, region, passedOver, load, at, assignee, code] of table) {
    const found = dispatch(plan, { skill, region, passedOver }, (person) => load[person] ?? 0, at)
    t.same([found.assignee, found.why.code], [assignee, code], name)
  }
})

t.test('an order walks its way, and no other', async (t) => {
  const site = told()
  site.says(0, 'A', 12)
  const [order, alarm] = ['W3', 'A2']
  t.equal(site.of('order.'), 'opened@0 dispatched@0')
  const steps: [second: number, body: CommandBody, answer: string][] = [
    [1, { type: 'order.arrive', order, by: 'T1' }, 'wrong_state'],
    [1, { type: 'order.accept', order, by: 'nobody' }, 'unknown_person'],
    [1, { type: 'order.accept', order: 'W9', by: 'T1' }, 'unknown_order'],
    [2, { type: 'order.accept', order, by: 'T1' }, 'done'],
    [3, { type: 'order.accept', order, by: 'T2' }, 'already_accepted'],
    [3, { type: 'alarm.acknowledge', alarm, by: 'T1' }, 'already_acknowledged'],
    [4, { type: 'order.arrive', order, by: 'T2' }, 'not_assignee'],
    [4, { type: 'order.arrive', order, by: 'T1' }, 'done'],
    [5, { type: 'order.finish', order, by: 'T1' }, 'done'],
    [6, { type: 'order.close', order, by: 'T1' }, 'source_still_active'],
  ]
  for (const [second, body, answer] of steps) t.equal(site.does(second, body), answer, `${body.type} at ${second}`)
  site.says(10, 'A', 5)
  t.equal(site.does(11, { type: 'order.close', order, by: 'T1' }), 'done')
  t.equal(site.of('order.'), 'opened@0 dispatched@0 accepted@2 arrived@4 finished@5 verified@10 closed@11')
})

t.test('an order nobody accepts goes on to the next, and rests with the fallback', async (t) => {
  const site = told()
  site.says(0, 'A', 12)
  site.passes(500)
  const assignees = site.events.flatMap((event) =>
    event.type === 'order.dispatched' ? [`${event.assignee}@${event.at / S}`] : [],
  )
  t.equal(assignees.at(-1), `PM@${(assignees.length - 1) * 30}`)
  t.equal(new Set(assignees.map((text) => text.split('@')[0])).size, assignees.length, 'nobody twice')
})

t.test('what occurs again has an open order again, and residents are told again', async (t) => {
  const bin = told()
  bin.says(0, 'K', 12)
  bin.says(10, 'K', 5)
  t.equal(bin.of('order.'), 'opened@0 dispatched@0 verified@10 closed@10', 'closes itself')
  bin.says(20, 'K', 12)
  t.equal(bin.of('alarm.'), 'raised@0 cleared@10 reoccurred@20', 'nobody acknowledged it')
  t.equal(bin.of('order.'), 'opened@0 dispatched@0 verified@10 closed@10 opened@20 dispatched@20')
  const pump = told()
  pump.says(0, 'L', 12)
  pump.passes(20)
  pump.does(21, { type: 'notice.confirm', notice: 'N5', by: 'PM' })
  pump.says(30, 'L', 5)
  pump.passes(200)
  pump.says(300, 'L', 12)
  pump.passes(500)
  t.equal(
    pump.of('notice.'),
    'drafted@0 published@21 monitoring@30 all_clear@90 drafted@300 published@400',
    'a latched alarm, the same order',
  )
})

t.test('a rule never has two open orders, whatever else stands open in its room', async (t) => {
  const site = told()
  site.says(0, 'A', 12)
  site.passes(601)
  site.says(700, 'B', 12) // past the window: an order of its own
  const [a, b] = site.events.flatMap((event) => (event.type === 'order.opened' ? [event.order] : []))
  t.not(a, b)
  site.does(701, { type: 'order.accept', order: b!, by: 'T1' })
  site.says(710, 'B', 5)
  site.says(720, 'B', 12)
  const joined = site.events.findLast((event) => event.type === 'order.joined')
  t.equal(joined?.type === 'order.joined' && joined.order, b)
})

t.test('whatever two assets of one room do, told start is told end, to exactly those homes', async () => {
  const step = fc.record({
    pause: fc.integer({ min: 1, max: 90 }),
    device: fc.constantFrom('A', 'B', 'L'),
    value: fc.constantFrom(5, 12),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 40 }), (steps) => {
      const site = told()
      let second = 0
      for (const { pause, device, value } of steps) site.says((second += pause), device, value)
      for (const device of ['A', 'B', 'L']) site.says((second += 1), device, 5)
      site.passes(second + 61)
      const toldOf = new Map<string, string[]>()
      for (const event of site.events) {
        if (event.type === 'notice.published') toldOf.set(event.notice, [...event.homes])
        if (event.type === 'notice.extended') toldOf.get(event.notice)!.push(...event.homes)
        if (event.type !== 'notice.all_clear') continue
        const homes = toldOf.get(event.notice)!
        if (new Set(homes).size !== homes.length || homes.toSorted().join() !== event.homes.toSorted().join())
          return false
        toldOf.delete(event.notice)
      }
      return toldOf.size === 0
    }),
    { seed: 5, numRuns: 300 },
  )
})
