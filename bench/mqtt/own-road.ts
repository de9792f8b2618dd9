import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Accounting } from '#gateway/accounting.ts'
import { monotonicNow, siteClock } from '#gateway/clock.ts'
import { configurationOf } from '#gateway/configuration.ts'
import { Pipeline } from '#gateway/pipeline.ts'
import { loadSite } from '#gateway/site/load.ts'
import { openStore } from '#gateway/store/store.ts'
import { mqttSource } from '#ingest/mqtt/mqtt-source.ts'
import { newFolder, secretsOf, writeSite } from '../estate.ts'
import { BINS, type Road } from './road.ts'

/** One bin must not send faster than 50 a second: here fifty send as much as a large estate. */
const NO_LIMITS = { packetsPerSecond: 1e9, burst: 1e9, patienceMs: 1e9, closedForMs: 1 }

/**
 * The embedded broker, the rules of the bins' profile, and the store with its writer thread, wired as the gateway wires
 * them; only the flood gate stands open. Stored means: judged, committed and synced.
 */
export async function ownRoad(): Promise<Road> {
  const { folder, remove } = newFolder()
  const data = join(folder, 'data')
  mkdirSync(data, { recursive: true })
  const { site } = loadSite(writeSite(folder, binSite(BINS, 0)), { env: {}, cwd: folder })
  const store = await openStore(data)
  const clock = siteClock({ newestAt: null, speed: 1 })
  const accounting = new Accounting()
  let stored = 0
  const pipeline = new Pipeline({
    store: store.write,
    ...configurationOf(site!),
    version: 'bench',
    epoch: 'bench',
    clock,
    accounting,
    log: () => {},
    known: () => {},
    committed: (batches) => void (stored += batches.length),
    fatal: (error) => {
      throw error
    },
  })
  await pipeline.start()
  const passwordOf = secretsOf(folder)
  const source = mqttSource({
    listen: { host: '127.0.0.1', port: 0 },
    devices: site!.devices,
    secretOf: passwordOf,
    clock,
    monotonicNow,
    reject: (name, reason, count) => accounting.refuse(name, reason, count),
    floodLimits: NO_LIMITS,
    sessionFile: join(data, 'mqtt.db'),
  })
  const stopping = new AbortController()
  const running = source.run((batch, urgency) => pipeline.submit(batch, urgency), stopping.signal)
  while (!source.address()) await sleep(5)
  return {
    port: source.address()!.port,
    passwordOf,
    stored: () => stored,
    dropped: () => accounting.read().get(source.name)?.rejected['flood'] ?? 0,
    async stop() {
      stopping.abort()
      await running
      await pipeline.stop()
      await store.close()
      remove()
    },
  }
}

export function binSite(bins: readonly string[], port: number): string[] {
  return [
    'site: { id: bench, name: Bench, timezone: UTC }',
    `mqtt: { listen: '127.0.0.1:${port}' }`,
    'assets:',
    ...bins.map((id) => `  - { id: ${id}, kind: waste-bin }`),
    'devices:',
    ...bins.map((id) => `  - { id: ${id}, profile: bin-fill-sensor }`),
  ]
}
