import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { audienceOf } from '#gateway/audience/audience.ts'
import { entryOf, rollOf } from '#gateway/households/roll.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { coreOf } from '#rules/core.ts'
import { impactModel, type Left, outageOf } from '#rules/impact/impact.ts'
import type { Asset, Plan } from '#rules/plan.ts'
import { type Figure, percentile } from './figure.ts'

const HOMES = 3_000
const START = Date.UTC(2026, 11, 8, 4)
const CHANNELS = [
  { id: 'sms', road: 'phone' },
  { id: 'mail', road: 'email' },
] as const

/** 3,000 households: whom an outage of all of them concerns, and their messages in the outbox. */
export function benchAudience(): Figure[] {
  const homes = Array.from(
    { length: HOMES },
    (_, i) => `B${(i % 30) + 1}-${String(100 + Math.floor(i / 30)).padStart(4, '0')}`,
  )
  const asset = (id: string): [string, Asset] => [id, { id, name: id, kind: 'pump-set', room: id, region: 'r', homes }]
  const assets = new Map([asset('P1'), asset('P2')])
  const roll = rollOf(
    homes.flatMap((home, i) => {
      const contact = { home, name: '', phone: `140${i}`, email: 'x@x', from: 0, to: null, consent: true }
      const tags = i % 40 === 0 ? ['living_alone'] : []
      return [
        entryOf(`Ca${i}`, { ...contact, relation: 'tenant', tags }),
        entryOf(`Cb${i}`, { ...contact, relation: 'owner' }),
      ]
    }),
  )
  const impact = impactModel(assets)
  const failed = new Map<string, Left>([
    ['P1', 'down'],
    ['P2', 'down'],
  ])
  const resolve = () => {
    const found = impact(failed)
    return audienceOf(roll, CHANNELS, { homes, outage: outageOf(found, found), time: START, isUrgent: false })
  }
  const audiences = Array.from({ length: 30 }, () => timed(resolve))
  const queued = queueAll(assets, homes, resolve().homes)
  return [
    {
      name: '3,000 households: whom an outage concerns, by what, median of 30',
      value: percentile(audiences, 0.5),
      unit: 'ms',
      goal: '≤ 20 ms',
    },
    { name: '3,000 messages decided and durable in the outbox', value: queued, unit: 'ms', goal: '≤ 300 ms' },
  ]
}

type Homes = ReturnType<typeof audienceOf>['homes']

function queueAll(assets: ReadonlyMap<string, Asset>, homes: readonly string[], ways: Homes): number {
  const plan = {
    site: 'b',
    timeZone: 'UTC',
    rules: [],
    assets,
    staff: [],
    fallback: 'x',
    channels: ['screen'],
    settings: SETTINGS,
  }
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-bench-'))
  const store = new StoreCore(folder)
  try {
    const flow = coreOf(plan satisfies Plan)
    const at = START
    const group = { batches: [], series: [], keyframe: null, answers: [], readingsUpto: 0, snapshot: null }
    const trace = 'b'
    const drafted = flow.record(
      {
        type: 'notice.drafted',
        notice: 'N1',
        order: 'W1',
        kind: 'water-off',
        alarm: 'A1',
        rule: 'r',
        asset: 'P1',
        homes,
        trace,
      },
      at,
    )
    const published = flow.record(
      { type: 'notice.published', notice: 'N1', by: 'S1', verifying: false, homes, channels: ['screen'], trace },
      at,
    )
    store.commit({ ...group, events: [...drafted, ...published] })
    const cause = published[0]!.seq
    return timed(() => {
      const { events } = flow.command(
        {
          type: 'notice.address',
          notice: 'N1',
          phase: 'published',
          cause,
          homes: ways,
          informed: 0,
          cost: 0,
          id: 'address',
          actor: 'audience',
        },
        at,
      )
      store.commit({ ...group, events })
    })
  } finally {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const SETTINGS = {
  incidentWindowMs: 1,
  publishAfterMs: 1e9,
  publishConfirmedAfterMs: 1e9,
  allClearHoldMs: 1e9,
  acceptWithinMs: 1e9,
}

function timed(run: () => void): number {
  const before = performance.now()
  run()
  return performance.now() - before
}
