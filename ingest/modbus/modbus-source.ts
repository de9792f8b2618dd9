import type { Clock } from '#devices/clock.ts'
import type { Device } from '#devices/device.ts'
import { Fault } from '#devices/fault.ts'
import type { Source } from '../source.ts'
import { boundedEmits } from './bounded-emits.ts'
import { type BusReport, busReport } from './bus-report.ts'
import type { ModbusConnection } from './connection.ts'
import { errands as noErrands } from './errands.ts'
import { lineMeter } from './line-meter.ts'
import { linkHealth } from './link-health.ts'
import type { Log } from './log.ts'
import { pollLoop } from './poll-loop.ts'
import { pollSchedule } from './poll-schedule.ts'
import { planReads, readOfPoint } from './read-plan.ts'
import { badReadingsOf, readingsOf } from './reply-readings.ts'
import { type Road, roadTo } from './road.ts'
import type { ReadRequest } from './session.ts'
import { type TestAnswer, testAnswer } from './test-read.ts'
import { planWrite, writeAndReadBack } from './write-point.ts'

/** Whoever waits at a page waits no longer for a turn; a source that is being started again has none to give. */
const TURN_WITHIN_MS = 10_000

/**
 * Since the last start of `run`. A missed cycle was due while the wire was busy, and was skipped. Broken frames, retries
 * and stray bytes are the line's own: noise, a wrong baud rate, a second master.
 */
export type ModbusCounts = Readonly<{
  polls: number
  failures: number
  connects: number
  missedCycles: number
  brokenFrames: number
  retries: number
  strayBytes: number
}>
export type ModbusSource = Source &
  Required<Pick<Source, 'read' | 'write'>> &
  Readonly<{
    counts(): ModbusCounts
    /** Share of the last 100 exchanges that came broken, 0…1. */
    errorRate(): number
    /** The connection and each of its units, for the bus doctor. */
    report(): BusReport
    /**
     * One read of any unit, before the next poll and instead of none. Never repeated, never stored. Rejects with `busy`
     * when another one is under way, or no turn comes within 10 s of real time.
     */
    testRead(request: ReadRequest, signal: AbortSignal): Promise<TestAnswer>
  }>

/**
 * All Modbus units of one connection. Devices of other connections are left out. `chance` (uniform in [0, 1)) keeps
 * probes apart; `stopwatch` counts real ms. `read` rejects when the point is none of this connection's; `write` rejects with `WriteFailed`.
 */
export function modbusSource(
  options: Readonly<{
    connection: ModbusConnection
    devices: readonly Device[]
    clock: Clock
    chance?: () => number
    stopwatch?: () => number
    log?: Log
  }>,
): ModbusSource {
  const { connection, clock, chance, log, stopwatch = () => clock.now() } = options
  const name = `modbus:${connection.id}`
  const devices = new Map(
    options.devices.filter((device) => device.connection === connection.id).map((device) => [device.id, device]),
  )
  const limits = connection.maxRegisters === undefined ? {} : { max_registers: connection.maxRegisters }
  const plan = [...devices.values()].flatMap((device) => planReads(device, limits))
  const window = connection.protocol === 'modbus-tcp' ? (connection.window ?? 1) : 1
  const errands = noErrands()
  const counts = { polls: 0, failures: 0 }
  let meter = lineMeter(stopwatch)
  let schedule = pollSchedule(plan, 0, chance)
  let health = linkHealth(name, () => schedule.reads(), meter)
  let road: Road | null = null
  let isTesting = false

  const deviceOf = (id: string): Device => {
    const device = devices.get(id)
    if (!device) throw new Error(`${name} has no device ${id}`)
    return device
  }

  return {
    name,
    async run(emit, signal) {
      const stop = new AbortController()
      const forward = () => stop.abort(signal.reason)
      signal.addEventListener('abort', forward, { once: true })
      if (signal.aborted) forward()
      const outbox = boundedEmits(emit, stop)
      Object.assign(counts, { polls: 0, failures: 0 })
      meter = lineMeter(stopwatch)
      schedule = pollSchedule(plan, clock.now(), chance)
      health = linkHealth(name, () => schedule.reads(), meter)
      road = roadTo(connection, { name, clock, meter, log, stop: stop.signal })
      const say = (readings: Parameters<typeof outbox.push>[0]['readings'], at: number) =>
        outbox.push({ source: name, receivedAt: at, readings })
      try {
        await pollLoop({ name, road, schedule, errands, window, clock, health, counts, say, log, stop: stop.signal })
      } finally {
        signal.removeEventListener('abort', forward)
      }
      if (!signal.aborted) throw stop.signal.reason
    },
    async read(id, point, signal) {
      const device = deviceOf(id)
      const read = device.unitId === undefined ? null : readOfPoint(device, device.unitId, point)
      if (!read) throw new Error(`${id} has no Modbus point ${point}`)
      const reply = await errands.push((ask) => ask(read), signal)
      const at = clock.now()
      if (reply.kind === 'values') return readingsOf(read, reply.values, at)[0]!
      const reason = reply.kind === 'failed' ? reply.reason : reply.kind === 'refused' ? 'exception' : 'connection_lost'
      return badReadingsOf([read], at, reason)[0]!
    },
    async write(id, point, value, signal, mayStill) {
      const planned = planWrite(deviceOf(id), point, value)
      log?.info({ source: name, device: id, point, value }, 'write')
      return errands.push((ask) => writeAndReadBack(ask, planned, (ms) => clock.sleep(ms), mayStill), signal)
    },
    health: () => health.report(),
    counts: () => ({
      ...counts,
      connects: road?.connects() ?? 0,
      missedCycles: schedule.missedCycles(),
      ...meter.counts(),
    }),
    errorRate: () => meter.errorRate(),
    report: () => busReport({ connection, road, schedule, health, meter, polled: counts }),
    async testRead(request, signal) {
      if (isTesting) throw new Fault('busy')
      isTesting = true
      const from = stopwatch()
      const patience = AbortSignal.any([signal, AbortSignal.timeout(TURN_WITHIN_MS)])
      try {
        const reply = await errands.push((ask) => ask(request), patience)
        const told = reply.kind === 'unsent' ? { ...reply, trouble: road?.state().trouble ?? null } : reply
        return testAnswer(request, told, { tookMs: stopwatch() - from, connection, devices: devices.values() })
      } catch (error) {
        throw patience.aborted && !signal.aborted ? new Fault('busy') : error
      } finally {
        isTesting = false
      }
    },
  }
}
