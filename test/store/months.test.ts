import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Journal } from '#gateway/store/journal.ts'
import { countMonth } from '#gateway/store/month-query.ts'
import { openForWriting } from '#gateway/store/schema.ts'
import type { Draft, Event } from '#rules/event.ts'
import { Flow } from '#rules/flow.ts'
import { monthStage } from '#rules/months/months.ts'
import { at } from '#test/rules/order-site.ts'

const HOUR = 3_600_000

/** Months counted by the core and kept in a file. */
function kept(t: { teardown(end: () => unknown): void }) {
  const flow = new Flow([], [monthStage({ timeZone: 'Asia/Shanghai', assets: new Map(), staff: [] })])
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-months-'))
  const db = openForWriting(join(folder, 'journal.db'), 'journal.db')
  t.teardown(() => {
    db.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const journal = new Journal(db)
  const write = (events: readonly Event[]) =>
    journal.write({ batches: [], series: [], answers: [], keyframe: null, snapshot: null, readingsUpto: 0, events })
  return {
    records: (time: string, draft: object) =>
      write(flow.record({ trace: 'x', by: 'T1', ...draft } as unknown as Draft, at(time))),
    passes: (time: string) => write(flow.advance(at(time))),
    count: (month: string, now: string) =>
      countMonth(db, { month, timeZone: 'Asia/Shanghai', homes: 0, now: at(now), version: 1 }),
  }
}
const opened = (order: string, ofClass = 'P2', more: object = {}) => {
  const what = { incident: order, alarm: '', rule: '', asset: 'A', skill: 'w', region: 'r', closesItself: false }
  return { type: 'order.opened', order, class: ofClass, ...what, ...more }
}

t.test('F18 rows follow the wall of each event, as the core does', async (t) => {
  const site = kept(t)
  site.records('31 10:00', { type: 'gateway.started', epoch: 'e', after: null, blindFrom: null, wallOffsetMs: -HOUR })
  // Half an hour after midnight by site time: still January on the wall, and its day ends an hour later.
  site.records('32 00:30', opened('W1', 'P4b', { source: 'resident' }))
  site.records('32 00:45', { type: 'order.finished', order: 'W1' })
  site.records('32 00:59', { type: 'order.verified', order: 'W1' })
  site.records('32 00:59', { type: 'clock.stepped', byMs: HOUR })
  site.records('32 00:59', opened('W2'))
  t.match(site.count('2026-01', '33 00:00'), {
    frozen: null,
    figures: { total: { opened: 1, verified: 1 }, repairs: { n: 1, sameDay: 1 } },
  })
  t.match(site.count('2026-02', '33 00:00'), { frozen: null, figures: { total: { opened: 1, verified: 0 } } })
  site.passes('36 00:00')
  t.match(site.count('2026-01', '40 00:00'), { frozen: { isSame: true, at: at('36 00:00') }, corrections: [] })
})

t.test('an order that a clock set back puts into a frozen month is a correction of it', async (t) => {
  const site = kept(t)
  site.records('20 10:00', opened('W1', 'P5'))
  site.passes('36 00:00')
  site.records('36 01:00', { type: 'clock.stepped', byMs: -10 * 24 * HOUR })
  site.records('36 02:00', opened('W2'))
  site.records('36 03:00', { type: 'order.ticked', order: 'W2', rule: 'r', item: 0, done: true })
  const { frozen, figures, corrections } = site.count('2026-01', '60 00:00')
  t.match(frozen, { isSame: true, figures: { total: { opened: 1 } } })
  t.match(figures, { total: { opened: 2 }, complaints: { longestMs: at('36 00:00') - at('20 10:00') } })
  t.match(corrections, [{ type: 'order.opened', subject: 'W2' }])
  t.equal(corrections.length, 1)
})

t.test('what changes no figure is no correction', async (t) => {
  const site = kept(t)
  site.records('20 10:00', opened('W1'))
  site.records('20 11:00', { type: 'order.accepted', order: 'W1', alarms: [] })
  site.passes('36 00:00')
  site.records('37 10:00', { type: 'order.accepted', order: 'W1', alarms: [] })
  site.records('37 11:00', { type: 'order.finished', order: 'W1' })
  t.strictSame(
    site.count('2026-01', '60 00:00').corrections.map(({ type, by }) => [type, by]),
    [['order.finished', 'T1']],
  )
})
