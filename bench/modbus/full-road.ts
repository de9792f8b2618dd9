import { pino } from 'pino'
import type { Device } from '#devices/device.ts'
import { Accounting } from '#gateway/accounting.ts'
import { siteClock } from '#gateway/clock.ts'
import { Pipeline } from '#gateway/pipeline.ts'
import { loadSite } from '#gateway/site/load.ts'
import { openStore } from '#gateway/store/store.ts'
import type { TcpConnection } from '#ingest/modbus/connection.ts'
import { modbusSource } from '#ingest/modbus/modbus-source.ts'
import { coreOf } from '#rules/core.ts'
import { newFolder } from '../estate.ts'
import { benchProfile } from './bench-profile.ts'

/** Site time runs so fast that every read is always due: what is left is the road itself. */
const SPEED = 100_000

/**
 * The whole road of a reading, as the gateway has it: polled, decoded, scaled, judged and stored. One unit for each
 * request that may be in flight. Resolves with the batches that became durable in `ms`, and what this thread spent.
 */
export async function pollAndStore(
  connection: Omit<TcpConnection, 'window'>,
  { count, window, ms }: Readonly<{ count: number; window: number; ms: number }>,
): Promise<Readonly<{ perSecond: number; cpuUs: number }>> {
  const { folder, remove } = newFolder()
  const store = await openStore(folder)
  const clock = siteClock({ newestAt: null, speed: 1 })
  const log = pino({ level: 'silent' })
  const { site } = loadSite('sites/demo/site.yaml', { env: {}, cwd: process.cwd() })
  const plan = { ...site!.plan, rules: [] }
  const pipeline = new Pipeline({
    store: store.write,
    makeFlow: () => coreOf(plan),
    plan: 'bench',
    siteHash: 'bench',
    version: 'bench',
    epoch: 'bench',
    clock,
    accounting: new Accounting(),
    log: (level, message, fields) => log[level](fields, message),
    known: () => {},
    committed: () => {},
    fatal: (error) => {
      throw error
    },
  })
  await pipeline.start()
  const profile = benchProfile(count, '100ms')
  const devices = Array.from({ length: window }, (_, i): Device => ({
    id: `d${i}`,
    profile,
    asset: 'a',
    connection: connection.id,
    unitId: i + 1,
  }))
  const origin = performance.now()
  const fast = {
    now: () => clock.now() + (performance.now() - origin) * SPEED,
    sleep: () => new Promise<void>((resolve) => setImmediate(resolve)),
  }
  const source = modbusSource({
    connection: { ...connection, window },
    devices,
    clock: fast,
    stopwatch: () => performance.now(),
  })
  const stop = new AbortController()
  let stored = 0
  const running = source.run(async (batch, urgency) => {
    const at = clock.now()
    await pipeline.submit(
      { ...batch, receivedAt: at, readings: batch.readings.map((one) => ({ ...one, at })) },
      urgency,
    )
    stored += 1
  }, stop.signal)
  const pause = (pauseMs: number) => new Promise((resolve) => setTimeout(resolve, pauseMs))
  await pause(300)
  const [before, from, cpu] = [stored, performance.now(), process.threadCpuUsage()]
  await pause(ms)
  const [done, passed] = [stored - before, performance.now() - from]
  const { user, system } = process.threadCpuUsage(cpu)
  stop.abort()
  await running.catch(() => {})
  await pipeline.stop()
  await store.close()
  remove()
  return { perSecond: (done / passed) * 1_000, cpuUs: (user + system) / done }
}
