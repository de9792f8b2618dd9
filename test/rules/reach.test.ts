import t from 'tap'
import { QuietHours } from '#rules/quiet-hours.ts'
import { HOUR, NIGHT, NOON, plan, reachSite, S, WAYS } from './reach-site.ts'

const MINUTE = 60 * S

/** An outage of A, published by the steward. */
function outage(start = NOON, own = plan) {
  const site = reachSite(start, own)
  site.says('A', 20)
  const [notice] = site.of('notice.drafted')
  site.does({ type: 'notice.confirm', notice: notice!.notice, by: 'S1' })
  return { ...site, notice: notice!.notice }
}
const said = (lines: readonly { home: string; contact: string; channel: string }[]) =>
  lines.map(({ home, contact, channel }) => `${home} ${contact} ${channel}`)
const over = (site: ReturnType<typeof reachSite>) => {
  site.says('A', 1)
  site.wait(2 * MINUTE)
}

t.test('each home by its first way; without one, or with somebody who needs more, a person goes', async (t) => {
  const site = outage()
  site.address()
  t.strictSame(said(site.lines()), ['B1-0101 c1 sms', 'B1-0102 c3 sms', 'B1-0202 c4 sms'])
  t.strictSame(
    site.tasks().map(({ kind, why, homes }) => `${homes.join()} ${kind} ${why}`),
    ['B1-0201 door no_contact', 'B1-0202 door tagged'],
  )
})

t.test('asked twice for one event, after a restart or by another command, nobody is told twice', async (t) => {
  const site = outage()
  site.address()
  const { cause, homes, phase } = site.of('notice.addressed')[0]!
  site.restart('snapshot')
  const again = { type: 'notice.address', notice: site.notice, phase, cause, homes, informed: 0, cost: 0 } as const
  t.equal(site.does(again), null)
  t.equal(site.lines().length, 3)
  t.equal(site.of('notice.addressed').length, 1, 'nor counted twice')
  t.match(site.does({ ...again, notice: 'N999' }), { refused: 'unknown_notice' })
})

t.test('F65: a number that is none ends in the next way, then at the door; the others go on', async (t) => {
  const site = outage()
  site.address()
  const [first, second] = site.open()
  site.settle(first!.id, 'failed')
  t.strictSame(said(site.open().slice(-1)), ['B1-0101 c1 mail'])
  site.settle(site.open().at(-1)!.id, 'failed')
  t.strictSame(said(site.open().slice(-1)), ['B1-0101 c2 sms'])
  site.settle(site.open().at(-1)!.id, 'failed')
  t.match(site.tasks().at(-1), { homes: ['B1-0101'], kind: 'door', why: 'no_answer' })
  site.settle(second!.id, 'failed')
  t.match(site.tasks().at(-1), { homes: ['B1-0102'], why: 'no_answer' })
  // The provider's receipt came late: it arrived all the same, and nobody has to go.
  site.settle(second!.id, 'delivered')
  t.notOk(site.tasks().some(({ homes }) => homes.includes('B1-0102')))
  t.ok(
    site.open().some(({ home }) => home === 'B1-0202'),
    'and the rest of the batch is under way',
  )
})

t.test('a line that the outbox takes to another channel goes on there, and ends there', async (t) => {
  const site = outage()
  site.address()
  const [line] = site.open().filter(({ home }) => home === 'B1-0102')
  const settle = { type: 'message.settle', notice: site.notice, trace: 'x', channel: 'sms' } as const
  site.does({ ...settle, message: line!.id, result: 'failed', reason: 'http_500', next: 'mail' })
  t.notOk(
    site.tasks().some(({ homes }) => homes.includes('B1-0102')),
    'nobody goes while it is under way',
  )
  const { seq } = site.of('message.settled')[0]!
  site.does({ ...settle, message: `${site.notice}-${seq}-mail`, result: 'delivered' })
  over(site)
  t.ok(said(site.lines().filter(({ phase }) => phase === 'all_clear')).includes('B1-0102 c3 mail'))
})

t.test('at night nobody is rung up but who must act; in the morning the others, if it is still true', async (t) => {
  const site = outage(NIGHT)
  site.says('B', 20)
  const [, other] = site.of('notice.drafted')
  site.does({ type: 'notice.confirm', notice: other!.notice, by: 'S1' })
  site.address()
  t.strictSame(said(site.lines()), ['B1-0301 c5 sms'], 'now, for they must act')
  t.equal(site.tasks().length, 0, 'and nobody knocks at a door')
  const { heldUntil } = site.of('notice.addressed')[0]!
  t.equal(heldUntil, NIGHT + 7.5 * HOUR, '06:30')
  site.restart('events')
  site.wait(7 * HOUR)
  t.equal(site.lines().length, 1)
  site.wait(31 * MINUTE)
  t.strictSame(said(site.lines().slice(1)), ['B1-0101 c1 sms', 'B1-0102 c3 sms', 'B1-0202 c4 sms'])
  t.ok(site.tasks().length >= 2)
})

t.test('over before the morning: nobody hears of a beginning, nor of an end', async (t) => {
  const site = outage(NIGHT)
  site.address()
  site.wait(HOUR)
  over(site)
  t.equal(site.of('notice.all_clear').length, 1)
  site.wait(9 * HOUR)
  t.strictSame([site.lines().length, site.tasks().length], [0, 0])
})

t.test('F16: what waits for the morning waits for that of the wall, whenever its clock is set', async (t) => {
  for (const [step, from] of [
    [3 * HOUR, 'snapshot'],
    [-3 * HOUR, 'events'],
  ] as const) {
    const site = outage(NIGHT)
    site.address()
    site.steps(step)
    site.restart(from)
    site.wait(7.5 * HOUR - step - MINUTE)
    t.equal(site.lines().length, 0, `${step} ms: still night`)
    site.wait(2 * MINUTE)
    t.equal(site.lines().length, 3, `${step} ms: 06:30 on the wall`)
  }
})

t.test('a door that nobody goes to does not keep a notice for ever', async (t) => {
  const site = outage()
  site.address()
  for (const { task } of site.tasks()) site.does({ type: 'reach.finish_task', task, by: 'T1', result: 'told' })
  over(site)
  t.ok(site.tasks().length > 0, 'a sheet is owed')
  const kept = () => site.stage('reach').notices.length
  site.wait(6 * 24 * HOUR)
  t.equal(kept(), 1, 'for a week somebody may still go')
  site.wait(2 * 24 * HOUR)
  t.strictSame([site.tasks().length, kept()], [0, 0])
})

t.test('over the cap nothing that costs goes out before somebody else agrees', async (t) => {
  const site = outage()
  site.address(20_001)
  t.equal(site.lines().length, 0)
  t.ok(site.tasks().length > 0, 'a door costs nothing')
  const approve = { type: 'notice.approve_cost', notice: site.notice } as const
  t.match(site.does({ ...approve, by: 'S1' }), { refused: 'other_person_needed', params: { person: 'S1' } })
  t.match(site.does({ ...approve, by: 'nobody' }), { refused: 'unknown_person' })
  t.match(
    site.does({ ...approve, by: 'PM' }, 'S1'),
    { refused: 'other_person_needed' },
    'another name, the same account',
  )
  t.equal(site.does({ ...approve, by: 'PM' }), null)
  t.equal(site.lines().length, 3)
  t.match(site.does({ ...approve, by: 'PM' }), { refused: 'wrong_state' })
})

t.test('the end: by what reached them; told at the door, on a sheet; tagged ones by a call', async (t) => {
  const site = outage()
  site.address(0, { ...WAYS, 'B1-0202': { ways: [], action: 'call' } })
  const [first, second] = site.open()
  site.settle(first!.id, 'delivered')
  site.settle(second!.id, 'accepted')
  for (const { task } of site.tasks()) site.does({ type: 'reach.finish_task', task, by: 'T1', result: 'told' })
  over(site)
  t.strictSame(said(site.lines().filter(({ phase }) => phase === 'all_clear')), ['B1-0101 c1 sms', 'B1-0102 c3 sms'])
  t.strictSame(
    site.tasks().map(({ kind, homes, entrance }) => `${kind} ${homes.join()} ${entrance ?? ''}`),
    ['call B1-0202 ', 'sheet B1-0201 B1'],
  )
  t.match(site.does({ type: 'reach.finish_task', task: 'D0-0', by: 'T1', result: 'told' }), { refused: 'unknown_task' })
})

t.test(
  'whoever hears of it by a later word alone hears the end as well, also when that word arrives after it',
  async (t) => {
    const site = outage()
    site.address()
    const [line] = site.open().filter(({ home }) => home === 'B1-0102')
    site.settle(line!.id, 'accepted')
    site.does({ type: 'notice.update', notice: site.notice, by: 'S1', text: 'a pipe burst' })
    const [word] = site.open().filter(({ home, phase }) => home === 'B1-0102' && phase === 'updated')
    site.settle(line!.id, 'failed')
    over(site)
    const ends = () => said(site.lines().filter(({ home, phase }) => home === 'B1-0102' && phase === 'all_clear'))
    t.strictSame(ends(), [], 'nothing had reached them')
    site.settle(word!.id, 'delivered')
    t.strictSame(ends(), ['B1-0102 c3 sms'])
  },
)

t.test('an end that does not arrive goes by the other ways, and in the end a person rings up', async (t) => {
  const site = outage()
  site.address()
  const [first] = site.open()
  site.settle(first!.id, 'delivered')
  over(site)
  for (const expected of ['B1-0101 c1 sms', 'B1-0101 c1 mail', 'B1-0101 c2 sms']) {
    const line = site.open().findLast(({ phase }) => phase === 'all_clear')!
    t.strictSame(said([line]), [expected])
    site.settle(line.id, 'failed')
  }
  t.match(site.tasks(), [{ kind: 'call', why: 'no_answer', homes: ['B1-0101'] }])
})

t.test('quiet hours by the clock on the wall, over midnight and not', async (t) => {
  const at = (hour: number, minute = 0) => Date.UTC(2026, 11, 8, hour - 8, minute)
  const untilOf = (time: number, hours: { quietFrom: number; quietTo: number }) => {
    const quiet = new QuietHours('Asia/Shanghai', hours)
    return quiet.isQuiet(time) ? quiet.morningAfter(time) : null
  }
  const night = { quietFrom: 22 * 60, quietTo: 6 * 60 + 30 }
  for (const [time, until] of [
    [at(21, 59), null],
    [at(22), at(30, 30)],
    [at(24, 30), at(30, 30)],
    [at(6, 29) + 59_999, at(6, 30)],
    [at(6, 30), null],
    [at(12), null],
  ] as const)
    t.equal(untilOf(time, night), until, new Date(time).toISOString())
  t.equal(untilOf(at(13), { quietFrom: 12 * 60, quietTo: 14 * 60 }), at(14))
})

t.test('nobody was there: somebody tries again, by day, three times in all, until it is over', async (t) => {
  const site = outage()
  site.address()
  const [noContact, tagged] = site.tasks()
  const not = (task: string) =>
    t.equal(site.does({ type: 'reach.finish_task', task, by: 'S1', result: 'not_met' }), null)
  const open = () => site.tasks().map(({ homes, kind, why, attempt, after }) => ({ homes, kind, why, attempt, after }))
  not(noContact!.task)
  t.equal(open().length, 1, 'nobody runs back at once')
  site.wait(2 * HOUR - S)
  t.equal(open().length, 1)
  site.restart('snapshot')
  site.wait(S)
  const second = site.tasks().at(-1)!
  t.match(open().at(-1), { homes: ['B1-0201'], kind: 'door', why: 'no_contact', attempt: 2, after: noContact!.task })
  site.restart('events')
  t.strictSame(site.tasks().at(-1), second)
  not(second.task)
  site.wait(2 * HOUR)
  const third = site.tasks().at(-1)!
  t.equal(third.attempt, 3)
  not(third.task)
  site.wait(24 * HOUR)
  t.strictSame(
    open().map(({ homes }) => homes),
    [['B1-0202']],
    'three times, then it stays unreached',
  )
  site.does({ type: 'reach.finish_task', task: tagged!.task, by: 'S1', result: 'told' })
  site.wait(3 * HOUR)
  t.equal(open().length, 0, 'who was told is not asked for again')

  // Over meanwhile: nobody goes; at night nobody knocks.
  for (const [start, wait, name] of [
    [NOON, 2 * HOUR, 'by day'],
    [NOON + 9 * HOUR, 9.5 * HOUR, 'in the morning'],
  ] as const) {
    const other = outage(start)
    other.address()
    const [first] = other.tasks()
    other.does({ type: 'reach.finish_task', task: first!.task, by: 'S1', result: 'not_met' })
    other.wait(wait - MINUTE)
    t.equal(other.tasks().length, 1, name)
    other.wait(MINUTE)
    t.equal(other.tasks().length, 2, name)
  }
  const ended = outage()
  ended.address()
  ended.does({ type: 'reach.finish_task', task: ended.tasks()[0]!.task, by: 'S1', result: 'not_met' })
  over(ended)
  ended.wait(3 * HOUR)
  t.equal(ended.tasks().length, 0)
})

t.test('F65 it arrived after all: nobody tries again', async (t) => {
  const site = outage()
  site.address()
  const [, second] = site.open()
  site.settle(second!.id, 'failed')
  const { task } = site.tasks().at(-1)!
  site.does({ type: 'reach.finish_task', task, by: 'S1', result: 'not_met' })
  site.settle(second!.id, 'delivered')
  site.wait(3 * HOUR)
  t.notOk(site.tasks().some(({ homes }) => homes.includes('B1-0102')))
})

t.test('opened is noted once for a home and notice, while it runs; it is never reached', async (t) => {
  const site = outage()
  site.address()
  const opens = (home: string) => site.does({ type: 'reach.open', notice: site.notice, home })
  opens('B1-0101')
  site.restart('snapshot')
  opens('B1-0101')
  opens('B1-0201')
  t.strictSame(
    site.of('reach.opened').map(({ home }) => home),
    ['B1-0101', 'B1-0201'],
  )
  t.equal(site.tasks().length, 2, 'somebody still goes to the door')
  over(site)
  for (const { id } of site.open()) site.settle(id, 'delivered')
  site.wait(72 * HOUR)
  opens('B1-0102')
  t.equal(site.of('reach.opened').length, 2, 'and not when it is long over')
  t.equal(site.does({ type: 'reach.open', notice: 'N999', home: 'B1-0101' }), null)
})

const DAY = 24 * HOUR
const sheetsOf = (site: ReturnType<typeof reachSite>) =>
  site
    .tasks()
    .flatMap(({ kind, why, entrance, homes, dueAt }) =>
      kind === 'sheet'
        ? [`${entrance} ${why} ${homes.join()}${dueAt === undefined ? '' : ` ${(dueAt - NOON) / HOUR} h`}`]
        : [],
    )
const hangs = (site: ReturnType<typeof reachSite>) => {
  for (const { task, kind } of site.tasks())
    if (kind === 'sheet') t.equal(site.does({ type: 'reach.finish_task', task, by: 'T1', result: 'told' }), null)
}

t.test('whoever loses only a stand-in reads it at the entrance, and its end there', async (t) => {
  const { 'B1-0101': told, ...others } = WAYS
  const two = {
    ...plan,
    entrances: [
      { ...plan.entrances![0]!, id: 'E1', numbers: [1] },
      { ...plan.entrances![0]!, id: 'E2', numbers: [2] },
    ],
  }
  for (const from of ['events', 'snapshot'] as const) {
    const site = outage(NIGHT, two)
    site.address(50_000, { 'B1-0101': told! })
    t.strictSame(
      sheetsOf(site),
      ['E2 informed B1-0102,B1-0202', 'E1 informed B1-0201'],
      'also at night, and over the cap: it wakes nobody and costs nothing',
    )
    site.restart(from)
    hangs(site)
    t.strictSame(sheetsOf(site), [])
    t.ok(site.restart(from).isSame)
    over(site)
    t.strictSame(sheetsOf(site), ['E2 end_of_sheet B1-0102,B1-0202', 'E1 end_of_sheet B1-0201'])
    hangs(site)
    site.wait(72 * HOUR)
    t.equal((site.stage('reach') as { notices: unknown[] }).notices.length, 0, 'and then it is over')
  }
  const never = outage(NOON, two)
  never.address(0, { 'B1-0101': told! })
  over(never)
  t.strictSame(sheetsOf(never), [], 'where none was hung up, none says that it is over')
  const mixed = outage()
  mixed.address(0, others)
  hangs(mixed)
  const door = mixed.tasks().find(({ kind, why }) => kind === 'door' && why === 'no_contact')!
  t.same(door.homes, ['B1-0201'], 'a sheet spares nobody a visit')
  mixed.does({ type: 'reach.finish_task', task: door.task, by: 'T1', result: 'told' })
  over(mixed)
  t.strictSame(sheetsOf(mixed), ['B1 end_at_door B1-0101,B1-0201'], 'one sheet an entrance')
})

t.test('planned work hangs at each entrance a day before; another time hangs anew', async (t) => {
  const site = reachSite()
  const from = NOON + 3 * DAY
  const said = { kind: 'water-off', work: 'tank', rules: [], by: 'S1' } as const
  t.equal(site.does({ type: 'notice.plan', assets: ['A'], from, to: from + HOUR, ...said }), null)
  site.address()
  const homes = 'B1-0101,B1-0102,B1-0201,B1-0202'
  t.strictSame(sheetsOf(site), [`B1 planned ${homes} 48 h`])
  t.strictSame(
    site.tasks().flatMap(({ kind, dueAt }) => (kind === 'door' ? [dueAt] : [])),
    [from - DAY, from - DAY],
    'doors as well',
  )
  const [line] = site.open().filter(({ home }) => home === 'B1-0102')
  site.settle(line!.id, 'failed')
  t.match(site.tasks().at(-1), { kind: 'door', why: 'no_answer', homes: ['B1-0102'] }, 'a sheet spares no visit')
  const { notice } = site.of('notice.scheduled')[0]!
  const moves = (days: number) =>
    t.equal(
      site.does({
        type: 'notice.reschedule',
        notice,
        from: NOON + days * DAY,
        to: NOON + days * DAY + HOUR,
        by: 'S1',
        reason: 'rain',
      }),
      null,
    )
  moves(4)
  t.strictSame(sheetsOf(site), [`B1 planned ${homes} 72 h`], 'not two of them')
  hangs(site)
  moves(5)
  t.strictSame(sheetsOf(site), [`B1 planned ${homes} 96 h`], 'what hangs is wrong now')
  site.restart('snapshot')
  t.ok(site.restart('events').isSame)
  site.does({ type: 'notice.plan', assets: ['A', 'B'], from: NOON + 5 * DAY, to: NOON + 5 * DAY + HOUR, ...said })
  site.address()
  t.equal(sheetsOf(site).length, 1, 'what joins a plan hangs on the same sheet')
  site.does({ type: 'notice.cancel', notice, by: 'S1', reason: 'x' })
  t.match(sheetsOf(site), [/^B1 end_of_sheet/], 'the old one still hangs')
})

t.test('an address of an older journal, which only counts who is informed, still applies', async (t) => {
  const site = outage()
  const { seq: cause } = site.of('notice.published')[0]!
  const old = {
    type: 'notice.address',
    notice: site.notice,
    phase: 'published',
    cause,
    homes: [],
    informed: 4,
    cost: 0,
  } as const
  t.equal(site.does(old), null)
  t.strictSame([sheetsOf(site).length, site.of('notice.addressed')[0]!.informed], [0, 4])
})
