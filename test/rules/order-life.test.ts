import t from 'tap'
import type { OrderClass } from '#devices/alarm-definition.ts'
import type { CommandBody } from '#rules/command.ts'
import type { BodyOf } from '#rules/event.ts'
import { checklistOf } from '#rules/orders/checklist.ts'
import { orderStage } from '#rules/orders/orders.ts'
import type { Procedure } from '#rules/orders/procedure.ts'
import { ENDED, IS_AT_WORK, ORDER_TRANSITIONS, type OrderState } from '#rules/orders/states.ts'
import type { Plan, Rule } from '#rules/plan.ts'
import { alarmPlan, rule, told } from './alarm-site.ts'

const DAY = 86_400
const MINUTE = 60
const duty = [{ from: 0, to: 1_440 }]

/** Two pump sets with an alarm each; P1 shows its repair by something else. */
function planOf(ofClass: OrderClass, orders: Procedure, changes: Partial<Rule> = {}): Plan {
  const response = { 'zh-CN': '1. 断电；2. 检查', en: 'Cut the power; look at 2.5 bar' }
  const rules = [
    rule('A', { class: ofClass, response, ...changes }),
    rule('B', { class: ofClass }),
    rule('P', { id: 'A/hi.shown', asset: 'A', mode: 'proof' }),
  ]
  const plan = alarmPlan(rules)
  return {
    ...plan,
    staff: [
      ...plan.staff,
      { id: 'T2', role: 'technician', regions: ['north'], skills: ['water'], duty },
      { id: 'CE', role: 'chief', regions: ['north'], skills: [], duty },
      { id: 'S1', role: 'steward', regions: ['north'], skills: [], duty },
    ],
    settings: { ...plan.settings, orders },
  }
}

function site(ofClass: OrderClass, orders: Procedure = {}, changes: Partial<Rule> = {}) {
  const here = told(planOf(ofClass, orders, changes), orderStage)
  const became = (second: number, id: string, state: 'true' | 'false' | 'unknown') => {
    const [device = ''] = id.split('/')
    const evidence = { at: second * 1_000 }
    here.says<'condition.became'>(second, {
      type: 'condition.became',
      rule: id,
      device,
      asset: device,
      state,
      since: second * 1_000,
      evidence,
    })
  }
  const raised = (second: number, device: string) => {
    became(second, `${device}/hi`, 'true')
    const what = { device, asset: device, priority: 'high', class: ofClass, latch: false, safety: false } as const
    const body: BodyOf<'alarm.raised'> = {
      type: 'alarm.raised',
      alarm: `A-${device}`,
      rule: `${device}/hi`,
      ...what,
      occurredAt: second * 1_000,
      evidence: { at: 0 },
    }
    here.says<'alarm.raised'>(second, body)
  }
  raised(0, 'A')
  const { order } = here.newest('order.opened')!
  return {
    ...here,
    became,
    raised,
    order,
    plain: (second: number, body: CommandBody) => here.does(second, body),
    /** `accept T1` */
    does: (second: number, step: string, by: string, more: object = {}) =>
      here.does(second, { type: `order.${step}`, order, by, ...more } as CommandBody),
    /** What happened to the order, each with its second. */
    told: () =>
      here.events
        .filter((event) => event.type.startsWith('order.') && 'order' in event && event.order === order)
        .map(({ type, at }) => `${type.slice(6)}@${at / 1_000}`)
        .join(' '),
  }
}

/** The steps that lead to a repaired order, done by T1. */
function repaired(here: ReturnType<typeof site>, second: number) {
  for (const step of ['accept', 'depart', 'arrive', 'start', 'finish'])
    t.equal(here.does(second, step, 'T1'), 'done', step)
}

t.test(
  'the table of states: every way out leads somewhere, ends are ends, and somebody at work keeps switches off',
  async (t) => {
    for (const [state, ways] of Object.entries(ORDER_TRANSITIONS))
      for (const [trigger, to] of Object.entries(ways)) t.ok(to in ORDER_TRANSITIONS, `${state} ${trigger} ${to}`)
    t.strictSame(
      Object.keys(ORDER_TRANSITIONS).filter((state) => IS_AT_WORK[state as OrderState]),
      ['arrived', 'working'],
    )
    for (const state of ENDED)
      t.ok(
        Object.keys(ORDER_TRANSITIONS[state]).every((trigger) => ['reopen', 'report'].includes(trigger)),
        state,
      )
  },
)

t.test('the whole way: on the way, there, at work, done, told, verified, closed', async (t) => {
  const here = site('P2')
  repaired(here, 10)
  t.equal(here.does(20, 'report', 'T1', { finding: 'seal', parts: [{ name: 'seal', count: 1 }], minutes: 35 }), 'done')
  here.became(30, 'A/hi', 'false')
  t.equal(here.does(40, 'close', 'T1'), 'done', 'a site that asks for no more')
  t.equal(
    here.told(),
    'opened@0 dispatched@0 accepted@10 departed@10 arrived@10 started@10 finished@10 reported@20 verified@30 closed@40',
  )
})

t.test(
  'commands out of order are answered with the state, and those that come after the end with the end',
  async (t) => {
    const here = site('P2')
    t.equal(here.does(1, 'arrive', 'PM'), 'wrong_state', 'not accepted yet')
    t.equal(here.does(1, 'arrive', 'T2'), 'not_assignee')
    t.equal(here.does(2, 'accept', 'T1'), 'done')
    t.equal(here.does(3, 'accept', 'T2'), 'already_accepted')
    t.equal(here.does(4, 'finish', 'T1'), 'wrong_state', 'a phone that lost the arrival')
    t.equal(here.does(5, 'cancel', 'T1', { reason: 'x' }), 'needs_supervisor')
    t.equal(here.does(5, 'cancel', 'CE', { reason: 'x' }), 'done')
    t.equal(here.does(6, 'arrive', 'T1'), 'order_ended')
    t.equal(here.does(6, 'nothing', 'T1'), 'order_ended')
    t.match(here.newest('order.closed'), { how: 'cancelled', by: 'CE' })
  },
)

t.test('whoever arrives has read the tag of the asset, or a supervisor answers for it', async (t) => {
  const scan = (asset: string) => ({ scan: { asset, via: 'qr' } })
  for (const [name, more, answer] of [
    ['no tag', {}, 'scan_needed'],
    ['the tag of another asset', scan('B'), 'wrong_tag'],
    ['its tag', scan('A'), 'done'],
    ['a colleague answers', { approver: 'T2', reason: 'tag torn off' }, 'needs_supervisor'],
    ['a supervisor answers, and says nothing', { approver: 'CE' }, 'scan_needed'],
    ['a supervisor answers', { approver: 'CE', reason: 'tag torn off' }, 'done'],
  ] as const) {
    const here = site('P2', { arrival: 'scan' })
    here.does(1, 'accept', 'T1')
    t.equal(here.does(2, 'arrive', 'T1', more), answer, name)
    if (answer === 'done') t.match(here.newest('order.arrived'), { by: 'T1', ...more })
  }
})

t.test('photos by class stand before the end of the work', async (t) => {
  const photo = 'f'.repeat(64)
  const here = site('P2', { photos: 'by_class' })
  for (const step of ['accept', 'arrive']) here.does(1, step, 'T1')
  t.equal(here.does(2, 'finish', 'T1'), 'photo_missing')
  t.equal(here.does(2, 'photo', 'T2', { photo, kind: 'before' }), 'done', 'whoever is there may take one')
  here.restarts()
  t.equal(here.does(3, 'finish', 'T1'), 'photo_missing')
  t.equal(here.does(3, 'photo', 'T1', { photo, kind: 'after' }), 'done')
  t.equal(here.does(4, 'finish', 'T1'), 'done')
  const freed = site('P0', { photos: 'by_class' })
  for (const step of ['accept', 'arrive']) freed.does(1, step, 'T1')
  t.equal(freed.does(2, 'finish', 'T1'), 'done', 'nobody waits for a picture of a person who is trapped')
})

t.test('the steps of the response are ticked one by one', async (t) => {
  t.strictSame(checklistOf({ 'zh-CN': '1. 断电；2. 检查', en: 'Cut the power; look at 2.5 bar' }), [
    { 'zh-CN': '断电', en: 'Cut the power' },
    { 'zh-CN': '检查', en: 'look at 2.5 bar' },
  ])
  t.equal(checklistOf({ 'zh-CN': '一步', en: 'One. Two.' }).length, 1, 'languages that do not agree')
  t.strictSame(checklistOf('Close valve 3.\n- Drain.'), ['Close valve 3', 'Drain'])
  const here = site('P2')
  here.does(1, 'accept', 'T1')
  t.equal(here.does(2, 'tick', 'T1', { rule: 'A/hi', item: 1, done: true }), 'done')
  t.equal(here.does(2, 'tick', 'T1', { rule: 'A/hi', item: 2, done: true }), 'unknown_step')
  t.equal(here.does(2, 'tick', 'T1', { rule: 'B/hi', item: 0, done: true }), 'unknown_step')
})

t.test('normal for ten minutes, and shown to work, before the readings verify it', async (t) => {
  const verify = { normalMs: 600_000, proofs: ['A/hi.shown'] }
  const here = site('P2', { verify: 'by_profile' }, { verify })
  repaired(here, 10)
  here.became(100, 'A/hi', 'false')
  here.became(200, 'A/hi.shown', 'true')
  here.passes(650)
  t.notMatch(here.told(), 'verified', 'not yet ten minutes')
  here.became(660, 'A/hi', 'true')
  here.became(700, 'A/hi', 'false')
  here.restarts()
  here.passes(1_299)
  t.notMatch(here.told(), 'verified', 'the ten minutes began anew')
  here.became(1_250, 'A/hi.shown', 'false')
  here.passes(1_400)
  t.notMatch(here.told(), 'verified', 'normal for long enough, and not shown')
  here.became(1_500, 'A/hi.shown', 'true')
  t.match(here.told(), /verified@1500$/)
  here.became(1_600, 'A/hi', 'true')
  t.match(here.told(), /unverified@1600$/)
})

t.test('a bin closes on its readings alone; communication when it was heard for three periods', async (t) => {
  const bin = site('P3', {}, { closesItself: true })
  bin.became(10, 'A/hi', 'false')
  t.equal(bin.told(), 'opened@0 dispatched@0 verified@10 closed@10')
  const offline = site('P8a', { verify: 'by_profile' }, { closesItself: true, verify: { normalMs: 30_000 } })
  offline.became(10, 'A/hi', 'false')
  offline.passes(39)
  t.equal(offline.told(), 'opened@0 dispatched@0')
  offline.passes(40)
  t.equal(offline.told(), 'opened@0 dispatched@0 verified@40 closed@40')
})

t.test('by class: a call-back by somebody else, or three days without objection', async (t) => {
  const grave = site('P1', { closing: 'by_class' })
  repaired(grave, 10)
  grave.became(20, 'A/hi', 'false')
  t.equal(grave.does(30, 'close', 'T1'), 'call_back_owed')
  t.equal(grave.does(30, 'call_back', 'T1', { reached: true, solved: true }), 'second_person')
  t.equal(grave.does(40, 'call_back', 'S1', { reached: false }), 'done')
  t.equal(grave.does(50, 'close', 'PM'), 'call_back_owed', 'nobody was reached')
  t.equal(grave.does(60, 'call_back', 'S1', { reached: true, solved: true }), 'done')
  t.match(grave.told(), /called_back@60 closed@60$/)

  const early = site('P1', { closing: 'by_class' })
  const solved = { reached: true, solved: true }
  t.equal(early.does(1, 'call_back', 'S1', solved), 'wrong_state', 'nothing was repaired that could be solved')
  repaired(early, 10)
  early.does(15, 'call_back', 'S1', { reached: true, solved: true })
  t.notMatch(early.told(), 'closed', 'a word does not replace the readings')
  early.became(20, 'A/hi', 'false')
  t.match(early.told(), /verified@20 closed@20$/)

  const plain = site('P3', { closing: 'by_class' })
  repaired(plain, 10)
  plain.became(20, 'A/hi', 'false')
  t.equal(plain.does(30, 'close', 'T1'), 'waits_for_objection')
  plain.restarts()
  plain.passes(20 + 3 * DAY - 1)
  t.notMatch(plain.told(), 'closed')
  plain.passes(20 + 3 * DAY)
  t.match(plain.newest('order.closed'), { how: 'no_objection', by: 'caretaker' })
})

t.test('not solved within seven days: the same number, its history, and somebody new', async (t) => {
  const here = site('P2')
  repaired(here, 10)
  here.became(20, 'A/hi', 'false')
  here.does(30, 'close', 'T1')
  t.equal(here.does(40, 'rate', 'S1', { stars: 2 }), 'done')
  here.restarts()
  t.equal(here.does(6 * DAY, 'call_back', 'S1', { reached: true, solved: false }), 'done')
  t.match(here.newest('order.reopened'), {
    order: here.order,
    by: 'S1',
    reason: 'not_solved',
    was: { class: 'P2', assets: ['A'] },
  })
  t.match(here.told(), /called_back@518400 reopened@518400 dispatched@518400$/)
  repaired(here, 6 * DAY + 10)
  t.match(here.told(), /finished@518410 verified@518410$/, 'its source is quiet all along')
  here.does(6 * DAY + 20, 'close', 'T1')
  t.equal(here.does(14 * DAY, 'reopen', 'S1', { reason: 'again' }), 'too_late')
  t.equal(here.does(14 * DAY, 'rate', 'S1', { stars: 1 }), 'too_late')
})

t.test('a false alarm takes two people and a proof; it may end what the sensor still says', async (t) => {
  const here = site('P0')
  const said = { proof: 'voice', reason: 'spoke with the car: empty' }
  const agrees = (by: string, actor = by) => here.does(1, 'approve_false', by, { actor })
  t.equal(agrees('CE'), 'wrong_state', 'nobody said so yet')
  t.equal(here.does(1, 'find_false', 'CE', { ...said, actor: 'CE' }), 'done')
  t.notMatch(here.told(), 'closed', 'one person ends nothing')
  t.equal(agrees('CE'), 'second_person')
  t.equal(agrees('PM', 'CE'), 'second_person', 'another name at the same account is the same person')
  t.equal(agrees('T2'), 'needs_supervisor')
  here.restarts()
  t.equal(agrees('PM'), 'done')
  t.match(here.newest('order.false_alarm'), { by: 'CE', approver: 'PM', ...said })
  t.match(here.told(), /false_alarm_found@1 false_alarm@1 closed@1$/)

  const joined = site('P2')
  joined.raised(1, 'B')
  const into = joined.newest('order.opened')!.order
  const found = { type: 'order.find_false', order: into, by: 'T1', proof: 'camera', reason: 'nothing to see' } as const
  t.equal(joined.plain(2, found), 'done')
  t.equal(joined.does(3, 'merge', 'CE', { into }), 'done')
  const agreed = { type: 'order.approve_false', order: into, by: 'CE' } as const
  t.equal(joined.plain(4, agreed), 'wrong_state', 'it was not said of the alarm that joined')
})

t.test('two orders become one: it answers for both alarms, and does not close while either stands', async (t) => {
  const here = site('P2')
  here.raised(1, 'B')
  const into = here.newest('order.opened')!.order
  t.not(into, here.order)
  t.equal(here.does(2, 'merge', 'CE', { into: here.order }), 'unknown_order', 'into itself')
  t.equal(here.does(2, 'merge', 'CE', { into }), 'done')
  t.match(here.newest('order.joined'), { order: into, alarm: 'A-A', asset: 'A' })
  t.match(here.told(), /merged@2 closed@2$/)
  for (const type of ['order.accept', 'order.arrive', 'order.finish'] as const)
    t.equal(here.plain(3, { type, order: into, by: 'T2' }), 'done')
  here.became(4, 'B/hi', 'false')
  t.equal(here.plain(5, { type: 'order.close', order: into, by: 'T2' }), 'source_still_active')
  here.became(6, 'A/hi', 'false')
  t.equal(here.plain(7, { type: 'order.close', order: into, by: 'T2' }), 'done')
  const grave = site('P0')
  grave.raised(1, 'B')
  t.equal(grave.does(2, 'merge', 'CE', { into: grave.newest('order.opened')!.order }), 'never_grouped')
})

t.test('an order that is over waits for nothing', async (t) => {
  const here = site('P3', { closing: 'by_class' })
  repaired(here, 10)
  here.became(20, 'A/hi', 'unknown')
  here.passes(20 + 4 * DAY)
  t.notMatch(here.told(), 'closed', 'nobody can tell')
  here.became(20 + 4 * DAY + MINUTE, 'A/hi', 'false')
  t.match(here.told(), /verified/)
})
