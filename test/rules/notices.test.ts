import t from 'tap'
import fc from 'fast-check'
import type { CommandBody } from '#rules/command.ts'
import { QUIET, QuietHours } from '#rules/quiet-hours.ts'
import { isDrinkable } from '#rules/notices/settings.ts'
import { at, clockOf, HOUR, MINUTE, noticePlan, noticeSite } from './notice-site.ts'

const [OFF, ON] = [12, 5]
const tank = {
  type: 'notice.plan',
  kind: 'water-off',
  work: 'tank-cleaning',
  assets: ['H'],
  rules: ['H/hi'],
  from: at('14:00', 10),
  to: at('16:00', 10),
  by: 'PM',
} as const satisfies CommandBody

t.test('an outage: by itself after ten minutes as being verified, after five when a person confirms it', async (t) => {
  const alone = noticeSite()
  alone.says(at('08:00'), 'H', OFF)
  alone.passes(at('08:30'))
  t.equal(alone.story(), 'drafted@08:00 published@08:10')
  t.match(alone.of('notice.published'), [{ verifying: true, by: 'caretaker', ring: 'now', nextUpdateAt: at('09:10') }])
  t.match(alone.of('notice.drafted'), [{ dueAt: at('08:10'), class: 'P1' }])

  const seen = noticeSite()
  seen.says(at('08:00'), 'H', OFF)
  const { order } = seen.of('order.opened')[0]!
  for (const type of ['order.accept', 'order.arrive', 'order.start'] as const)
    t.equal(seen.does(at('08:02'), { type, order, by: 'T1' }), 'done', type)
  seen.passes(at('08:30'))
  t.equal(seen.story(), 'drafted@08:00 published@08:05')
  t.match(seen.of('notice.published'), [{ verifying: false }])
})

t.test('a draft is rejected with a reason, the manager hears of it, and a person may think again', async (t) => {
  const site = noticeSite()
  site.says(at('08:00'), 'H', OFF)
  const { notice } = site.of('notice.drafted')[0]!
  t.equal(site.does(at('08:01'), { type: 'notice.reject', notice, by: 'T1', reason: 'gauge was changed' }), 'done')
  t.match(site.of('notice.rejected'), [{ to: ['PM'], reason: 'gauge was changed' }])
  site.passes(at('09:00'))
  t.equal(site.of('notice.published').length, 0, 'nothing goes out by itself')
  t.equal(site.does(at('09:00'), { type: 'notice.confirm', notice, by: 'PM' }), 'done')
  t.equal(site.does(at('09:01'), { type: 'notice.reject', notice, by: 'PM', reason: 'x' }), 'wrong_state')
  t.equal(site.story(), 'drafted@08:00 rejected@08:01 published@09:00')

  const over = noticeSite()
  over.says(at('08:00'), 'H', OFF)
  over.does(at('08:01'), { type: 'notice.reject', notice: over.of('notice.drafted')[0]!.notice, by: 'T1', reason: 'x' })
  over.says(at('08:30'), 'H', ON)
  t.equal(over.story(), 'drafted@08:00 rejected@08:01 withdrawn@08:30', 'nobody was told, nobody is told')
})

t.test('a false alarm: nobody is told of it, and who was told already hears the end', async (t) => {
  const found = (site: ReturnType<typeof noticeSite>, when: number) => {
    const { order } = site.of('order.opened')[0]!
    const said = { order, proof: 'looked_on_site', reason: 'the gauge was turned off' } as const
    t.equal(site.does(when, { type: 'order.find_false', by: 'T1', ...said }, 'T1'), 'done')
    t.equal(site.does(when, { type: 'order.approve_false', by: 'PM', order }, 'PM'), 'done')
  }
  const early = noticeSite()
  early.says(at('08:00'), 'H', OFF)
  found(early, at('08:03'))
  early.passes(at('09:00'))
  t.equal(early.story(), 'drafted@08:00 withdrawn@08:03')
  t.match(early.of('notice.withdrawn'), [{ why: { code: 'false_alarm' } }])

  const late = noticeSite()
  late.says(at('08:00'), 'H', OFF)
  late.passes(at('08:20'))
  found(late, at('08:20'))
  t.equal(late.story(), 'drafted@08:00 published@08:10 all_clear@08:20')
  t.match(late.of('notice.all_clear'), [{ by: 'PM', homes: ['B1-1301', 'B1-1401'], channels: ['screen', 'sms'] }])
})

t.test('a merged order: the notice goes on with the people and the promise of the one that is left', async (t) => {
  const site = noticeSite()
  site.says(at('08:00'), 'H', OFF)
  const { order } = site.of('order.opened')[0]!
  site.passes(at('08:10'))
  for (const [id, type, more] of [
    [order, 'order.accept', {}],
    [order, 'order.update', { text: 'soon', eta: at('09:00') }],
  ] as const)
    t.equal(site.does(at('08:11'), { type, order: id, by: 'T1', ...more } as CommandBody), 'done')
  site.says(at('08:30'), 'Lo', OFF)
  const into = site.of('order.opened')[1]!.order
  t.equal(site.does(at('08:31'), { type: 'order.accept', order: into, by: 'PM' }), 'done')
  site.does(at('08:31'), { type: 'order.update', order: into, by: 'PM', text: 'later', eta: at('11:00') })
  t.equal(site.does(at('08:32'), { type: 'order.merge', order, into, by: 'PM' }), 'done')
  const { notice } = site.of('notice.drafted')[0]!
  t.match(
    site
      .of('notice.identified')
      .filter((event) => event.notice === notice)
      .at(-1),
    { eta: at('11:00'), by: 'PM', at: at('08:32') },
    'residents hear of the promise that counts now',
  )
  site.restarts()
  site.passes(at('10:45'))
  t.strictSame(
    site
      .of('notice.eta_warned')
      .filter((event) => event.notice === notice)
      .map((event) => [clockOf(event.at), event.order, event.to]),
    [['10:45', into, 'PM']],
    'and whoever has the order now is warned of it',
  )
})

t.test('the page alone for P2, until a person confirms or the service is lost', async (t) => {
  const site = noticeSite()
  site.says(at('08:00'), 'E1', OFF)
  site.passes(at('08:10'))
  t.match(site.of('notice.published'), [{ pageOnly: true, channels: ['screen'], ring: 'never' }])
  const { notice } = site.of('notice.published')[0]!
  t.equal(site.does(at('08:20'), { type: 'notice.confirm', notice, by: 'PM' }), 'done')
  t.match(site.of('notice.confirmed'), [{ channels: ['sms'], homes: ['B1-0101', 'B1-1301', 'B1-1401'] }])
  t.equal(site.does(at('08:21'), { type: 'notice.confirm', notice, by: 'PM' }), 'wrong_state')
  site.says(at('08:30'), 'E1', ON)
  site.passes(at('08:40'))
  t.match(site.of('notice.all_clear'), [{ channels: ['screen', 'sms'], at: at('08:40') }], 'by what the beginning came')

  const both = noticeSite()
  both.says(at('23:00'), 'E1', OFF)
  both.says(at('23:01'), 'E2', OFF)
  both.passes(at('23:30'))
  t.strictSame(
    both.of('notice.published').map(({ ring }) => ring),
    ['morning', 'morning'],
    'with both lifts off nobody is only informed; at night no phone rings for it',
  )
})

t.test(
  'an end is promised only by the order; its owner is warned, and a promise that passed is a silence',
  async (t) => {
    const site = noticeSite()
    site.says(at('08:00'), 'H', OFF)
    const { order } = site.of('order.opened')[0]!
    site.does(at('08:01'), { type: 'order.accept', order, by: 'T1' })
    site.passes(at('08:20'))
    const eta = at('10:00')
    t.equal(site.does(at('08:30'), { type: 'order.update', order, by: 'T1', text: 'parts are here', eta }), 'done')
    t.match(site.of('notice.identified'), [{ eta, by: 'T1', cheapest: true, channels: ['screen'] }])
    t.equal(site.does(at('08:40'), { type: 'order.update', order, by: 'T1', text: 'still at it', eta }), 'done')
    t.equal(site.of('notice.identified').length, 1, 'the same end again is no news')
    site.passes(at('09:44'))
    t.equal(site.of('notice.eta_warned').length, 0)
    site.passes(at('09:45'))
    t.match(site.of('notice.eta_warned'), [{ eta, to: 'T1', order }])
    site.passes(at('10:00'))
    t.match(site.of('notice.eta_passed'), [{ eta, at: eta }])
    t.match(site.of('order.silent').at(-1), { order, dueAt: eta, to: 'T1' })

    const kept = noticeSite()
    kept.says(at('08:00'), 'H', OFF)
    const [own] = kept.of('order.opened')
    kept.does(at('08:01'), { type: 'order.accept', order: own!.order, by: 'T1' })
    kept.does(at('08:02'), { type: 'order.update', order: own!.order, by: 'T1', text: 'valve', eta: at('09:00') })
    kept.passes(at('08:05'))
    t.match(kept.of('notice.identified'), [{ eta: at('09:00') }], 'promised before it was published, told with it')
    kept.says(at('08:30'), 'H', ON)
    kept.passes(at('09:30'))
    t.equal(kept.of('notice.eta_warned').length, 0, 'what is over breaks no promise')
  },
)

t.test(
  'the hold: ten minutes, and twenty more for upper floors; it begins where the data began to be good',
  async (t) => {
    const high = noticeSite()
    high.says(at('08:00'), 'H', OFF)
    high.passes(at('08:10'))
    high.says(at('09:20'), 'H', ON)
    high.passes(at('10:30'))
    t.equal(high.story(), 'drafted@08:00 published@08:10 monitoring@09:20 restored@09:30 all_clear@09:50')
    t.match(high.of('notice.monitoring'), [{ since: at('09:20'), clearAt: at('09:50') }])

    const low = noticeSite()
    low.says(at('08:00'), 'Lo', OFF)
    low.passes(at('08:10'))
    low.says(at('09:20'), 'Lo', ON)
    low.passes(at('10:30'))
    t.equal(low.story(), 'drafted@08:00 published@08:10 monitoring@09:20 all_clear@09:30')

    const again = noticeSite()
    again.says(at('08:00'), 'H', OFF)
    again.passes(at('08:10'))
    again.says(at('09:20'), 'H', ON)
    again.says(at('09:40'), 'H', OFF)
    again.says(at('09:41'), 'H', ON)
    again.passes(at('11:00'))
    t.equal(
      again.story(),
      'drafted@08:00 published@08:10 monitoring@09:20 restored@09:30 resumed@09:40 joined@09:40 monitoring@09:41 restored@09:51 all_clear@10:11',
    )
  },
)

t.test('a shelved service point still gives no all-clear, and a latch does not hold it up', async (t) => {
  const plan = noticePlan()
  const rules = plan.rules.map((each) => (each.id === 'H/hi' ? { ...each, latch: true } : each))
  const site = noticeSite({ ...plan, rules })
  site.says(at('08:00'), 'H', OFF)
  site.passes(at('08:10'))
  site.says(at('09:00'), 'H', ON)
  site.passes(at('09:30'))
  t.equal(site.of('notice.all_clear').length, 1)
  t.equal(site.of('alarm.closed').length, 0, 'while the alarm is latched')

  const shelved = noticeSite()
  shelved.says(at('08:00'), 'E1', OFF)
  shelved.passes(at('08:10'))
  const { alarm } = shelved.of('alarm.raised')[0]!
  const shelve = { type: 'alarm.shelve', alarm, by: 'PM', reason: 'known', forMs: HOUR, oneShot: false } as const
  t.equal(shelved.does(at('08:11'), shelve), 'done')
  shelved.says(at('08:20'), 'E1', ON)
  shelved.says(at('08:25'), 'E1', OFF)
  shelved.passes(at('08:50'))
  t.equal(shelved.of('notice.all_clear').length, 0, 'silent, and still off')
  shelved.says(at('08:55'), 'E1', ON)
  shelved.passes(at('09:05'))
  t.equal(shelved.of('notice.all_clear').length, 1)
})

t.test('a service point whose alarm is out of service still says that the homes are not served', async (t) => {
  const plan = noticePlan()
  const rules = plan.rules.map((each) => (each.id === 'H/level' ? { ...each, notice: 'water-off' } : each))
  const site = noticeSite({ ...plan, rules })
  const service = {
    type: 'service.remove',
    asset: 'H',
    rule: 'H/level',
    by: 'PM',
    workOrder: 'W9',
    reason: 'x',
  } as const
  t.equal(site.does(at('07:00'), service), 'done')
  site.says(at('08:00'), 'H', OFF)
  site.passes(at('08:10'))
  site.says(at('08:20'), 'H', 0, 'level')
  site.says(at('08:30'), 'H', ON)
  site.passes(at('09:30'))
  t.equal(site.of('notice.all_clear').length, 0, 'the tank is empty')
  site.says(at('09:30'), 'H', 3, 'level')
  site.passes(at('10:00'))
  t.equal(site.of('notice.all_clear').length, 1)
})

t.test('an outage that is shorter than a site wants to tell of is not told by itself', async (t) => {
  const plan = noticePlan()
  const notices = { minimumOutageMs: { 'water-off': 30 * MINUTE } }
  const site = noticeSite({ ...plan, settings: { ...plan.settings, notices } })
  site.says(at('08:00'), 'H', OFF)
  site.says(at('08:29'), 'H', ON)
  site.passes(at('09:00'))
  t.equal(site.story(), 'drafted@08:00 withdrawn@08:29')
})

t.test('quiet hours: when phones ring, and where a reminder goes', async (t) => {
  const quiet = new QuietHours('Asia/Shanghai', QUIET)
  // The moment; whether it is quiet; the end of the quiet; when a reminder goes instead.
  const table = [
    ['21:59', false, null, '21:59'],
    ['22:00', true, '9/06:30', '20:00'],
    ['23:30', true, '9/06:30', '20:00'],
    ['00:10', true, '06:30', '7/20:00'],
    ['06:29', true, '06:30', '7/20:00'],
    ['06:30', false, null, '06:30'],
    ['12:00', false, null, '12:00'],
  ] as const
  for (const [clock, isQuiet, morning, awake] of table) {
    const when = at(`${clock}:00`)
    t.equal(quiet.isQuiet(when), isQuiet, clock)
    if (morning) t.equal(clockOf(quiet.morningAfter(when)), morning, clock)
    t.equal(clockOf(quiet.awake(when)), awake, clock)
  }
  const night = noticeSite()
  night.says(at('23:00'), 'H', OFF)
  night.passes(at('23:30'))
  t.match(night.of('notice.published'), [{ ring: 'morning', ringAt: at('06:30', 9), ringing: ['sms'] }])
})

t.test('planned work, told, recalled and done', async (t) => {
  const site = noticeSite()
  t.equal(site.does(at('10:00', 7), tank), 'done')
  t.match(site.of('notice.scheduled'), [{ homes: ['B1-1301', 'B1-1401'], channels: ['screen', 'sms'] }])
  t.match(site.of('maintenance.planned'), [{ rules: ['H/hi'], assets: [] }])
  site.says(at('13:59', 10), 'H', ON)
  site.says(at('14:10', 10), 'H', OFF)
  t.match(site.of('alarm.raised'), [{ silence: { by: 'maintenance' } }])
  t.equal(site.of('order.opened').length, 0, 'what it names makes no work')
  site.says(at('15:00', 10), 'H', ON)
  site.passes(at('18:00', 10))
  t.equal(
    site.story(),
    'scheduled@7/10:00 reminded@9/14:00 reminded@10/12:00 began@10/14:00 verifying@10/15:00 restored@10/15:10 completed@10/15:30',
  )
  t.match(site.of('notice.completed'), [{ homes: ['B1-1301', 'B1-1401'] }])
  t.match(site.of('maintenance.ended'), [{ by: 'caretaker', why: { code: 'finished' } }])
})

t.test('reminders are kept out of the night, and those that are too late are not sent', async (t) => {
  // Begins; planned; the reminders.
  const table = [
    ['09:00', at('10:00', 1), '9/09:00 10/07:00'],
    ['06:00', at('10:00', 1), '8/20:00 9/20:00'],
    ['08:00', at('10:00', 1), '9/08:00 9/20:00'],
    ['09:00', at('20:00', 8), '9/09:00 10/07:00'],
  ] as const
  for (const [clock, planned, reminders] of table) {
    const site = noticeSite()
    const from = at(`${clock}:00`, 10)
    t.equal(site.does(planned, { ...tank, from, to: from + HOUR }), 'done')
    site.passes(from)
    t.equal(
      site
        .of('notice.reminded')
        .map(({ at: when }) => clockOf(when))
        .join(' ')
        .replace(/^(\d\d:\d\d)/, '8/$1'),
      reminders,
      clock,
    )
  }
})

t.test('inside its lead time it needs a reason and somebody else who agrees', async (t) => {
  const soon = { ...tank, from: at('20:00'), to: at('22:00') }
  // What is said with it, the answer.
  const table: readonly (readonly [object, string])[] = [
    [{}, 'too_late_to_tell'],
    [{ reason: 'the float hangs' }, 'second_person_needed'],
    [{ reason: 'the float hangs', second: 'PM' }, 'second_person_needed'],
    [{ reason: 'the float hangs', second: 'nobody' }, 'second_person_needed'],
    [{ reason: 'the float hangs', second: 'T1' }, 'done'],
  ]
  for (const [said, answer] of table) t.equal(noticeSite().does(at('10:00'), { ...soon, ...said }), answer)
  // What is wrong, the answer.
  const wrong: readonly (readonly [Partial<typeof tank> & object, string])[] = [
    [{ assets: ['X'] as never }, 'unknown_asset'],
    [{ rules: ['X/hi'] as never }, 'unknown_rule'],
    [{ by: 'nobody' as never }, 'unknown_person'],
    [{ to: tank.from as never }, 'bad_window'],
    [{ from: at('09:00') as never }, 'bad_window'],
  ]
  for (const [change, answer] of wrong)
    t.equal(noticeSite().does(at('10:00'), { ...tank, ...change }), answer, JSON.stringify(change))
})

t.test('rescheduled, cancelled, merged: whoever knows of it hears of it, and the window follows', async (t) => {
  const site = noticeSite()
  site.does(at('10:00', 1), tank)
  const { notice } = site.of('notice.scheduled')[0]!
  const later = { from: at('14:00', 11), to: at('16:00', 11) }
  t.equal(site.does(at('10:00', 2), { type: 'notice.reschedule', notice, ...later, by: 'PM', reason: 'rain' }), 'done')
  t.match(site.of('notice.rescheduled'), [{ homes: ['B1-1301', 'B1-1401'] }])
  t.match(site.of('maintenance.planned').at(-1), later)
  t.equal(site.of('maintenance.ended').length, 1, 'the old window is gone')
  t.equal(
    site.does(at('11:00', 2), { ...tank, work: 'pump-repair', from: at('15:00', 11), to: at('17:00', 11) }),
    'done',
  )
  t.match(site.of('notice.merged'), [
    { notice, work: 'tank-cleaning,pump-repair', from: later.from, to: at('17:00', 11) },
  ])
  t.equal(site.of('notice.scheduled').length, 1, 'one asset, one time, one notice')
  t.equal(site.does(at('12:00', 2), { type: 'notice.cancel', notice, by: 'PM', reason: 'no parts' }), 'done')
  t.match(site.of('notice.cancelled'), [{ homes: ['B1-1301', 'B1-1401'], channels: ['screen', 'sms'] }])
  site.passes(at('18:00', 11))
  t.equal(site.of('notice.began').length + site.of('notice.reminded').length + site.of('maintenance.began').length, 0)
})

t.test('an overrun: a question, ten minutes of grace, then a new end or the alarm, in the same thread', async (t) => {
  const begun = () => {
    const site = noticeSite()
    site.does(at('10:00', 7), tank)
    site.says(at('14:10', 10), 'H', OFF)
    site.passes(at('16:00', 10))
    t.equal(clockOf(site.of('notice.asked')[0]!.at), '10/15:45')
    t.match(site.of('notice.overran'), [{ at: at('16:00', 10), graceUntil: at('16:10', 10) }])
    return site
  }
  const told = begun()
  const { notice } = told.of('notice.scheduled')[0]!
  t.equal(told.does(at('16:04', 10), { type: 'notice.extend', notice, to: at('17:30', 10), by: 'PM' }), 'done')
  t.match(told.of('notice.prolonged'), [{ late: true, homes: ['B1-1301', 'B1-1401'] }])
  told.says(at('16:50', 10), 'H', ON)
  told.passes(at('18:00', 10))
  t.equal(told.of('alarm.announced').length + told.of('order.opened').length, 0, 'nothing rang')
  t.equal(clockOf(told.of('notice.completed')[0]!.at), '10/17:20')
  t.equal(told.of('notice.asked').length, 1, 'it is over before the new end is near')

  const silent = begun()
  silent.passes(at('16:10', 10))
  t.match(silent.of('alarm.announced'), [{ rule: 'H/hi', at: at('16:10', 10) }])
  t.match(silent.of('order.opened'), [{ class: 'P1' }])
  t.match(silent.of('notice.joined'), [{ notice, at: at('16:10', 10) }])
  t.equal(silent.of('notice.drafted').length, 0, 'no second notice')
  t.equal(silent.does(at('16:20', 10), { type: 'notice.extend', notice, to: at('17:30', 10), by: 'PM' }), 'done')
  silent.says(at('16:50', 10), 'H', ON)
  silent.passes(at('18:00', 10))
  t.match(silent.of('notice.completed'), [{ notice, homes: ['B1-1301', 'B1-1401'] }])
})

t.test(
  'a tank is done when its water was measured; what is unfit is told at once, and ends when it is fit',
  async (t) => {
    const table = [
      [1, 0.05, true],
      [1.01, 0.5, false],
      [0.6, 0.15, true],
      [0.5, 0.04, false],
      [0.5, 2, true],
      [0.5, 2.01, false],
    ] as const
    for (const [turbidity, chlorine, isFit] of table) t.equal(isDrinkable(turbidity, chlorine), isFit)

    const site = noticeSite()
    site.does(at('10:00', 7), { ...tank, needsQuality: true })
    const { notice } = site.of('notice.scheduled')[0]!
    site.says(at('14:10', 10), 'H', OFF)
    site.says(at('15:00', 10), 'H', ON)
    site.passes(at('15:40', 10))
    t.equal(site.of('notice.completed').length, 0, 'nobody measured')
    const measured = { type: 'notice.measure', notice, by: 'T1' } as const
    t.equal(site.does(at('15:41', 10), { ...measured, turbidityNtu: 3, freeChlorineMgL: 0.3 }), 'done')
    site.passes(at('15:41', 10))
    const [unfit] = site.of('notice.published')
    t.match(unfit, { by: 'caretaker', verifying: false, ring: 'now', homes: ['B1-1301', 'B1-1401'] })
    t.match(site.of('order.opened'), [{ class: 'P1', rule: 'H/water-unfit' }])
    t.equal(site.does(at('16:00', 10), { ...measured, turbidityNtu: 0.6, freeChlorineMgL: 0.15 }), 'done')
    site.passes(at('16:00', 10))
    t.match(site.of('notice.completed'), [{ notice }], 'the work is done')
    site.passes(at('18:00', 10))
    t.match(site.of('notice.all_clear'), [{ notice: unfit!.notice, homes: ['B1-1301', 'B1-1401'] }])
  },
)

t.test('work that takes nothing from anybody ends by a word, and where nobody can tell, by a person', async (t) => {
  const site = noticeSite()
  site.says(at('09:00', 7), 'H', ON)
  site.does(at('10:00', 7), tank)
  const { notice } = site.of('notice.scheduled')[0]!
  t.equal(site.does(at('10:01', 7), { type: 'notice.end', notice, by: 'PM' }), 'wrong_state', 'it has not begun')
  site.says(at('14:30', 10), 'H', ON)
  site.passes(at('15:00', 10))
  t.equal(site.does(at('15:00', 10), { type: 'notice.end', notice, by: 'PM' }), 'done')
  site.passes(at('15:30', 10))
  t.match(site.of('notice.verifying'), [{ since: at('15:00', 10) }])
  t.equal(clockOf(site.of('notice.completed')[0]!.at), '10/15:30')

  const blind = noticeSite()
  blind.says(at('08:00'), 'H', OFF)
  blind.passes(at('08:10'))
  const { notice: outage } = blind.of('notice.published')[0]!
  t.equal(blind.does(at('08:20'), { type: 'notice.end', notice: outage, by: 'T1' }), 'sensor_still_tells')
  // What was heard last is believed for 10,000 s; fifteen minutes later a person's word replaces it.
  blind.says(at('08:30'), 'H', null)
  blind.passes(at('11:40'))
  t.equal(blind.does(at('11:40'), { type: 'notice.end', notice: outage, by: 'T1', name: 'Zhang' }), 'done')
  t.match(blind.of('notice.all_clear'), [{ by: 'T1', name: 'Zhang' }])
})

t.test('told start is told end, to exactly those homes: restarts, shelves, cancels, plans, in any order', async () => {
  const step = fc.record({
    pause: fc.integer({ min: 1, max: 50 }),
    what: fc.constantFrom(
      'off',
      'on',
      'restart',
      'confirm',
      'reject',
      'shelve',
      'plan',
      'cancel',
      'extend',
      'end',
      'update',
    ),
    device: fc.constantFrom('H', 'Lo', 'E1', 'E2'),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 3, maxLength: 40 }), (steps) => {
      const site = noticeSite()
      let now = at('05:00')
      const newest = () =>
        site.events.findLast((event) => event.type === 'notice.drafted' || event.type === 'notice.scheduled')
      const of = () => (newest() as { notice?: string } | undefined)?.notice ?? 'N0'
      for (const { pause, what, device } of steps) {
        now += pause * MINUTE
        if (what === 'off' || what === 'on') site.says(now, device, what === 'off' ? OFF : ON)
        else if (what === 'restart') site.restarts()
        else site.does(now, deedOf(what, of(), device, site.of('alarm.raised').at(-1)?.alarm ?? 'A0', now))
      }
      for (const device of ['H', 'Lo', 'E1', 'E2']) site.says((now += 1_000), device, ON)
      for (let hour = 1; hour <= 60; hour++) {
        now += HOUR
        for (const device of ['H', 'Lo', 'E1', 'E2']) site.says(now, device, ON)
        // Who planned work says at some time that it is done.
        for (const { notice } of site.of('notice.scheduled')) site.does(now, { type: 'notice.end', notice, by: 'PM' })
      }
      return untold(site.events) === ''
    }),
    { seed: 11, numRuns: 400 },
  )
})

function deedOf(what: string, notice: string, device: string, alarm: string, now: number): CommandBody {
  const by = 'PM'
  switch (what) {
    case 'confirm':
      return { type: 'notice.confirm', notice, by }
    case 'reject':
      return { type: 'notice.reject', notice, by, reason: 'r' }
    case 'cancel':
      return { type: 'notice.cancel', notice, by, reason: 'r' }
    case 'extend':
      return { type: 'notice.extend', notice, by, to: now + HOUR }
    case 'update':
      return { type: 'notice.update', notice, by, text: 'soon' }
    case 'end':
      return { type: 'notice.end', notice, by }
    case 'shelve':
      return { type: 'alarm.shelve', alarm, by, reason: 'r', forMs: HOUR, oneShot: false }
    default: {
      const kind = device.startsWith('E') ? 'lift-stopped' : 'water-off'
      const times = { from: now + 26 * HOUR, to: now + 28 * HOUR }
      return { type: 'notice.plan', kind, work: 'other', assets: [device], rules: [`${device}/hi`], ...times, by }
    }
  }
}

/** Who was told of a beginning and of no end, or of an end and of no beginning; empty when all is well. */
function untold(events: ReturnType<typeof noticeSite>['events']): string {
  const told = new Map<string, Set<string>>()
  for (const event of events) {
    if (!('notice' in event) || !('homes' in event) || event.type === 'notice.addressed') continue
    const own = told.get(event.notice) ?? new Set<string>()
    told.set(event.notice, own)
    if (['notice.published', 'notice.extended', 'notice.scheduled', 'notice.merged'].includes(event.type))
      for (const home of event.homes) own.add(home)
    if (!['notice.all_clear', 'notice.completed', 'notice.cancelled'].includes(event.type)) continue
    if ([...own].toSorted().join() !== event.homes.toSorted().join()) return `${event.type} of ${event.notice}`
    told.set(event.notice, new Set())
  }
  return [...told]
    .filter(([, homes]) => homes.size > 0)
    .map(([notice]) => notice)
    .join()
}
