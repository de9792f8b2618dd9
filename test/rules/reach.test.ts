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

t.test('over the cap nothing that costs goes out before somebody else agrees', async (t) => {
  const site = outage()
  site.address(20_001)
  t.equal(site.lines().length, 0)
  t.ok(site.tasks().length > 0, 'a door costs nothing')
  const approve = { type: 'notice.approve_cost', notice: site.notice } as const
  t.match(site.does({ ...approve, by: 'S1' }), { refused: 'other_person_needed', params: { person: 'S1' } })
  t.match(site.does({ ...approve, by: 'nobody' }), { refused: 'unknown_person' })
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
