/**
 * Story 4, cleaning the tank of PR2's high zone on Thursday from 14:00 to 16:00: planned, told, recalled, overrun and done,
 * to the minute.
 *
 * Not played here: the date of the next cleaning, which this build does not have. What is switched from afar is the set point
 * of the pumps: the demonstration starts none from afar.
 */
import t from 'tap'
import { noticeTexts } from '#gateway/notice-text.ts'
import { plannedPreview, previewOf } from '#gateway/notices/preview.ts'
import type { Command, CommandBody } from '#rules/command.ts'
import type { Rule } from '#rules/plan.ts'
import { householdsOf, ownersOf } from './households.ts'
import { devicesOfTheDemo, readingsOf } from './part-of-the-demo.ts'
import { PushedGateway } from './pushed-gateway.ts'

const MINUTE = 60_000
const PERIOD = 10_000
const at = (clock: string, day = 10) => Date.parse(`2026-12-${String(day).padStart(2, '0')}T${clock}+08:00`)
const clock = (ms: number | undefined) =>
  new Date((ms ?? 0) + 8 * 3_600_000).toISOString().slice(8, 16).replace('T', ' ')

/** Of these six nobody has a number, two in each building. */
const UNKNOWN = ['B4-1301', 'B4-2502', 'B5-1403', 'B5-2004', 'B6-1601', 'B6-2402']

/** The demonstration's set, with the alarm of its tank, and the figures of a real site. */
function siteOfTheStory() {
  const demo = devicesOfTheDemo((id) => id === 'PR2-H')
  const outlet = demo.plan.rules.find(({ id }) => id === 'PR2-H/outlet-pressure.lo')!
  const watch = { kind: 'limit', point: 'tank_level', side: 'lo', limit: 0.5, deadband: 0.1 } as const
  const { notice: _, ...level } = { ...outlet, id: 'PR2-H/tank-level.lo', watch, class: 'P1' } satisfies Rule
  const settings = { ...demo.plan.settings, allClearHoldMs: 10 * MINUTE, notices: {} }
  return { ...demo, plan: { ...demo.plan, rules: [...demo.plan.rules, level], settings } }
}

async function begun(t: { teardown(end: () => unknown): void }, plannedAt: number, normalFrom: number) {
  const site = siteOfTheStory()
  const from = plannedAt - 10 * MINUTE
  const gateway = new PushedGateway(t, site, from)
  const { homes } = site.plan.assets.get('PR2-H')!
  const numberOf = (home: string) => `1380000${String(1_000 + homes.indexOf(home))}`
  const list = ownersOf(homes, (home) => (UNKNOWN.includes(home) ? null : numberOf(home)))
  const households = householdsOf(t, site, list)
  gateway.households = households
  // The days before are not played: nothing happens in them but the reminders.
  gateway.every(PERIOD, at('13:50:00'), (now) => {
    const tick = Math.round(now / PERIOD)
    const isEmpty = now >= at('14:02:00') && now < normalFrom
    const values = {
      outlet_pressure: (isEmpty ? 0.05 : 0.85) + (tick % 5) / 1_000,
      inlet_pressure: 0.25 + (tick % 3) / 1_000,
      tank_level: (isEmpty ? 0.1 : 3) + (tick % 7) / 100,
      frequency: isEmpty ? 0 : 38,
      run_hours: 1_000,
      pump1_running: !isEmpty,
      pump1_fault: false,
      pump2_running: false,
      pump2_fault: false,
      water_on_floor: now >= at('14:25:00') && now < at('14:40:00'),
      sump_high: false,
    }
    void gateway.submit({ source: 'modbus', receivedAt: now, readings: readingsOf('PR2-H', now, values) })
  })
  await gateway.start()
  await gateway.runUntil(plannedAt)
  const does = (id: string, body: CommandBody) =>
    gateway.life.pipeline.command({ ...body, id, actor: 'story' } as Command)
  const planned = { class: 'P6', source: 'planned', skill: 'water', asset: 'PR2-H', due: at('16:00:00') } as const
  void does('order', { type: 'order.open', by: 'CE', ...planned })
  await gateway.runUntil(plannedAt + 1_000)
  const { order } = gateway.happened('order.opened')[0]!
  const rules = ['PR2-H/outlet-pressure.lo', 'PR2-H/tank-level.lo']
  const times = { from: at('14:00:00'), to: at('16:00:00') }
  const plan = { kind: 'water-off', work: 'tank-cleaning', assets: ['PR2-H'], ...times } as const
  void does('plan', { type: 'notice.plan', ...plan, rules, by: 'CE', workOrder: order, needsQuality: true })
  await gateway.runUntil(plannedAt + 5_000)
  return { site, gateway, households, does, plan, order, notice: gateway.happened('notice.scheduled')[0]!.notice }
}

t.test('story 4: told, recalled, overrun with a new end, measured, and over', { timeout: 250_000 }, async (t) => {
  const { site, gateway, households, does, plan, order, notice } = await begun(t, at('10:00:00', 7), at('16:50:00'))
  const [scheduled] = gateway.happened('notice.scheduled')
  t.equal(new Set(scheduled!.homes).size, 156)
  const texts = previewOf(plannedPreview({ ...plan, homes: scheduled!.homes }, at('10:00:00', 7)), site, 'scheduled')
  const sms = texts.find(({ channel, language }) => channel === 'sms' && language === 'zh-CN')!
  t.equal(sms.parts, 2, `${sms.title} ${sms.body}`)
  t.equal(150 * sms.parts! * site.notices.smsPart, 30, '150 homes with a phone: 30.0 yuan')
  const said = async () => noticeTexts(gateway.life.queries.get('notices', notice)!, site)['zh-CN'].body

  await gateway.runUntil(at('10:02:00', 7))
  t.match(gateway.happened('notice.addressed'), [{ phase: 'scheduled', cost: 3_000, isOverCap: false }])
  t.equal(households.sent.length, 150, 'as the preview said')
  const ledger = () => gateway.life.queries.reachOf(notice)
  const doors = ledger().tasks.filter(({ kind }) => kind === 'door')
  t.strictSame(
    doors.map(({ kind, why, homes }) => [kind, why, ...homes]),
    UNKNOWN.map((home) => ['door', 'no_contact', home]),
  )
  const errands = gateway.happened('reach.tasks_opened').flatMap(({ tasks }) => tasks)
  t.strictSame(
    errands.map(({ kind, dueAt }) => [kind, clock(dueAt)]),
    [...UNKNOWN.map(() => ['door', '09 14:00']), ...[1, 2, 3].map(() => ['sheet', '09 14:00'])],
    'a day before: six doors, three entrances',
  )
  for (const { id: task } of doors)
    void does(`told ${task}`, { type: 'reach.finish_task', task, by: 'S2', result: 'told' })
  void does('accept', { type: 'order.accept', order, by: 'T1' })

  await gateway.runUntil(at('13:55:00'))
  const lease = { type: 'control.lease', device: 'PR2-H', by: 'CE', role: 'engineer' } as const
  void does('arrive', { type: 'order.arrive', order, by: 'T1' })
  const tooEarly = does('no permit', { type: 'order.start', order, by: 'T1' })
  await gateway.runUntil(at('13:58:00'))
  t.match(await tooEarly, { refused: 'permit_needed', params: { order, asset: 'PR2-H' } })
  const asks = (id: string, oxygenPercent: number) => {
    const checks = { oxygenPercent, attendant: 'G1' }
    return does(id, { type: 'permit.open', asset: 'PR2-H', by: 'T1', reason: '水箱清洗', checks })
  }
  const unlocked = asks('unlocked', 20.8)
  void does('lock', { type: 'lockout.hang', asset: 'PR2-H', by: 'T1', reason: '水箱清洗' })
  const stale = asks('stale air', 18.9)
  void asks('permit', 20.8)
  void does('start', { type: 'order.start', order, by: 'T1' })
  void does('lease', lease)
  const set = { device: 'PR2-H', point: 'pressure_setpoint', value: 0.8, by: 'CE', role: 'engineer' } as const
  const seen = { from: 0.85, when: 'true', condition: '' } as const
  const switched = does('switch', { type: 'control.write', ...set, reason: '试泵', seen })
  await gateway.runUntil(at('14:01:00'))
  t.match(await unlocked, { refused: 'lockout_needed' })
  t.match(await stale, { refused: 'air_unfit' })
  t.match(gateway.happened('order.started'), [{ order, by: 'T1' }])
  t.match(
    await switched,
    { refused: 'at_work', params: { order, asset: 'PR2-H' } },
    'nothing is switched there from afar',
  )
  t.strictSame(gateway.happened('control.requested'), [])
  t.strictSame(
    gateway.happened('notice.reminded').map(({ at: when, before }) => [clock(when), before]),
    [
      ['09 14:00', '24h'],
      ['10 12:00', '2h'],
    ],
  )
  t.equal(clock(gateway.happened('notice.began')[0]?.at), '10 14:00')
  await gateway.runUntil(at('14:30:00'))
  t.strictSame(
    gateway.happened('alarm.raised').map(({ rule, silence }) => [rule, silence?.by ?? 'told']),
    [
      ['PR2-H/outlet-pressure.lo', 'maintenance'],
      ['PR2-H/tank-level.lo', 'maintenance'],
      ['PR2-H/water-on-floor', 'told'],
    ],
    'only what was named is silent: water on the floor rings',
  )
  t.match(gateway.happened('order.opened').slice(1), [{ class: 'P1', rule: 'PR2-H/water-on-floor' }])
  await gateway.runUntil(at('15:46:00'))
  t.equal(clock(gateway.happened('notice.asked')[0]?.at), '10 15:45')
  await gateway.runUntil(at('16:04:00'))
  t.equal(clock(gateway.happened('notice.overran')[0]?.at), '10 16:00')
  t.match(await said(), /未能按时完成.*敬请谅解/)
  void does('extend', { type: 'notice.extend', notice, to: at('17:30:00'), by: 'CE' })
  await gateway.runUntil(at('16:05:00'))
  const [prolonged] = gateway.happened('notice.prolonged')
  t.strictSame(prolonged?.homes, scheduled?.homes, 'the same 156, by 16:05')
  t.match(await said(), /未能按时完成.*敬请谅解.*预计 17:30 恢复/)
  const sorry = households.sent.filter(({ phase }) => phase === 'prolonged')
  t.equal(
    new Set(sorry.map(({ to }) => to)).size,
    150,
    'each telephone; the six who were told at the door have the page',
  )
  t.match(sorry[0]?.texts['zh-CN'].body, /敬请谅解.*17:30/)
  await gateway.runUntil(at('17:03:00'))
  const measure = { type: 'notice.measure', notice, by: 'CE', turbidityNtu: 0.6, freeChlorineMgL: 0.15 } as const
  void does('measure', measure)
  await gateway.runUntil(at('17:25:00'))
  t.equal(clock(gateway.happened('notice.restored')[0]?.at), '10 17:00', 'normal for ten minutes')
  const [end, ...more] = gateway.happened('notice.completed')
  t.strictSame(more, [])
  t.equal(clock(end?.at), '10 17:20', 'and twenty more for the upper floors')
  t.strictSame(end?.homes, scheduled?.homes, 'whoever was told the beginning is told the end')
  t.match(await said(), /水箱清洗已完成/)
  t.equal(households.sent.filter(({ phase }) => phase === 'completed').length, 150)
  const last = ledger().tasks.filter(({ state, phase }) => state === 'open' && phase === 'completed')
  t.strictSame(
    last.map(({ kind }) => kind),
    ['sheet', 'sheet', 'sheet'],
  )
  t.ok(
    UNKNOWN.every((home) => last.some(({ homes }) => homes.includes(home))),
    'and who was told at the door reads it at the entrance',
  )
  const named = new Set(plan.assets.map((id) => `${id}/outlet-pressure.lo`))
  t.notOk(
    gateway.happened('alarm.announced').some(({ rule }) => named.has(rule)),
    'nothing that was named ever rang',
  )
  t.equal(gateway.happened('notice.drafted').length, 0, 'no second notice')
})

t.test('story 4, nobody answers by 16:10: the alarm rings, in the same thread', { timeout: 250_000 }, async (t) => {
  const { gateway, notice } = await begun(t, at('13:00:00', 9), at('18:00:00'))
  await gateway.runUntil(at('16:11:00'))
  const announced = gateway.happened('alarm.announced').filter(({ rule }) => rule.startsWith('PR2-H/outlet'))
  t.strictSame(
    announced.map(({ at: when }) => clock(when)),
    ['10 16:10'],
  )
  t.match(gateway.happened('notice.joined'), [{ notice, rule: 'PR2-H/outlet-pressure.lo' }])
  t.equal(gateway.happened('notice.drafted').length, 0)
})
