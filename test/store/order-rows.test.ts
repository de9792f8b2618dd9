import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { clocksView } from '#gateway/api/views/order-clocks.ts'
import type { OrderDocument } from '#gateway/store/documents.ts'
import { Journal } from '#gateway/store/journal.ts'
import { openForWriting } from '#gateway/store/schema.ts'
import { at, orderSite, said } from '#test/rules/order-site.ts'

t.test('an order that rose shows the clocks that supervision goes by', async (t) => {
  const site = orderSite('P2')
  site.says('6 08:00', 20)
  const { order, alarm, rule, asset, closesItself } = site.of('order.opened')[0]!
  site.records('6 09:00', { type: 'order.joined', order, alarm, rule, asset, class: 'P1', closesItself, trace: 'x' })
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-rows-'))
  const db = openForWriting(join(folder, 'journal.db'), 'journal.db')
  t.teardown(() => {
    db.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const group = { batches: [], series: [], answers: [], keyframe: null, snapshot: null, readingsUpto: 0 }
  new Journal(db).write({ ...group, events: site.events })
  const { doc } = db.prepare('select doc from orders').get() as { doc: string }
  const clock = { now: () => at('6 09:01'), wallOffsetMs: () => 0 }
  const clocks = clocksView(site, clock, said)(JSON.parse(doc) as OrderDocument) as { clock: string; dueAt: string }[]
  t.strictSame(
    clocks.map(({ clock: name, dueAt }) => `${name} ${dueAt}`),
    // What P2 promised for taking it stands; all else P1 promises from nine o'clock.
    ['ack 6 08:15', 'arrive 6 09:30', 'restore 6 13:00', 'feedback 6 09:15'],
  )
})
