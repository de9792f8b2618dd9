import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Environment } from '@marcbachmann/cel-js'
import type { Reading } from '#devices/reading.ts'
import { runBacktest } from '#gateway/backtest/run.ts'
import { folderStretches, type Stretches } from '#gateway/backtest/stretches.ts'
import { planOf, pointsOf, trialOf } from '#gateway/backtest/trial.ts'
import { loadSite } from '#gateway/site/load.ts'
import { openHistorySink } from '#gateway/history-files/store-ports.ts'
import { Run } from '#gateway/store/history/run.ts'
import type { Figure } from './figure.ts'

const SECONDS = 500_000
const START = Date.UTC(2026, 5, 1)
const POINTS = ['outlet_pressure', 'pump1_fault', 'pump2_fault', 'water_on_floor'] as const

/**
 * Six days of one pump set at one hertz through its rules: as columns in memory, and from a gateway's folder, where they
 * stand compressed. Peer: the bare CEL library, one comparison a reading.
 */
export async function benchBacktest(): Promise<Figure[]> {
  const { site } = loadSite('sites/demo/site.yaml', { env: {}, cwd: process.cwd() })
  const device = site!.devices.find(({ profile }) => profile.profile === 'booster-pump-set')!.id
  const plan = planOf(
    trialOf(
      site!,
      (site!.alarms.get(device) ?? []).map(({ id }) => `${device}/${id}`),
    ),
  )
  const series = POINTS.map((point) => {
    const run = new Run(SECONDS)
    for (let i = 0; i < SECONDS; i++) run.push(START + i * 1_000, valueAt(point, i), 0)
    return { device, point, run }
  })
  const readings = SECONDS * POINTS.length
  const to = START + SECONDS * 1_000
  const columns: Stretches = { from: START, to, series: series.length, read: () => [{ series, share: 1 }], close() {} }
  const inMemory = timed(() => runBacktest(plan, columns, { planned: [], progress() {} }))

  const folder = mkdtempSync(join(tmpdir(), 'bench-backtest-'))
  const sink = await openHistorySink(join(folder, 'data'))
  for (let i = 0; i < SECONDS; i += 10_000) {
    const piece: Reading[] = []
    for (let k = i; k < i + 10_000; k++)
      for (const point of POINTS)
        piece.push({ device, point, value: valueAt(point, k), quality: 'good', at: START + k * 1_000 })
    await sink.write(piece)
  }
  await sink.close()
  const stored = timed(() => {
    const stretches = folderStretches(join(folder, 'data'), pointsOf(plan), { from: START, to })
    const report = runBacktest(plan, stretches, { planned: [], progress() {} })
    stretches.close()
    return report
  })
  rmSync(folder, { recursive: true })
  if (inMemory.result.totals.alarms === 0 || inMemory.result.totals.alarms !== stored.result.totals.alarms)
    throw new Error('the two backtests differ')
  const peer = timed(() => bareComparisons(readings))
  const figure = (name: string, ms: number): Figure => ({
    name,
    value: readings / ms / 1_000,
    unit: 'M readings/s',
    goal: '≥ 1',
    peer: `bare cel-js, one comparison a reading: ${(readings / peer.ms / 1_000).toFixed(1)} M/s`,
    ratio: peer.ms / ms,
  })
  return [
    figure('backtest: columns in memory', inMemory.ms),
    figure('backtest: from the history of a gateway', stored.ms),
    { name: '… alarms found', value: stored.result.totals.alarms, unit: '' },
  ]
}

function valueAt(point: (typeof POINTS)[number], second: number): number | boolean {
  if (point !== 'outlet_pressure') return point === 'pump1_fault' && second % 50_000 < 100
  return second % 20_000 > 19_900 ? 0.1 : 0.6 + (second % 10) / 100
}

function timed<T>(work: () => T): { ms: number; result: T } {
  const before = performance.now()
  const result = work()
  return { ms: performance.now() - before, result }
}

function bareComparisons(count: number): number {
  const program = new Environment().registerVariable('p', 'double').parse('p < 0.3')
  const context = { p: 0.6 }
  let hits = 0
  for (let i = 0; i < count; i++) {
    context.p = (i % 10) / 10
    if (program(context)) hits++
  }
  return hits
}
