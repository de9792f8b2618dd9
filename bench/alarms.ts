import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Batch } from '#devices/reading.ts'
import { coreOf } from '#rules/core.ts'
import type { Event } from '#rules/event.ts'
import type { Plan, Rule } from '#rules/plan.ts'
import { StoreCore } from '#gateway/store/core.ts'
import { Queries } from '#gateway/store/queries.ts'
import { type Figure, percentile } from './figure.ts'

const STANDING = 5_000
const S = 1_000
const YEAR_OF_TELLINGS = 50_000

/** With five thousand alarms standing: from the deciding reading to the alarm, a restart, and the health of a year. */
export function benchAlarms(): Figure[] {
  const plan = planOf(STANDING + 200)
  const flow = coreOf(plan)
  const events: Event[] = []
  const judge = (i: number) => {
    const batch = batchOf(`D${i}`, (i + 1) * S)
    const before = performance.now()
    events.push(...flow.judge(batch, i + 1))
    return performance.now() - before
  }
  for (let i = 0; i < STANDING; i++) judge(i)
  const raised = Array.from({ length: 200 }, (_, i) => judge(STANDING + i))
  const snapshot = JSON.stringify(flow.snapshot())

  const fromSnapshot = msOf(() => coreOf(plan).restore(JSON.parse(snapshot)))
  const fromJournal = msOf(() => {
    const again = coreOf(plan)
    for (const event of events) again.apply(event)
  })
  return [
    {
      name: `alarm raised with ${STANDING} standing, reading → alarm, order and notice, p99`,
      value: percentile(raised, 0.99),
      unit: 'ms',
      goal: '≤ 50 ms',
    },
    {
      name: `restart with ${STANDING} standing alarms, from the snapshot`,
      value: fromSnapshot / S,
      unit: 's',
      goal: '≤ 2 s',
    },
    { name: `… from the first of ${events.length} events`, value: fromJournal / S, unit: 's', goal: '≤ 2 s' },
    healthOfAYear(),
  ]
}

function healthOfAYear(): Figure {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-bench-'))
  try {
    const store = new StoreCore(folder)
    const year = 365 * 86_400 * S
    const events = Array.from({ length: YEAR_OF_TELLINGS }, (_, i): Event => {
      const rule = `D${i % 500}/hi`
      const at = Math.floor((i * year) / YEAR_OF_TELLINGS)
      const body = { rule, device: 'D', asset: 'D', flips: 6, withinMs: 600_000 }
      return { type: 'condition.chattered', ...body, trace: 'R', seq: i + 1, at, v: 1 }
    })
    store.commit({ batches: [], series: [], events, answers: [], keyframe: null, snapshot: null, readingsUpto: 0 })
    const queries = new Queries(folder)
    const ms = msOf(() => queries.alarmHealth({ from: 0, to: year, now: year, operators: 1 }))
    queries.close()
    store.close()
    return { name: `alarm health over a year, ${YEAR_OF_TELLINGS} tellings`, value: ms, unit: 'ms' }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function msOf(work: () => unknown): number {
  const before = performance.now()
  work()
  return performance.now() - before
}

function batchOf(device: string, at: number): Batch {
  return { source: 'bench', receivedAt: at, readings: [{ device, point: 'v', value: 12, quality: 'good', at }] }
}

function planOf(devices: number): Plan {
  const ids = Array.from({ length: devices }, (_, i) => `D${i}`)
  const rules = ids.map((id): Rule => ({
    id: `${id}/hi`,
    device: id,
    asset: id,
    name: id,
    watch: { kind: 'limit', point: 'v', side: 'hi', limit: 10, deadband: 0 },
    onDelayMs: 0,
    offDelayMs: 0,
    latch: false,
    safety: false,
    priority: 'low',
    class: 'P3',
    skill: 'water',
    notice: 'water-off',
    closesItself: false,
    validityMs: 86_400 * S,
  }))
  const asset = (id: string) => ({ id, name: id, kind: 'pump-set', room: id, region: 'site', homes: [`home-${id}`] })
  return {
    site: 'bench',
    timeZone: 'Asia/Shanghai',
    rules,
    assets: new Map(ids.map((id) => [id, asset(id)])),
    staff: [{ id: 'T1', role: 'technician', regions: ['site'], skills: ['water'], duty: [{ from: 0, to: 1_440 }] }],
    fallback: 'T1',
    channels: ['screen'],
    settings: {
      incidentWindowMs: 600 * S,
      publishAfterMs: 86_400 * S,
      publishConfirmedAfterMs: 86_400 * S,
      allClearHoldMs: 60 * S,
      acceptWithinMs: 86_400 * S,
    },
  }
}
