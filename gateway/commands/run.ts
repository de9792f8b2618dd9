import { type Edge, EXIT_CONFIGURATION, EXIT_FAILED, type RunOptions } from './edge.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { systemRandom } from '../random.ts'
import { differenceOf } from '../site/difference.ts'
import { loadSite } from '../site/load.ts'
import type { Site } from '../site/site.ts'
import { sayConfigFault } from '../texts.ts'
import { VERSION } from '../version.ts'
import { dataFolder, httpAddress } from './folder.ts'
import { loggerOf } from './logger.ts'

const DEFAULT_HTTP = { host: '127.0.0.1', port: 8080 }

/**
 * Runs a site until the process is told to stop. What is wrong with the file is said, and the healthy part runs. On
 * SIGHUP the file is read again, all or nothing: with any fault the configuration in force stays.
 */
export async function runSite(edge: Edge, file: string, options: RunOptions): Promise<number> {
  const loaded = readSite(edge, file)
  if (!loaded.site) return EXIT_CONFIGURATION
  let site = loaded.site
  const log = loggerOf(edge, 'info')
  const start = (wanted: Site, http = httpAddress(edge, options.http) ?? DEFAULT_HTTP) =>
    startGateway({
      site: wanted,
      folder: dataFolder(edge, options.data),
      http,
      speed: options.speed,
      version: VERSION,
      pid: edge.pid,
      random: systemRandom(),
      log,
    })
  let gateway = await start(site)
  edge.out(
    `Caretaker ${VERSION} watches ${site.devices.length} devices of ${site.id} on http://${gateway.http.host}:${gateway.http.port}`,
  )
  if (gateway.setupSecret !== null)
    edge.out(
      `first account: open http://${gateway.http.host}:${gateway.http.port}/setup, secret ${gateway.setupSecret}`,
    )
  for (;;) {
    const wish = await nextWish(edge, gateway)
    if (wish === 'clock') {
      edge.out('the clock was set: starting again by it')
      const { http } = gateway
      await gateway.stop()
      gateway = await start(site, http)
      continue
    }
    if (wish !== 'reload') return end(edge, gateway, wish)
    const next = readSite(edge, file)
    if (!next.site || next.isFaulty) {
      edge.error('the configuration in force stays: mend the faults above and ask again')
      continue
    }
    for (const { kind, id, change } of differenceOf(site, next.site)) edge.out(`${kind} ${id} ${change}`)
    const { http } = gateway
    await gateway.stop()
    gateway = await start(next.site, http)
    site = next.site
    edge.out(`the configuration of ${site.id} was read again: ${site.devices.length} devices`)
  }
}

function readSite(edge: Edge, file: string): { site: Site | null; isFaulty: boolean } {
  const { site, faults } = loadSite(file, edge)
  for (const fault of faults) edge.error(sayConfigFault('en', fault))
  return { site, isFaulty: faults.length > 0 }
}

/** Until the signal, or until the gateway cannot go on. */
export async function untilStopped(edge: Edge, gateway: Gateway): Promise<number> {
  for (;;) {
    const wish = await nextWish(edge, gateway)
    if (wish === 'clock') return end(edge, gateway, new Error('the clock was set: start it again'))
    if (wish !== 'reload') return end(edge, gateway, wish)
  }
}

function nextWish(edge: Edge, gateway: Gateway): Promise<'stop' | 'reload' | 'clock' | Error> {
  const asked = new Promise<'stop' | 'reload'>((resolve) => {
    if (edge.signal.aborted) resolve('stop')
    edge.signal.addEventListener('abort', () => resolve('stop'), { once: true })
    edge.onReload(() => resolve('reload'))
  })
  return Promise.race([asked, gateway.failed, gateway.clockSet.then(() => 'clock' as const)])
}

async function end(edge: Edge, gateway: Gateway, wish: 'stop' | Error): Promise<number> {
  if (wish !== 'stop') edge.error(`caretaker: ${wish.message}`)
  await gateway.stop()
  return wish === 'stop' ? 0 : EXIT_FAILED
}
