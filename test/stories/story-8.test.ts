/**
 * Story 8, the morning of two who are away: ten lists of 212 open orders, one leave known since Friday, one call at 07:20 that
 * somebody is sick.
 *
 * Not played, for this build does not have them: rounds and their tasks (these are orders), so that nobody's minutes are
 * counted, nothing is postponed for want of time, and no list is sent at 07:41; the photo of each tick, and what a sensor
 * covers.
 */
import t from 'tap'
import type { CommandBody } from '#rules/command.ts'
import type { Rule } from '#rules/plan.ts'
import type { Site } from '#gateway/site/site.ts'
import { asset, rule } from '../rules/alarm-site.ts'
import { devicesOfTheDemo } from './part-of-the-demo.ts'
import { PushedGateway } from './pushed-gateway.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** `14 07:20` is the Monday of the story. */
const at = (text: string) => Date.parse(`2026-12-${text.replace(' ', 'T')}:00+08:00`)
const clock = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(8, 16).replace('T', ' ')

/** What each of the ten has to do that morning, by the skill that it asks for. */
const LISTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  T1: { water: 20, electric: 6 },
  T2: { water: 18 },
  T3: { lift: 3, electric: 19 },
  CE: { water: 8 },
  G1: { security: 26 },
  S1: { notices: 30 },
  S2: { notices: 30 },
  A: { service: 20 },
  C1: { cleaning: 20 },
  C2: { cleaning: 12 },
}
type Job = Readonly<{ asset: string; skill: string; owner: string }>
const JOBS = Object.entries(LISTS).flatMap(([owner, skills]) =>
  Object.entries(skills).flatMap(([skill, count]) =>
    Array.from({ length: count }, (_, i): Job => ({ asset: `${owner}-${skill}-${i}`, skill, owner })),
  ),
)
/** Bins that are full on Monday evening, when nobody is there for them. */
const LATE = { asset: 'late', skill: 'cleaning', owner: '' }

/** The second steward is there for the south alone. */
const regionOf = (id: string) => (id.startsWith('S2') ? 'south' : 'north')

type Teardown = ConstructorParameters<typeof PushedGateway>[0]

/** The staff of the demonstration from Friday on, with the lists as they are given out on Sunday. */
async function lists(t: Teardown, from: string, certificateEnds = false) {
  const demo = devicesOfTheDemo(() => false)
  const rules = [...JOBS, LATE].map(({ asset: id, skill }): Rule =>
    // What is checked again by somebody else: it is seen to on any day, and pages at once.
    rule(id, { class: 'P7', priority: 'low', skill, validityMs: 30 * 24 * 60 * MINUTE }),
  )
  const site: Site = {
    ...demo,
    // No resident is told of any of this.
    channels: [],
    plan: {
      ...demo.plan,
      rules,
      assets: new Map(rules.map(({ asset: id }) => [id, asset(id, { homes: [], region: regionOf(id) })])),
      paging: { roads: ['card'], room: 'MR' },
      handovers: [{ id: 'repairs', name: 'Repairs', who: ['technician'], at: [7 * 60, 19 * 60] }],
    },
  }
  const gateway = new PushedGateway(t, site, at(from))
  await gateway.start()
  const does = async (time: string, body: CommandBody, id = `${body.type} ${time}`) => {
    await gateway.runUntil(at(time))
    const answer = gateway.life.pipeline.command({ ...body, id, actor: 'desk' } as never)
    await gateway.runUntil(gateway.time.now() + SECOND)
    return answer
  }
  const says = async (time: string, devices: readonly string[]) => {
    await gateway.runUntil(at(time))
    const readings = devices.map(
      (device) => ({ device, point: 'v', value: 99, quality: 'good', at: at(time) }) as const,
    )
    void gateway.submit({ source: 's', receivedAt: at(time), readings })
    await gateway.runUntil(at(time) + SECOND)
  }
  const by = 'PM'
  const away = { type: 'roster.grant_leave', person: 'C2', from: at('14 06:00'), to: at('15 06:00') } as const
  await does(from, { ...away, reason: 'leave', by })
  // The head is there early on Mondays.
  await does(from, { type: 'roster.add_duty', person: 'CE', from: at('14 07:00'), to: at('14 08:00'), by })
  if (certificateEnds)
    await does(from, { type: 'roster.withdraw_certificate', person: 'CE', certificate: 'lift-officer', by })

  await says(
    '13 16:30',
    JOBS.map((job) => job.asset),
  )
  const orderOf = new Map(gateway.happened('order.opened').map((opened) => [opened.asset, opened.order]))
  const rows = () => gateway.life.queries.list('orders', { state: 'open', limit: 500 }).items
  let commands = 0
  const sends = (body: CommandBody) =>
    void gateway.life.pipeline.command({ ...body, id: `desk ${++commands}`, actor: 'desk' } as never)
  /** Whoever was called takes what he was called for. */
  const take = async (minute: string) => {
    await gateway.runUntil(at(minute))
    for (const { id: order, state, assignee } of rows())
      if (state === 'dispatched' && assignee !== null) sends({ type: 'order.accept', order, by: assignee })
    await gateway.runUntil(at(minute) + SECOND)
  }
  // The head gives out the lists.
  await gateway.runUntil(at('13 16:31'))
  for (const job of JOBS)
    sends({ type: 'order.transfer', order: orderOf.get(job.asset)!, to: job.owner, reason: 'the list', by: 'CE' })
  await take('13 16:32')
  const sick = { ...away, person: 'T3', from: at('14 07:20'), reason: 'sick', by } as const
  return { gateway, orderOf, does, says, take, sick, rows }
}

const JOB_OF = new Map(JOBS.map((job) => [job.asset, job]))

t.test(
  'F64 story 8: two are away, and each order is in one pair of hands by 07:35',
  { timeout: 200_000 },
  async (t) => {
    const { gateway, orderOf, does, says, take, sick, rows } = await lists(t, '11 10:00')
    const ids = [...orderOf.values()].toSorted()
    const idsNow = () =>
      rows()
        .map(({ id }) => id)
        .toSorted()
    const listOf = (person: string) => rows().filter(({ assignee }) => assignee === person)
    t.equal(ids.length, 212)
    for (const [person, skills] of Object.entries(LISTS))
      t.equal(
        listOf(person).length,
        Object.values(skills).reduce((sum, count) => sum + count),
        person,
      )

    // Sunday half past five: the leave that was known since Friday is a gap of Monday.
    await gateway.runUntil(at('13 17:31'))
    const gaps = gateway.happened('roster.checked').at(-1)!
    t.equal(gaps.to, 'CE')
    t.strictSame(
      gaps.gaps.filter(({ skill }) => skill === 'cleaning').map(({ from, to }) => [clock(from), clock(to)]),
      [['14 18:00', '15 00:00']],
      'when the other cleaner has gone home',
    )

    await take('14 06:01')
    t.equal(listOf('C2').length, 0, 'what was given to C2 has gone to C1 as the leave begins')
    t.equal(listOf('C1').length, 32)

    // The change of shift: the night signs, the day signs.
    await gateway.runUntil(at('14 06:46'))
    const [sheet] = gateway.happened('handover.opened').slice(-1)
    t.strictSame([sheet!.outgoing, sheet!.incoming, clock(sheet!.changeAt)], [['T2'], ['T1', 'T3'], '14 07:00'])
    const signs = (time: string, by: string, handover = sheet!.handover) =>
      does(time, { type: 'handover.sign', handover, by })
    t.match(await signs('14 06:58', 'T2'), { done: ['handover.signed'] })
    t.match(await signs('14 07:03', 'T1'), { done: ['handover.signed'] })
    const signed = gateway.happened('handover.signed')
    t.strictSame(
      signed.map(({ side, items }) => [side, items.orders.length]),
      [
        ['outgoing', 212],
        ['incoming', 212],
      ],
      'with all that is open',
    )

    const before = gateway.seen.length
    t.match(await does('14 07:20', sick, 'the call of 07:20'), { done: ['roster.leave_granted'] })
    await take('14 07:21')
    await gateway.runUntil(at('14 07:35'))
    t.strictSame(idsNow(), ids, 'the same orders, each once')
    const given = gateway.seen.slice(before).filter((event) => event.type === 'order.dispatched')
    t.equal(given.length, 22, 'and nothing else moved')
    t.equal(new Set(given.map(({ order }) => order)).size, 22, 'nobody was given one twice')
    t.ok(
      given.every(({ seenAt }) => seenAt <= at('14 07:20') + SECOND),
      'at once',
    )
    t.equal(listOf('T3').length, 0)
    const ofT3 = (skill: string) => rows().filter((row) => JOB_OF.get(row.asset)!.owner === 'T3' && row.skill === skill)
    t.strictSame([...new Set(ofT3('lift').map(({ assignee }) => assignee))], ['CE'], 'the three to who may')
    t.strictSame(
      [...new Set(ofT3('electric').map(({ assignee }) => assignee))].toSorted((a, b) =>
        (a ?? '') < (b ?? '') ? -1 : 1,
      ),
      ['CE', 'T1'],
    )
    t.strictSame([listOf('T1').length, listOf('CE').length], [28, 28], 'nineteen by load: both have as many now')
    t.equal(listOf('T2').length, 18, 'who is at home gets none')
    t.ok(
      given.every(({ why }) => why.code === 'least_load'),
      'and each says why',
    )

    // Sent again, as by somebody who heard no answer; then asked once more by another.
    const seq = gateway.seen.at(-1)!.seq
    t.match(await does('14 07:36', sick, 'the call of 07:20'), { done: ['roster.leave_granted'] })
    t.match(await does('14 07:37', { ...sick, from: at('14 07:37') }), { refused: 'already_on_leave' })
    t.equal(gateway.seen.at(-1)!.seq, seq, 'adds nothing')
    gateway.kill()
    await gateway.start()
    await gateway.runUntil(at('14 07:50'))
    t.strictSame(idsNow(), ids)
    t.equal(gateway.seen.filter((event) => event.seq > seq && event.type.startsWith('order.')).length, 0)

    await says('14 18:30', [LATE.asset])
    const late = rows().find((row) => row.asset === LATE.asset)!
    t.strictSame([late.assignee, late.why?.code], ['PM', 'nobody_on_duty'], 'as it was said on Sunday')
    t.match(gateway.happened('roster.gap_found').at(-1), { order: late.id, skill: 'cleaning', to: 'CE' })

    // In the evening one side does not sign: the head hears of it a quarter of an hour after.
    await gateway.runUntil(at('14 18:50'))
    const evening = gateway.happened('handover.opened').at(-1)!
    t.strictSame([evening.outgoing, evening.incoming], [['T1'], ['T2']], 'who is sick hands nothing over')
    t.match(await signs('14 18:58', 'T1', evening.handover), { done: ['handover.signed'] })
    await gateway.runUntil(at('14 20:00'))
    const overdue = gateway.happened('handover.overdue').filter(({ handover }) => handover === evening.handover)
    t.match(overdue, [{ missing: ['incoming'], to: ['CE'] }])
    t.strictSame(
      overdue.map(({ seenAt }) => clock(seenAt)),
      ['14 19:15'],
    )

    const paged = gateway.happened('page.sent').filter((page) => page.seenAt >= at('14 06:00'))
    const isTold = (person: string, from: string) =>
      paged.some((page) => page.person === person && page.seenAt >= at(from))
    t.notOk(isTold('C2', '14 06:00'), 'C2 is left alone')
    t.notOk(isTold('T3', '14 07:20'), 'and so is T3')
    const cards = (person: string) => paged.filter((page) => page.person === person && page.purpose === 'accept').length
    t.strictSame([cards('C1'), cards('T1'), cards('CE')], [12, 2, 20], 'each new owner is called for each')
    t.ok(paged.some(({ person, purpose }) => person === 'CE' && purpose === 'handover'))
  },
)

t.test(
  'F64 story 8, nobody holds the certificate: uncovered by law, and the manager knows',
  { timeout: 200_000 },
  async (t) => {
    const { gateway, orderOf, does, take, sick, rows } = await lists(t, '13 16:00', true)
    await does('14 07:20', sick)
    await take('14 07:21')
    await gateway.runUntil(at('14 07:35'))
    const lifts = [...orderOf].filter(([id]) => JOB_OF.get(id)?.skill === 'lift').map(([, order]) => order)
    const uncovered = rows().filter(({ id }) => lifts.includes(id))
    t.strictSame(
      uncovered.map(({ assignee, why }) => [assignee, why?.code, why?.params.certificate]),
      lifts.map(() => ['PM', 'no_certificate', 'lift-officer']),
    )
    const gaps = gateway.happened('roster.gap_found')
    t.strictSame(
      gaps.map(({ order, to, certificate, seenAt }) => [order, to, certificate, seenAt <= at('14 07:35')]),
      lifts.flatMap((order) => [
        [order, 'CE', 'lift-officer', true],
        [order, 'PM', 'lift-officer', true],
      ]),
      'the head and the manager, of each',
    )
    const called = gateway
      .happened('page.sent')
      .filter(({ person, subject }) => person === 'PM' && lifts.includes(subject))
    t.equal(called.length, 3, 'and the manager is called to take them')
    const moved = rows().filter((row) => JOB_OF.get(row.asset)!.owner === 'T3' && row.skill === 'electric')
    t.ok(moved.every(({ assignee }) => assignee === 'T1' || assignee === 'CE'))
    t.equal(moved.length, 19, 'the others are in hands all the same')
    t.equal(rows().length, 212)
  },
)
