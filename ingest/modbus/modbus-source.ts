import type { Clock } from '#devices/clock.ts'
import type { Connection, Device } from '#devices/device.ts'
import type { Source } from '../source.ts'
import { boundedEmits } from './bounded-emits.ts'
import { linkHealth } from './link-health.ts'
import { type Log, pollLoop } from './poll-loop.ts'
import { pollSchedule } from './poll-schedule.ts'
import { planReads } from './read-plan.ts'

/** Since the last start of `run`. A missed cycle was due while the wire was busy, and was skipped. */
export type ModbusCounts = Readonly<{ polls: number; failures: number; connects: number; missedCycles: number }>
export type ModbusSource = Source & Readonly<{ counts(): ModbusCounts }>

/** All Modbus units of one TCP connection. Devices of other connections are left out. */
export function modbusSource(
  options: Readonly<{ connection: Connection; devices: readonly Device[]; clock: Clock; log?: Log }>,
): ModbusSource {
  const { connection, clock, log } = options
  const name = `modbus:${connection.id}`
  const reads = options.devices.filter((device) => device.connection === connection.id).flatMap(planReads)
  const health = linkHealth(name, reads)
  const counts = { polls: 0, failures: 0, connects: 0 }
  let schedule = pollSchedule(reads, 0)

  return {
    name,
    async run(emit, signal) {
      const stop = new AbortController()
      const forward = () => stop.abort(signal.reason)
      signal.addEventListener('abort', forward, { once: true })
      if (signal.aborted) forward()
      const outbox = boundedEmits(emit, stop)
      health.reset()
      Object.assign(counts, { polls: 0, failures: 0, connects: 0 })
      schedule = pollSchedule(reads, clock.now())
      const say = (readings: Parameters<typeof outbox.push>[0]['readings'], at: number) =>
        outbox.push({ source: name, receivedAt: at, readings })
      try {
        await pollLoop({ name, connection, reads, schedule, clock, health, counts, say, log, stop: stop.signal })
      } finally {
        signal.removeEventListener('abort', forward)
      }
      if (!signal.aborted) throw stop.signal.reason
    },
    health: () => health.report(),
    counts: () => ({ ...counts, missedCycles: schedule.missedCycles() }),
  }
}
