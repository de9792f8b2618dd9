import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { plantSite } from '#gateway/commands/demo.ts'
import { loadSite } from '#gateway/site/load.ts'
import { scaledClock } from '#plant/clock.ts'
import { startPlant } from '#plant/plant.ts'
import { seededRandom } from '#plant/random.ts'
import { freePorts, GATEWAY_READY, newFolder, startCaretaker, writeSite } from './estate.ts'
import type { Figure } from './figure.ts'
import { MEASURED_MS, shareOfCore } from './share-of-core.ts'

const VIEWERS = 50
const UNITS = 100
const UNITS_PER_CONNECTION = 10

/** What 50 live viewers of every value cost the gateway at 1,000 values/s. Peer: the same gateway with nobody looking. */
export async function benchViewers(): Promise<Figure[]> {
  const { folder, remove } = newFolder()
  const ports = await freePorts(UNITS / UNITS_PER_CONNECTION)
  const ids = Array.from({ length: UNITS }, (_, i) => `P${i + 1}`)
  const file = writeSite(folder, [
    'site: { id: viewers, name: Viewers, timezone: UTC }',
    'connections:',
    ...ports.map((port, i) => `  c${i}: { protocol: modbus-tcp, host: 127.0.0.1, port: ${port}, timeout: 1s }`),
    'assets:',
    ...ids.map((id) => `  - { id: ${id}, kind: pump-set }`),
    'devices:',
    ...ids.map((id, i) => {
      const [connection, unit] = [Math.floor(i / UNITS_PER_CONNECTION), (i % UNITS_PER_CONNECTION) + 1]
      return `  - { id: ${id}, profile: booster-pump-set, connection: c${connection}, unit_id: ${unit} }`
    }),
  ])
  const { site } = loadSite(file, { env: {}, cwd: folder })
  const clock = scaledClock({ siteStart: Date.now(), speed: 1 })
  const plant = await startPlant({
    site: plantSite(site!),
    clock,
    random: seededRandom(1),
    ports: 'declared',
    log: () => {},
  })
  const data = join(folder, 'data')
  const create = ['gateway/main.ts', 'token', 'create', '--role', 'engineer', '--data', data]
  const token = execFileSync(process.execPath, create, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  const gateway = await startCaretaker(['run', file, '--data', data, '--http', '127.0.0.1:0'], GATEWAY_READY)
  const stop = new AbortController()
  try {
    await sleep(8_000)
    const alone = await shareOfCore(gateway.pid)
    let bytes = 0
    for (let viewer = 0; viewer < VIEWERS; viewer++) {
      void watch(`${gateway.url}/api/v1/events?values=*`, token, stop.signal, (count) => (bytes += count))
    }
    await sleep(3_000)
    const before = bytes
    const watched = await shareOfCore(gateway.pid)
    const kbPerViewer = (bytes - before) / 1_024 / VIEWERS / (MEASURED_MS / 1_000)
    return [
      {
        name: `${VIEWERS} live viewers of 1,000 values/s, beyond nobody looking`,
        value: (watched - alone) * 100,
        unit: '% of a core',
        goal: '≤ 5 %',
        peer: `the same gateway alone: ${(alone * 100).toFixed(1)} %`,
        ratio: watched / alone,
      },
      { name: '… sent to each viewer', value: kbPerViewer, unit: 'kB/s' },
    ]
  } finally {
    stop.abort()
    await gateway.stop()
    await plant.stop()
    remove()
  }
}

async function watch(url: string, token: string, signal: AbortSignal, read: (bytes: number) => void): Promise<void> {
  try {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal })
    for await (const chunk of response.body!) read((chunk as Uint8Array).byteLength)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
