import { Environment } from '@marcbachmann/cel-js'
import type { Batch, Reading, Value } from '#devices/reading.ts'
import { loadSite } from '#gateway/site/load.ts'
import { coreOf } from '#rules/core.ts'
import type { Figure } from './figure.ts'

const READINGS = 1_800_000
const DAY_MS = 86_400_000
const START = Date.UTC(2026, 11, 8)

/**
 * A simulated day of the demonstration estate through the pure core: every reading routed, every rule judged, alarms,
 * orders and notices derived. Peer: the bare CEL library evaluating one comparison per reading, with nothing around it.
 */
export function benchCore(): Figure[] {
  const { site } = loadSite('sites/demo/site.yaml', { env: {}, cwd: process.cwd() })
  const flow = coreOf(site!.plan)
  const polled = site!.devices.filter(({ profile }) => profile.modbus)
  const perBatch = polled.map((device) => Object.keys(device.profile.points).length)
  const rounds = Math.ceil(READINGS / perBatch.reduce((sum, count) => sum + count, 0))
  const stepMs = Math.floor(DAY_MS / rounds)
  let judged = 0
  let readings = 0
  let events = 0
  let id = 0
  for (let round = 0; round < rounds; round++) {
    const at = START + round * stepMs
    // Making the readings is the estate's work, not the core's: only judging is timed.
    const batches = polled.map((device, i) => batchOf(device.id, Object.keys(device.profile.points), at, round, i))
    const before = performance.now()
    for (const batch of batches) {
      events += flow.judge(batch, ++id).length
      readings += batch.readings.length
    }
    judged += performance.now() - before
  }
  const peer = peerMs(readings)
  return [
    {
      name: 'simulated day through the pure core',
      value: judged / 1_000,
      unit: 's',
      goal: '≤ 3 s',
      peer: `bare cel-js, one comparison a reading: ${(peer / 1_000).toFixed(2)} s`,
      ratio: judged / peer,
    },
    { name: '… readings', value: readings, unit: '' },
    { name: '… events derived', value: events, unit: '' },
  ]
}

function batchOf(device: string, points: readonly string[], at: number, round: number, nth: number): Batch {
  // Once in a while the pressure of one set is gone for two minutes of a day.
  const isLow = nth < 4 && round % 2_000 > 1_900
  const readings: Reading[] = points.map((point) => ({
    device,
    point,
    value: valueOf(point, round, isLow),
    quality: 'good',
    at,
  }))
  return { source: 'bench', receivedAt: at, readings }
}

function valueOf(point: string, round: number, isLow: boolean): Value {
  if (point === 'outlet_pressure') return isLow ? 0.1 : 0.6 + (round % 10) / 100
  if (point === 'service_mode') return 'normal'
  if (point === 'direction') return 'up'
  if (
    [
      'floor',
      'fault_code',
      'door_cycles',
      'run_count',
      'inlet_pressure',
      'tank_level',
      'frequency',
      'run_hours',
    ].includes(point)
  )
    return point === 'fault_code' ? 0 : 1 + (round % 7) / 10
  return point === 'car_running' || point === 'door_closed'
}

function peerMs(evaluations: number): number {
  const program = new Environment().registerVariable('p', 'double').parse('p < 0.3')
  const context = { p: 0.6 }
  let hits = 0
  const before = performance.now()
  for (let i = 0; i < evaluations; i++) {
    context.p = (i % 10) / 10
    if (program(context)) hits++
  }
  if (hits === 0) throw new Error('the peer did nothing')
  return performance.now() - before
}
