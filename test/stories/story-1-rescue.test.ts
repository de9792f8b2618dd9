/**
 * Story 1, the rescue: nobody on duty is certified for lifts. Comfort, on site and the chain of those who may free people,
 * by horn, voice, card and text, to the minute; what residents are told, and the end; the alarm button, and a suspicion that
 * is false; and the variant in which nobody accepts.
 *
 * Not played, for it is no part of the gateway: that a phone really rings. The roads are stand-ins behind the contract of a
 * road; each road is held to its provider's far end in its own tests, and so is the page that a contractor's link opens.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { CommandBody } from '#rules/command.ts'
import { ROADS } from '#rules/paging/policy.ts'
import { openDatabase } from '#gateway/access/database.ts'
import { openTaskLinks } from '#gateway/access/task-links.ts'
import { noticeText } from '#gateway/notice-text.ts'
import type { PageMessage, StaffRoad } from '#gateway/paging/road.ts'
import { systemRandom } from '#gateway/random.ts'
import type { Site } from '#gateway/site/site.ts'
import { devicesOfTheDemo, readingsOf } from './part-of-the-demo.ts'
import { PushedGateway } from './pushed-gateway.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const at = (clock: string, day = 8) => Date.parse(`2026-12-0${day}T${clock}+08:00`)
const clock = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(11, 19)
type Teardown = ConstructorParameters<typeof PushedGateway>[0]

/** The roads to the staff, and what went over them; their links open what they open in the program. */
function roadsOf(t: Teardown, gateway: PushedGateway) {
  const rung: (Pick<PageMessage, 'person' | 'subject' | 'purpose' | 'link' | 'to'> & { road: string; at: string })[] =
    []
  const silenced: string[] = []
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-links-'))
  const db = openDatabase(folder)
  t.teardown(() => {
    db.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const links = openTaskLinks(db, systemRandom(), { now: () => gateway.time.now(), speed: 1 })
  const roads = ROADS.map((road): StaffRoad => ({
    road,
    reaches: ({ phone }) => road === 'sounder' || phone !== null,
    async send({ person, subject, purpose, link, to }) {
      rung.push({ road, person, subject, purpose, link, to, at: clock(gateway.time.now()) })
      return { outcome: 'delivered' }
    },
    async silence() {
      silenced.push(clock(gateway.time.now()))
      return { outcome: 'delivered' }
    },
  }))
  gateway.staff = {
    roads,
    link: 'https://care.example',
    contactOf: (person) => ({ phone: `+86139${person}`, wecom: person }),
    linkFor: (task, person) => links.create({ task, person }),
  }
  /** `G1 voice comfort`: in this stretch of the clock, in no order. */
  const called = (purpose: string, from: string, to: string) =>
    rung
      .filter((page) => page.purpose === purpose && page.at >= from && page.at < to)
      .map(({ road, person, subject }) => [person, road, subject.split('-')[1]].filter(Boolean).join(' '))
      .toSorted()
  return { rung, silenced, links, called }
}

/** B3-L2 alone, and its car; on duty are the guard G1 and T2, neither certified. */
async function night(t: Teardown) {
  const demo = devicesOfTheDemo((id) => id === 'B3-L2')
  const rescue = { ...demo.plan.rescue!, comfort: ['guard'] }
  const orders = { verify: 'by_profile', closing: 'by_class' } as const
  const site: Site = {
    ...demo,
    plan: {
      ...demo.plan,
      rescue,
      paging: { roads: ROADS, room: 'MR' },
      // Residents who pay attention to nothing else would get a text message.
      channels: [...demo.plan.channels, 'sms'],
      channelKinds: { ...demo.plan.channelKinds, sms: 'paid' },
      settings: { ...demo.plan.settings, orders, allClearHoldMs: 10 * MINUTE },
    },
  }
  const gateway = new PushedGateway(t, site, at('23:30:00'))
  const staff = roadsOf(t, gateway)
  const car = { isStuck: false, door: true, runs: false, presses: false, hasSensor: true }
  gateway.every(5 * SECOND, at('23:30:00'), (now) => {
    const values = {
      service_mode: 'normal',
      car_running: car.runs,
      door_closed: car.door,
      in_door_zone: !car.isStuck && !car.runs,
      ...(car.hasSensor ? { passenger_present: car.isStuck } : {}),
      alarm_button: car.presses,
      fault_code: 0,
    }
    void gateway.submit({ source: 'modbus', receivedAt: now, readings: readingsOf('B3-L2', now, values) })
  })
  await gateway.start()
  await gateway.runUntil(at('23:39:59'))
  let commands = 0
  /** Somebody does something at this moment. */
  const does = async (time: string, body: CommandBody, day = 8) => {
    await gateway.runUntil(at(time, day))
    const answer = gateway.life.pipeline.command({
      ...body,
      id: `c${++commands}`,
      actor: (body as { by: string }).by,
    } as never)
    await gateway.runUntil(at(time, day) + SECOND)
    return answer
  }
  return { gateway, site, car, does, ...staff }
}

t.test("story 1: on Monday the roster's owner learns that nobody is certified on Tuesday night", async (t) => {
  const demo = devicesOfTheDemo((id) => id === 'B3-L2')
  const site: Site = { ...demo, plan: { ...demo.plan, paging: { roads: ROADS, room: 'MR' } } }
  const gateway = new PushedGateway(t, site, at('17:29:00', 7))
  const { rung } = roadsOf(t, gateway)
  await gateway.start()
  await gateway.runUntil(at('17:31:00', 7))
  const [checked] = gateway.happened('roster.checked')
  t.ok(
    checked?.gaps.some(
      ({ skill, region, from, to }) =>
        skill === 'lift' && region === 'north' && from <= at('23:40:00') && to >= at('23:41:00'),
    ),
    'lifts of the north, over the hour of the story',
  )
  t.strictSame(
    rung.map(({ person, road, purpose, subject, link }) => [person, road, purpose, subject, link]),
    ['card', 'sms'].map((road) => ['CE', road, 'gap_tomorrow', '2026-12-08', 'https://care.example/roster']),
  )
  t.ok(rung.every((page) => page.at >= '17:30:00' && page.at <= '17:30:05'))
})

t.test('story 1: the rescue, by the minute', { timeout: 200_000 }, async (t) => {
  const { gateway, site, car, does, rung, silenced, links, called } = await night(t)
  car.isStuck = true
  await gateway.runUntil(at('23:41:30'))
  const [order] = gateway.happened('order.opened')
  t.equal(clock(order!.seenAt), '23:41:00')
  t.strictSame(
    gateway.happened('task.opened').map(({ kind, to, dueAt }) => [kind, to, clock(dueAt)]),
    [
      ['comfort', 'G1', '23:46:00'],
      ['on_site', 'T2', '23:51:00'],
      ['rescue', 'LiftCo', '00:11:00'],
    ],
  )
  t.match(gateway.happened('task.uncovered'), [{ kind: 'rescue', to: 'CE' }])
  const task = (kind: string) => `${order!.order}-${kind}`
  const thrice = (who: string) => ['card', 'sms', 'voice'].map((road) => `${who.replace(' ', ` ${road} `)}`)
  t.strictSame(
    called('accept', '23:41:00', '23:41:06'),
    ['MR sounder', ...thrice('G1 comfort'), ...thrice('T2 on_site'), ...thrice('LiftCo rescue')].toSorted(),
    'by 23:41:05 the horn sounds, and each of the three is called by every road',
  )
  t.strictSame(called('told', '23:41:00', '23:41:06'), ['CE card', 'CE sms', 'PM card', 'PM sms'], 'CE and PM are told')
  t.strictSame(called('gap', '23:41:00', '23:41:06'), ['CE card'], "the roster's owner, of the gap")
  t.match(
    rung.find(({ person, road }) => person === 'LiftCo' && road === 'voice'),
    { to: { phone: site.plan.rescue!.lines[0] } },
    'the line is rung',
  )

  t.match(await does('23:42:00', { type: 'task.accept', task: task('rescue'), by: 'T2' }), { refused: 'not_certified' })
  const [alarm] = gateway.happened('alarm.raised')
  const acknowledged = await does('23:42:01', { type: 'alarm.acknowledge', alarm: alarm!.alarm, by: 'MR' })
  t.match(acknowledged, { done: ['alarm.acknowledged'] })
  t.strictSame(
    called('accept', '23:42:00', '23:42:06'),
    ['MR sounder', ...thrice('G1 comfort'), ...thrice('T2 on_site'), ...thrice('LiftCo rescue')].toSorted(),
    'no answer: all of them again after a minute',
  )
  t.strictSame(called('gap', '23:42:00', '23:42:06'), ['CE sms'], 'one text a minute for each person')
  t.match(await does('23:43:00', { type: 'task.contact', task: task('comfort'), by: 'G1' }), {
    done: ['task.contacted', 'task.confirmed'],
  })
  await gateway.runUntil(at('23:44:30'))
  t.notOk(
    called('accept', '23:43:01', '23:44:30').some((page) => page.endsWith('comfort')),
    'whoever speaks with them is called no more',
  )
  t.ok(
    called('accept', '23:43:00', '23:44:30').includes('MR sounder'),
    'the acknowledgement of 23:42 has cancelled nothing',
  )
  t.strictSame(
    gateway.happened('task.called').map(({ step, seenAt }) => `${step} ${clock(seenAt)}`),
    ['contractor 23:41:00', 'contractor_second 23:44:00'],
  )
  const second = rung.filter(({ person, road }) => person === 'LiftCo' && road === 'voice').at(-1)
  t.match(second, { to: { phone: site.plan.rescue!.lines[1] } }, 'the second number')
  t.match(await does('23:45:00', { type: 'task.arrive', task: task('on_site'), by: 'T2' }), { done: ['task.arrived'] })
  gateway.kill()
  await gateway.start()

  const text = rung.filter(({ person, road }) => person === 'LiftCo' && road === 'sms').at(-1)!
  t.match(text.link, /^https:\/\/care\.example\/accept#[\w-]{43}$/, 'the text carries a link')
  const link = links.open(text.link!.split('#')[1]!, '198.51.100.7')
  t.match(link, { task: task('rescue'), person: 'LiftCo' }, 'for this task alone')
  t.match(await does('23:46:30', { type: 'task.accept', task: link.task, by: link.person }), {
    done: ['task.accepted'],
  })
  links.spend(link)
  for (const { link: other } of rung.filter(({ person, road }) => person === 'LiftCo' && road === 'sms'))
    t.throws(() => links.open(other!.split('#')[1]!, '198.51.100.7'), { code: 'task_link_over' }, 'and is used up')
  t.match(gateway.happened('order.accepted'), [{ by: 'LiftCo' }], 'the order is his, too: its clocks stop with him')
  t.ok(silenced.length > 0 && silenced[0]! >= '23:46:30' && silenced[0]! <= '23:46:35', 'and the horn falls silent')
  await does('23:52:00', { type: 'task.contact', task: task('comfort'), by: 'G1' })

  const [notice] = gateway.happened('notice.published')
  t.ok(notice!.seenAt <= at('23:51:05'), `residents read of it at ${clock(notice!.seenAt)}`)
  t.match(notice, { ring: 'never', spares: ['B3-L1'], verifying: false })
  t.notOk(notice!.channels.includes('sms'), 'no text message')
  const document = gateway.life.queries.get('notices', notice!.notice)!
  t.match(noticeText(document, site, 'zh-CN', {}).body, /^3 号楼 2 号梯.*停用.*3 号楼 1 号梯正常运行/s)
  t.match(noticeText(document, site, 'en', {}).body, /^Building 3 lift 2.*Building 3 lift 1 is in service/s)

  await does('00:01:30', { type: 'task.contact', task: task('comfort'), by: 'G1' }, 9)
  t.match(await does('00:05:00', { type: 'task.arrive', task: task('rescue'), by: 'LiftCo' }, 9), {
    done: ['task.arrived'],
  })
  await does('00:11:00', { type: 'task.contact', task: task('comfort'), by: 'T2' }, 9)
  t.match(await does('00:14:00', { type: 'task.out', task: task('rescue'), by: 'LiftCo' }, 9), { done: ['task.out'] })
  t.strictSame(
    gateway.happened('task.missed').map(({ task: id, clock: which }) => `${id.split('-')[1]} ${which}`),
    ['rescue accept'],
    'only the first number did not answer',
  )
  t.same(
    gateway.happened('order.escalated').map(({ level, seenAt }) => [level, clock(seenAt)]),
    [[1, '23:44:00']],
    'level 1 once, and no other',
  )
  t.strictSame(
    rung.filter(({ purpose }) => purpose === 'level').map((page) => `${page.person} ${page.at.slice(0, 5)}`),
    ['CE 23:44', 'CE 23:44', 'CE 23:44'],
  )
  t.equal(gateway.happened('task.ended').length, 3)
  t.match(gateway.happened('order.finished'), [{ by: 'LiftCo' }])

  // Normal again 00:50, reset 00:52; ten minutes and three times the door: all-clear, and verified by the readings.
  await gateway.runUntil(at('00:49:56', 9))
  car.isStuck = false
  await gateway.runUntil(at('00:51:50', 9))
  t.match(await does('00:52:00', { type: 'alarm.reset', alarm: alarm!.alarm, by: 'CE' }, 9), {
    done: ['alarm.reset', 'alarm.closed'],
  })
  for (let turn = 0; turn < 6; turn++) {
    car.door = turn % 2 === 1
    await gateway.runUntil(at('00:53:00', 9) + turn * 10 * SECOND)
  }
  await gateway.runUntil(at('00:59:59', 9))
  t.equal(gateway.happened('order.verified').length, 0, 'not yet ten minutes')
  t.equal(gateway.happened('notice.all_clear').length, 0)
  await gateway.runUntil(at('01:01:00', 9))
  t.equal(gateway.happened('order.verified').length, 1)
  const [end, ...more] = gateway.happened('notice.all_clear')
  t.strictSame(more, [])
  t.equal(clock(end!.seenAt), '01:00:00')
  t.strictSame(
    [end!.homes, end!.channels],
    [notice!.homes, notice!.channels],
    'to those who were told, as they were told',
  )
  t.match(await does('01:10:00', { type: 'order.close', order: order!.order, by: 'LiftCo' }, 9), {
    refused: 'call_back_owed',
  })
  const calledBack = { type: 'order.call_back', order: order!.order, by: 'A', reached: true, solved: true } as const
  await does('09:00:00', calledBack, 9)
  t.match(gateway.happened('order.closed'), [{ order: order!.order }])
})

t.test(
  'story 1: nobody rode after the repair, so the all-clear waits for the doors',
  { timeout: 200_000 },
  async (t) => {
    const { gateway, car, does } = await night(t)
    car.isStuck = true
    await gateway.runUntil(at('23:51:30'))
    const { notice } = gateway.happened('notice.published')[0]!
    car.isStuck = false
    const early = await does('23:55:00', { type: 'notice.end', notice, by: 'CE' })
    t.match(early, { refused: 'sensor_still_tells' }, 'normal for three minutes: nobody says it sooner')
    await gateway.runUntil(at('00:30:00', 9))
    t.equal(gateway.happened('notice.all_clear').length, 0, 'half an hour normal, and no door has opened')
    for (let turn = 0; turn < 6; turn++) {
      car.door = turn % 2 === 1
      await gateway.runUntil(at('00:30:10', 9) + turn * 10 * SECOND)
    }
    await gateway.runUntil(at('00:31:10', 9))
    t.equal(gateway.happened('notice.all_clear').length, 1, 'the third time is enough')
  },
)

t.test(
  'story 1: an alarm button is answered in a minute; without an open door it is a rescue',
  { timeout: 200_000 },
  async (t) => {
    const { gateway, car, does, called } = await night(t)
    Object.assign(car, { runs: true, presses: true })
    await gateway.runUntil(at('23:40:05'))
    car.presses = false
    const [order] = gateway.happened('order.opened')
    t.match(order, { rule: 'B3-L2/alarm-button', class: 'P2' })
    t.match(gateway.happened('task.opened'), [{ kind: 'intercom', to: 'G1', dueAt: at('23:41:00') }])
    t.strictSame(
      called('accept', '23:40:00', '23:40:06'),
      ['G1 card intercom', 'G1 sms intercom', 'G1 voice intercom', 'MR sounder intercom'],
      'at night, too',
    )
    await gateway.runUntil(at('23:40:30'))
    // He gets out at the next floor.
    Object.assign(car, { runs: false, door: false })
    t.match(await does('23:40:40', { type: 'task.contact', task: `${order!.order}-intercom`, by: 'G1' }), {
      done: ['task.contacted', 'task.ended'],
    })
    await gateway.runUntil(at('23:44:59'))
    t.equal(gateway.happened('order.opened').length, 1, 'the door opened: no rescue')
    t.match(gateway.happened('order.closed'), [{ order: order!.order, by: 'telemetry' }])

    Object.assign(car, { runs: true, door: true, presses: true })
    await gateway.runUntil(at('23:45:05'))
    car.presses = false
    await gateway.runUntil(at('23:46:10'))
    const [, again, rescue] = gateway.happened('order.opened')
    t.strictSame(
      [again?.rule, rescue?.rule, rescue?.class],
      ['B3-L2/alarm-button', 'B3-L2/alarm-button-unanswered', 'P0'],
    )
    t.ok(rescue!.seenAt >= at('23:46:00') && rescue!.seenAt <= at('23:46:05'), clock(rescue!.seenAt))
    t.strictSame(gateway.happened('task.missed'), [], 'the rescue takes the place of a call that nobody answered')
    t.match(gateway.happened('task.ended').at(-1), { task: `${again!.order}-intercom`, how: 'rescue' })
    // He presses again: the same rescue.
    car.presses = true
    await gateway.runUntil(at('23:46:20'))
    t.equal(gateway.happened('order.opened').length, 3)
    t.match(gateway.happened('order.joined'), [{ order: rescue!.order, rule: 'B3-L2/alarm-button' }])
    t.equal(gateway.happened('task.opened').filter(({ kind }) => kind === 'rescue').length, 1)
  },
)

t.test(
  'story 1: a suspicion is found false by a voice and two names, and not by a look',
  { timeout: 200_000 },
  async (t) => {
    const { gateway, car, does } = await night(t)
    car.isStuck = true
    await gateway.runUntil(at('23:41:30'))
    const { order } = gateway.happened('order.opened')[0]!
    const row = () => gateway.life.queries.get('orders', order)!.tasks!.find(({ kind }) => kind === 'comfort')!
    t.equal(row().confirmed, undefined, 'suspected')
    const found = { type: 'order.find_false', order, by: 'G1', reason: '轿内无人' } as const
    const agreed = { type: 'order.approve_false', order } as const
    const [looked, saw] = ['looked_on_site', 'camera'] as const
    t.match(await does('23:42:00', { ...found, proof: looked }), { refused: 'proof_too_weak' })
    t.match(await does('23:42:05', { ...found, proof: saw }), { done: ['order.false_alarm_found'] })
    t.match(await does('23:42:10', { ...agreed, by: 'G1' }), { refused: 'needs_supervisor' })
    t.match(await does('23:42:15', { ...agreed, by: 'T2' }), { refused: 'needs_supervisor' })
    t.match(await does('23:42:30', { type: 'task.confirm', task: `${order}-comfort`, by: 'G1', via: 'camera' }), {
      done: ['task.confirmed'],
    })
    t.match(row().confirmed, { by: 'G1', via: 'camera' })
    t.equal(clock(row().dueAt), '23:46:00', 'no clock waits for it, and none is moved by it')
    t.match(await does('23:43:00', { ...agreed, by: 'CE' }), {
      done: ['order.false_alarm', 'order.closed'],
    })
    t.equal(gateway.happened('task.ended').length, 3, 'nobody is called any more')
  },
)

t.test('story 1, nobody accepts: 96333 at 23:47, 119 at 23:50, and no further', { timeout: 200_000 }, async (t) => {
  const { gateway, car, does } = await night(t)
  car.isStuck = true
  await gateway.runUntil(at('23:48:00'))
  const { order } = gateway.happened('order.opened')[0]!
  t.match(await does('23:48:00', { type: 'task.dial', task: `${order}-rescue`, by: 'G1', step: '96333' }), {
    done: ['task.dialled'],
  })
  await gateway.runUntil(at('23:59:00') + MINUTE)
  t.strictSame(
    gateway.happened('task.called').map(({ step, to, seenAt }) => `${step} ${to} ${clock(seenAt)}`),
    ['contractor LiftCo 23:41:00', 'contractor_second LiftCo 23:44:00', '96333 G1 23:47:00', '119 G1 23:50:00'],
  )
  const row = gateway.life.queries.get('orders', order)
  t.match(
    row?.tasks?.find(({ kind }) => kind === 'rescue')?.calls.find(({ step }) => step === '96333'),
    {
      dialledBy: 'G1',
    },
  )
})
