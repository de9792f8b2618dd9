import { type Edge, EXIT_CONFIGURATION, EXIT_FAILED, type RunOptions } from './edge.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { systemRandom } from '../random.ts'
import type { ReadSite } from '../reload.ts'
import { loadSite } from '../site/load.ts'
import type { Site } from '../site/site.ts'
import { sayConfigFault } from '../texts.ts'
import { VERSION } from '../version.ts'
import { dataFolder, httpAddress, privateKeyFile } from './folder.ts'
import { loggerOf } from './logger.ts'
import { sayReloaded } from './reload.ts'

const DEFAULT_HTTP = { host: '127.0.0.1', port: 8080 }

/**
 * Runs a site until the process is told to stop. What is wrong with the file is said, and the healthy part runs. On
 * SIGHUP the file is read again, all or nothing: with any fault the configuration in force stays. Where the running
 * gateway cannot take a change, it starts again in place.
 */
export async function runSite(edge: Edge, file: string, options: RunOptions): Promise<number> {
  const read: ReadSite = (rules = []) => loadSite(file, { ...edge, rules })
  const { site, faults } = read()
  for (const fault of faults) edge.error(sayConfigFault('en', fault))
  if (!site) return EXIT_CONFIGURATION
  const log = loggerOf(edge, 'info')
  const start = (wanted: Site, http = httpAddress(edge, options.http) ?? DEFAULT_HTTP) =>
    startGateway({
      site: wanted,
      readSite: read,
      folder: dataFolder(edge, options.data),
      http,
      speed: options.speed,
      version: VERSION,
      pid: edge.pid,
      random: systemRandom(),
      log,
      privateKey: privateKeyFile(edge, options.privateKey),
    })
  let gateway = await start(site)
  edge.out(
    `Caretaker ${VERSION} watches ${site.devices.length} devices of ${site.id} on http://${gateway.http.host}:${gateway.http.port}`,
  )
  if (gateway.setupSecret !== null)
    edge.out(
      `first account: open http://${gateway.http.host}:${gateway.http.port}/setup, secret ${gateway.setupSecret}`,
    )
  const restart = async (wanted: Site) => {
    const { http } = gateway
    await gateway.stop()
    gateway = await start(wanted, http)
  }
  for (;;) {
    const wish = await nextWish(edge, gateway)
    if (wish === 'clock') {
      edge.out('the clock was set: starting again by it')
      await restart(gateway.site())
    } else if (wish === 'reload') {
      await gateway.reload({ dryRun: false, mayRestart: true }).then(
        (reloaded) => sayReloaded(edge, reloaded),
        (error: Error) => edge.error(`caretaker: not read again: ${error.message}`),
      )
    } else if (typeof wish === 'object' && 'plan' in wish) {
      await restart(wish)
      edge.out(`the configuration of ${wish.id} was read again: ${wish.devices.length} devices`)
    } else return end(edge, gateway, wish)
  }
}

/** Until the signal, or until the gateway cannot go on. */
export async function untilStopped(edge: Edge, gateway: Gateway): Promise<number> {
  for (;;) {
    const wish = await nextWish(edge, gateway)
    if (wish === 'clock') return end(edge, gateway, new Error('the clock was set: start it again'))
    if (wish === 'reload') {
      const words = await gateway.reload({ dryRun: false, mayRestart: false })
      sayReloaded(edge, words)
    } else if (wish === 'stop' || wish instanceof Error) return end(edge, gateway, wish)
  }
}

function nextWish(edge: Edge, gateway: Gateway): Promise<'stop' | 'reload' | 'clock' | Site | Error> {
  const asked = new Promise<'stop' | 'reload'>((resolve) => {
    if (edge.signal.aborted) resolve('stop')
    edge.signal.addEventListener('abort', () => resolve('stop'), { once: true })
    edge.onReload(() => resolve('reload'))
  })
  return Promise.race([asked, gateway.failed, gateway.restartWished, gateway.clockSet.then(() => 'clock' as const)])
}

async function end(edge: Edge, gateway: Gateway, wish: 'stop' | Error): Promise<number> {
  if (wish !== 'stop') edge.error(`caretaker: ${wish.message}`)
  await gateway.stop()
  return wish === 'stop' ? 0 : EXIT_FAILED
}
