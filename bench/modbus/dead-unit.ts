import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Device } from '#devices/device.ts'
import type { ModbusConnection } from '#ingest/modbus/connection.ts'
import { modbusSource } from '#ingest/modbus/modbus-source.ts'
import type { Figure } from '../figure.ts'
import { benchProfile } from './bench-profile.ts'
import { DEAD, farEnd, serialLine } from './far-end.ts'

const UNITS = 20
const PERIOD_MS = 1_000
/** Three misses and the breaker is open. */
const SETTLE_MS = 8_000
/** Long enough for a probe of the dead unit to fall into it. */
const MEASURED_MS = 40_000

/** One of 20 devices is dead: how long the poll period of the worst of the others is, once the breaker is open. */
export async function withDeadUnit(): Promise<Figure[]> {
  const far = farEnd({ kind: 'tcp' })
  const [port] = (await once(far, 'message')) as [number]
  const line = await serialLine(19_200)
  const units = Array.from({ length: UNITS }, (_, i) => (i === 6 ? DEAD : i + 1))
  const own = units.map((unitId): Line => ({ connection: tcp(`c${unitId}`, port), unitIds: [unitId] }))
  const serial = { id: 'bus', protocol: 'modbus-rtu', path: line.path, baud: 19_200, parity: 'none' } as const
  const shared: Line = { connection: { ...serial, stopBits: 1, timeoutMs: 500 }, unitIds: units }
  const [ownMs, sharedMs] = await Promise.all([worstPeriodMs(own), worstPeriodMs([shared])])
  far.kill()
  line.stop()
  return [period('own connections', '≤ 1.05 ×', ownMs), period('one bus of 19,200 baud', '≤ 1.2 ×', sharedMs)]
}

type Line = Readonly<{ connection: ModbusConnection; unitIds: readonly number[] }>

async function worstPeriodMs(lines: readonly Line[]): Promise<number> {
  const stop = new AbortController()
  const heard = new Map<string, number[]>()
  const clock = { now: () => Date.now(), sleep: (ms: number, signal?: AbortSignal) => sleep(ms, undefined, { signal }) }
  const running = lines.map(({ connection, unitIds }) => {
    const devices = unitIds.map((unitId): Device => ({
      id: `d${unitId}`,
      profile: benchProfile(10, '1s'),
      asset: 'a',
      connection: connection.id,
      unitId,
    }))
    const source = modbusSource({ connection, devices, clock, stopwatch: () => performance.now() })
    return source.run(async ({ readings: [first] }) => {
      if (!first || first.quality !== 'good') return
      const times = heard.get(first.device) ?? []
      heard.set(first.device, [...times, performance.now()])
    }, stop.signal)
  })
  await sleep(SETTLE_MS)
  heard.clear()
  await sleep(MEASURED_MS)
  stop.abort()
  await Promise.allSettled(running)
  if (heard.size !== UNITS - 1) throw new Error(`${heard.size} units answered`)
  return Math.max(...heard.values().map((times) => (times.at(-1)! - times[0]!) / (times.length - 1)))
}

function tcp(id: string, port: number): ModbusConnection {
  return { id, protocol: 'modbus-tcp', host: '127.0.0.1', port, timeoutMs: 500 }
}

function period(where: string, goal: string, ms: number): Figure {
  const name = `1 of ${UNITS} dead, ${where}: period of the worst other`
  return {
    name,
    value: ms,
    unit: 'ms',
    goal,
    peer: `asked ${PERIOD_MS.toLocaleString('en')} ms`,
    ratio: ms / PERIOD_MS,
  }
}
