import t from 'tap'
import { compileCondition } from '#devices/expression.ts'
import type { Reading, Value } from '#devices/reading.ts'
import type { Command, CommandBody } from '#rules/command.ts'
import { isAllowed, isHeld, judgeWhen } from '#rules/control/allowed.ts'
import { AssetTree } from '#rules/asset-tree.ts'
import { coreOf } from '#rules/core.ts'
import type { Event, EventOf, EventType } from '#rules/event.ts'
import type { Asset, Control, Person, Plan, Rule } from '#rules/plan.ts'

const S = 1_000
const always = [{ from: 0, to: 1_440 }]
const staff: readonly Person[] = [
  { id: 'T1', role: 'technician', regions: ['north'], skills: ['water'], duty: always },
  { id: 'T2', role: 'technician', regions: ['north'], skills: ['water'], duty: always },
  { id: 'CH', role: 'chief', regions: ['north'], skills: [], duty: always },
]

/** The mains feed a panel; pump P stands on a skid with pump Q; X is fed by the same mains and has nothing to do with P. */
const ASSETS: readonly Asset[] = [
  asset('MAINS'),
  asset('PANEL', { fedBy: ['MAINS'] }),
  asset('SITE'),
  asset('SKID', { parent: 'SITE' }),
  asset('P', { parent: 'SKID', fedBy: ['PANEL'], room: 'PR1' }),
  asset('Q', { parent: 'SKID', room: 'PR1' }),
  asset('SEAL', { parent: 'P' }),
  asset('X', { fedBy: ['MAINS'] }),
]

function asset(id: string, more: Partial<Asset> = {}): Asset {
  return { id, name: id, kind: 'pump-set', room: id, region: 'north', homes: [], ...more }
}

const RULES = ASSETS.map(({ id }): Rule => ({
  id: `${id}/hot.hi`,
  device: id,
  asset: id,
  name: id,
  watch: { kind: 'limit', point: 'hot', side: 'hi', limit: 10, deadband: 0 },
  onDelayMs: 0,
  offDelayMs: 0,
  latch: false,
  safety: false,
  priority: 'high',
  class: 'P2',
  skill: 'water',
  closesItself: false,
  validityMs: 10_000 * S,
}))
const VARIABLES = new Map([
  ['running', 'bool'],
  ['level', 'double'],
] as const)

function conditionOf(text: string) {
  const compiled = compileCondition(text, VARIABLES)
  if ('fault' in compiled) throw new Error(text)
  return compiled.condition
}

const CONTROL: Control = {
  device: 'P',
  point: 'setpoint',
  asset: 'P',
  roles: ['engineer'],
  allowed: { kind: 'number', min: 0.5, max: 0.9, step: 0.05 },
  when: [],
  validityMs: 10 * S,
  settleMs: S,
  tolerance: 0.01,
}
const PLAN: Plan = {
  site: 'x',
  timeZone: 'Asia/Shanghai',
  rules: RULES,
  assets: new Map(ASSETS.map((each) => [each.id, each])),
  staff,
  controls: [CONTROL],
  fallback: 'CH',
  channels: [],
  settings: {
    incidentWindowMs: 0,
    publishAfterMs: S,
    publishConfirmedAfterMs: S,
    allClearHoldMs: S,
    acceptWithinMs: 10_000 * S,
  },
}

type Said = Readonly<{ refused: string; params: object }> | 'done'

/** A core that is told commands, second by second; each in the name of an engineer who is T1 unless said. */
function core() {
  const flow = coreOf(PLAN)
  const events: Event[] = []
  let [batches, commands] = [0, 0]
  const does = (second: number, body: CommandBody, actor = 'engineer-1'): Said => {
    const { events: led, refusal } = flow.command({ ...body, id: `c${++commands}`, actor } as Command, second * S)
    events.push(...led)
    return refusal ?? 'done'
  }
  return {
    flow,
    events,
    does,
    of: <T extends EventType>(type: T) => events.filter((event): event is EventOf<T> => event.type === type),
    passes: (second: number) => void events.push(...flow.advance(second * S)),
    lease: (second: number, by = 'T1', actor = 'engineer-1') =>
      does(second, { type: 'control.lease', device: 'P', by, role: 'engineer' }, actor),
    write(
      second: number,
      changes: Partial<Extract<CommandBody, { type: 'control.write' }>> = {},
      actor = 'engineer-1',
    ) {
      const seen = { from: 0.5, when: 'true', condition: '' } as const
      const body = { device: 'P', point: 'setpoint', value: 0.6, by: 'T1', role: 'engineer', reason: 'peak', seen }
      return does(second, { type: 'control.write', ...body, ...changes }, actor)
    },
    settle: (second: number, request: string) =>
      does(second, { type: 'control.settle', request, outcome: 'verified', readBack: 0.6 }, 'gateway'),
    /** Somebody is on the way to an order at this asset, or has arrived; returns its number. */
    order(second: number, asset: string, steps: readonly ('accept' | 'arrive' | 'finish')[]): string {
      const at = second * S
      const batch = {
        source: 's',
        receivedAt: at,
        readings: [{ device: asset, point: 'hot', value: 99, quality: 'good', at }],
      }
      events.push(...flow.judge(batch as Parameters<typeof flow.judge>[0], ++batches))
      const { order } = events.findLast((event): event is EventOf<'order.opened'> => event.type === 'order.opened')!
      for (const step of steps) does(second, { type: `order.${step}`, order, by: 'T1' })
      return order
    },
  }
}

t.test('a write needs a lease, and is journaled with who, why, from and to before anything is sent', async (t) => {
  const site = core()
  t.match(site.write(1), { refused: 'lease_needed' })
  t.equal(site.lease(2), 'done')
  t.equal(site.write(3), 'done')
  t.match(site.of('control.requested'), [
    { device: 'P', point: 'setpoint', asset: 'P', by: 'T1', role: 'engineer', reason: 'peak', from: 0.5, to: 0.6 },
  ])
  const [{ request, actor, command }] = site.of('control.requested') as [EventOf<'control.requested'>]
  t.match({ actor, command }, { actor: 'engineer-1', command: /^c/ })
  t.match(site.write(4), { refused: 'write_pending', params: { request } })
  t.equal(site.settle(5, request), 'done')
  t.match(site.of('control.settled'), [{ request, outcome: 'verified', readBack: 0.6 }])
  t.match(site.settle(6, request), { refused: 'unknown_request' }, 'settled once')
  t.equal(site.write(7), 'done')
})

t.test('one person holds a device, until it is given back or the time is over', async (t) => {
  const site = core()
  t.equal(site.lease(0), 'done')
  t.match(site.lease(1, 'T2', 'engineer-2'), { refused: 'lease_held', params: { by: 'T1' } })
  t.match(site.write(2, { by: 'T2' }, 'engineer-2'), { refused: 'lease_held', params: { by: 'T1' } })
  t.match(site.does(2, { type: 'control.release', device: 'P', by: 'T2' }, 'engineer-2'), { refused: 'lease_needed' })
  t.equal(site.lease(200), 'done', 'the holder may keep it')
  site.passes(400)
  t.equal(site.of('control.lease_ended').length, 0)
  site.passes(501)
  t.match(site.of('control.lease_ended'), [{ device: 'P', by: 'T1', why: { code: 'expired' }, at: 500 * S }])
  t.match(site.write(502), { refused: 'lease_needed' })
  t.equal(site.lease(503, 'T2', 'engineer-2'), 'done')
  t.equal(site.does(504, { type: 'control.release', device: 'P', by: 'T2' }, 'engineer-2'), 'done')
  t.equal(site.lease(505), 'done')
})

t.test('nothing is written while somebody works at the asset, above it, below it, or at what feeds it', async (t) => {
  const table = [
    ['P', 'the asset'],
    ['SKID', 'its parent'],
    ['SITE', "its parent's parent"],
    ['PANEL', 'its feeder'],
    ['MAINS', 'the feeder of its feeder'],
    ['SEAL', 'a part of it'],
  ] as const
  for (const [where, what] of table) {
    const site = core()
    site.lease(0)
    const order = site.order(1, where, ['accept'])
    t.equal(site.write(2), 'done', `${what}: on the way is not there yet`)
    site.settle(3, site.of('control.requested')[0]!.request)
    t.equal(site.does(4, { type: 'order.arrive', order, by: 'T1' }), 'done')
    t.match(site.write(5), { refused: 'at_work', params: { order, asset: where } }, what)
    t.match(site.write(5, { by: 'CH' }), { refused: 'at_work' }, 'nor for the chief: nothing overrides it')
    t.equal(site.does(6, { type: 'order.finish', order, by: 'T1' }), 'done')
    t.equal(site.write(7), 'done', `${what}: the work is done`)
    t.equal(site.of('control.requested').length, 2)
  }
  for (const where of ['Q', 'X']) {
    const site = core()
    site.lease(0)
    site.order(1, where, ['accept', 'arrive'])
    t.equal(site.write(2), 'done', `${where} stands beside it`)
  }
  t.strictSame([...new AssetTree(PLAN.assets).related('PANEL')].toSorted(), ['MAINS', 'P', 'PANEL', 'SEAL'])
})

t.test('nothing is written past a lock, an open permit, or somebody in the room', async (t) => {
  const site = core()
  site.lease(0)
  const hang = (second: number, asset: string) =>
    site.does(second, { type: 'lockout.hang', asset, by: 'T2', reason: 'seal' })
  t.equal(hang(1, 'PANEL'), 'done')
  const [{ lockout }] = site.of('lockout.hung') as [EventOf<'lockout.hung'>]
  t.match(site.write(2), { refused: 'locked_out', params: { lockout, asset: 'PANEL', by: 'T2' } })
  const remove = (second: number, by: string, reason?: string) =>
    site.does(second, { type: 'lockout.remove', lockout, by, ...(reason === undefined ? {} : { reason }) })
  t.match(remove(3, 'T1'), { refused: 'not_lockout_owner', params: { by: 'T2' } })
  t.match(remove(3, 'CH'), { refused: 'not_lockout_owner' }, 'the chief says why')
  t.match(remove(3, 'T1', 'because'), { refused: 'not_lockout_owner' })
  t.equal(remove(4, 'CH', 'T2 has gone home and was called'), 'done')
  t.match(remove(5, 'T2'), { refused: 'unknown_lockout' })

  t.equal(site.does(6, { type: 'permit.open', asset: 'P', by: 'T2', reason: 'tank' }), 'done')
  const [{ permit }] = site.of('permit.opened') as [EventOf<'permit.opened'>]
  t.match(site.write(7), { refused: 'permit_open', params: { permit, by: 'T2' } })
  t.equal(site.does(8, { type: 'permit.close', permit, by: 'T2' }), 'done')

  const enter = (second: number, room: string) => site.does(second, { type: 'presence.enter', room, by: 'T2' })
  t.equal(enter(9, 'PR1'), 'done')
  t.match(enter(10, 'PR1'), { refused: 'already_there' })
  t.match(site.write(11), { refused: 'somebody_there', params: { room: 'PR1', by: 'T2' } })
  t.match(enter(12, 'NOWHERE'), { refused: 'unknown_room' })
  t.equal(enter(13, 'X'), 'done', 'who enters elsewhere has left')
  t.equal(site.write(14), 'done')
  t.match(site.does(15, { type: 'presence.leave', room: 'PR1', by: 'T2' }), { refused: 'not_there' })
})

t.test('what may not be written is refused, each with its reason', async (t) => {
  const seen = { from: 0.5, when: 'true', condition: '' } as const
  const table: readonly [string, Parameters<ReturnType<typeof core>['write']>[1], string][] = [
    ['a device without a control', { device: 'Q' }, 'not_writable'],
    ['a point without one', { point: 'hot' }, 'not_writable'],
    ['another role', { role: 'manager' }, 'role_not_allowed'],
    ['a stranger', { by: 'T9' }, 'unknown_person'],
    ['below', { value: 0.45 }, 'value_not_allowed'],
    ['above', { value: 0.95 }, 'value_not_allowed'],
    ['between two steps', { value: 0.62 }, 'value_not_allowed'],
    ['no number', { value: Number.NaN }, 'value_not_allowed'],
    ['a word', { value: '0.6' }, 'value_not_allowed'],
    [
      'a condition that does not hold',
      { seen: { ...seen, when: 'false', condition: 'running' } },
      'precondition_false',
    ],
    ['nobody can tell', { seen: { ...seen, when: 'unknown', condition: 'running' } }, 'precondition_unknown'],
  ]
  for (const [name, changes, refused] of table) {
    const site = core()
    site.lease(0)
    t.match(site.write(1, changes), { refused }, name)
    t.equal(site.of('control.requested').length, 0)
  }
})

t.test('six writes a minute on one device, and no more', async (t) => {
  const site = core()
  site.lease(0)
  for (let i = 1; i <= 6; i++) {
    t.equal(site.write(i), 'done')
    site.settle(i, site.of('control.requested').at(-1)!.request)
  }
  t.match(site.write(10), { refused: 'too_many_writes', params: { seconds: 51 } })
  t.equal(site.write(61), 'done')
})

t.test('what was locked, held and asked for is known after a restart', async (t) => {
  const site = core()
  site.lease(0)
  site.write(1)
  site.does(2, { type: 'lockout.hang', asset: 'P', by: 'T2', reason: 'seal' })
  site.does(2, { type: 'presence.enter', room: 'PR1', by: 'T2' })
  site.does(2, { type: 'permit.open', asset: 'X', by: 'T2', reason: 'hot work' })
  site.order(3, 'SKID', ['accept', 'arrive'])
  const [replayed, restored] = [coreOf(PLAN), coreOf(PLAN)]
  for (const event of site.events) replayed.apply(event)
  restored.restore(JSON.parse(JSON.stringify(site.flow.snapshot())))
  t.strictSame(replayed.snapshot().stages['control'], site.flow.snapshot().stages['control'])
  t.strictSame(restored.snapshot().stages['control'], site.flow.snapshot().stages['control'])
})

t.test('a condition is proven by fresh good readings alone', async (t) => {
  const now = 100 * S
  const when = ['running', 'level > 1.0'].map(conditionOf)
  const judge = (...readings: Partial<Reading>[]) => {
    const all = readings.map((reading, i): [string, Reading] => {
      const point = ['running', 'level'][i]!
      return [point, { device: 'P', point, value: null, quality: 'good', at: now, ...reading } as Reading]
    })
    return judgeWhen({ when, validityMs: 10 * S }, new Map(all), now)
  }
  t.match(judge({ value: true }, { value: 2 }), { when: 'true' })
  t.match(judge({ value: false }, { value: 2 }), { when: 'false', condition: 'running' })
  t.match(judge({ value: true }, { value: 1 }), { when: 'false', condition: 'level > 1.0' })
  t.match(judge({ value: true }), { when: 'unknown' }, 'never heard of')
  t.match(judge({ value: true }, { value: 2, at: now - 11 * S }), { when: 'unknown' }, 'stale')
  t.match(judge({ value: true }, { value: 2, quality: 'uncertain' }), { when: 'unknown' }, 'uncertain')
  t.match(judge({ value: true }, { value: null, quality: 'bad', reason: 'no_response' }), { when: 'unknown' }, 'bad')
  t.match(judge({ value: true }, { value: 2, timeQuality: 'bad' }), { when: 'unknown' }, 'without a time')
})

t.test('words, steps and roundings', async (t) => {
  const table: readonly [Value, Control['allowed'], boolean][] = [
    [true, { kind: 'one_of', values: [false, true] }, true],
    [1, { kind: 'one_of', values: [false, true] }, false],
    ['auto', { kind: 'one_of', values: ['auto'] }, true],
    ['off', { kind: 'one_of', values: ['auto'] }, false],
    [0.7, { kind: 'number', min: 0.1, max: 0.9, step: 0.1 }, true],
    [0.75, { kind: 'number', min: 0.1, max: 0.9, step: 0.1 }, false],
    [0.75, { kind: 'number', min: 0.1, max: 0.9, step: null }, true],
  ]
  for (const [value, allowed, may] of table)
    t.equal(isAllowed(value, allowed), may, `${value} of ${JSON.stringify(allowed)}`)
  t.ok(isHeld(0.65, 0.651, { tolerance: 0.002 }))
  t.notOk(isHeld(0.65, 0.66, { tolerance: 0.002 }))
  t.notOk(isHeld(true, 1, { tolerance: 5 }))
})
