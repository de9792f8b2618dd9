import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Accounting } from '#gateway/accounting.ts'
import type { Channel } from '#gateway/channels/channel.ts'
import { monotonicNow, siteClock } from '#gateway/clock.ts'
import { outbox } from '#gateway/outbox/outbox.ts'
import { Pipeline } from '#gateway/pipeline.ts'
import { systemRandom } from '#gateway/random.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { OutboxRows } from '#gateway/store/outbox-rows.ts'
import { openStore } from '#gateway/store/store.ts'
import type { Draft, Event } from '#rules/event.ts'
import { coreOf } from '#rules/core.ts'
import { simSite } from '#test/sim/estate.ts'
import { until } from '#test/fakes/until.ts'
import type { Figure } from './figure.ts'

const NOTICES = 50
const CONTACTS = 3_000
const DRAIN_MS = 15_000

/** The real outbox, core and store with 150,000 messages queued; only the providers are at hand, and answer at once. */
export async function benchOutbox(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-bench-'))
  const site = simSite()
  queue(folder)
  const store = await openStore(folder)
  const clock = siteClock({ newestAt: await store.write.newestAt(), speed: 1 })
  const pipeline = new Pipeline({
    store: store.write,
    makeFlow: () => coreOf(site.plan),
    plan: 'bench',
    siteHash: site.hash,
    version: 'bench',
    epoch: 'bench',
    clock,
    accounting: new Accounting(),
    log: () => {},
    known: () => {},
    fatal: (error) => {
      throw error
    },
    committed: (_, events) => {
      if (events.some((event) => 'homes' in event)) box.nudge()
    },
  })
  let sent = 0
  let toldAt: number | null = null
  const sms: Channel = {
    id: 'sms',
    reach: 'person',
    inFlight: 8,
    send: () => Promise.resolve({ outcome: 'accepted', ref: `biz-${++sent}` }),
  }
  const bot: Channel = {
    id: 'bot',
    reach: 'group',
    limit: { most: 20, windowMs: 60_000 },
    send() {
      toldAt ??= monotonicNow()
      return Promise.resolve({ outcome: 'delivered' })
    },
  }
  const stopping = new AbortController()
  await pipeline.start()
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  const box = outbox({
    site,
    channels: [sms, bot],
    store: store.write,
    noticeOf: (id) => store.read.get('notices', id),
    addressOf: (contact) => Promise.resolve({ to: `139${contact.slice(1)}`, language: 'zh-CN' }),
    command: (command) => pipeline.command(command),
    clock,
    random: systemRandom(),
    log: () => {},
  })
  const running = box.run(stopping.signal)
  const begunAt = monotonicNow()
  await new Promise((resolve) => setTimeout(resolve, DRAIN_MS / 2))
  const publishedAt = monotonicNow()
  const told = { homes: ['h'], channels: ['bot'] }
  const about = { order: 'W1', kind: 'water-off', alarm: 'A1', rule: 'r', asset: 'P2' }
  await pipeline.record({ type: 'notice.drafted', notice: 'N9999', ...about, homes: ['h'], trace: 't' } as Draft)
  await pipeline.record({
    type: 'notice.published',
    notice: 'N9999',
    by: 'x',
    verifying: false,
    ...told,
    trace: 't',
  } as Draft)
  await until('the first message is with its provider', () => toldAt !== null)
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, DRAIN_MS - (monotonicNow() - begunAt))))
  const drained = (sent / (monotonicNow() - begunAt)) * 1_000
  const grownMb = (process.memoryUsage().rss - before) / 1e6
  stopping.abort(new Error('stopping'))
  await running
  await pipeline.stop()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
  return [
    { name: '150,000 messages queued: memory it takes to drain them', value: grownMb, unit: 'MB', goal: '≤ 50 MB' },
    { name: '… drained, each durable before and after', value: drained, unit: '/s', goal: '≥ 100/s' },
    { name: '… published → first message with its provider', value: toldAt! - publishedAt, unit: 'ms', goal: '≤ 5 s' },
  ]
}

function queue(folder: string): void {
  const core = new StoreCore(folder)
  let seq = 0
  const at = Date.UTC(2026, 0, 5)
  const events = Array.from({ length: NOTICES }, (_, i): Event[] => {
    const notice = { notice: `N${i}`, homes: ['h'], trace: 't' }
    const about = { order: 'W1', kind: 'water-off', alarm: 'A1', rule: 'r', asset: 'P2' }
    return [
      { type: 'notice.drafted', ...notice, ...about, seq: ++seq, at, v: 1 },
      { type: 'notice.published', ...notice, by: 'x', verifying: false, channels: [], seq: ++seq, at, v: 1 },
    ] as Event[]
  }).flat()
  core.commit({ batches: [], series: [], answers: [], keyframe: null, snapshot: null, readingsUpto: 0, events })
  core.close()
  const db = new DatabaseSync(join(folder, 'journal.db'))
  const rows = new OutboxRows(db)
  db.exec('begin')
  for (let n = 0; n < NOTICES; n++)
    for (let c = 0; c < CONTACTS; c++) {
      const doc = { notice: `N${n}`, phase: 'published' as const, homes: ['h'], contact: `c${c}`, at, trace: 't' }
      rows.queue({ id: `N${n}-c${c}`, seq: 2 * n + 2, channel: 'sms', doc }, at)
    }
  db.exec('commit')
  db.close()
}
