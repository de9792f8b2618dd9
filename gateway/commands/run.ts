import { type Edge, EXIT_CONFIGURATION, EXIT_FAILED, type RunOptions } from './edge.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { systemRandom } from '../random.ts'
import { loadSite } from '../site/load.ts'
import { sayConfigFault } from '../texts.ts'
import { VERSION } from '../version.ts'
import { dataFolder, httpAddress } from './folder.ts'
import { loggerOf } from './logger.ts'

const DEFAULT_HTTP = { host: '127.0.0.1', port: 8080 }

/** Runs a site until the process is told to stop. What is wrong with the file is said, and the healthy part runs. */
export async function runSite(edge: Edge, file: string, options: RunOptions): Promise<number> {
  const { site, faults } = loadSite(file, edge)
  for (const fault of faults) edge.error(sayConfigFault('en', fault))
  if (!site) return EXIT_CONFIGURATION
  const gateway = await startGateway({
    site,
    folder: dataFolder(edge, options.data),
    http: httpAddress(edge, options.http) ?? DEFAULT_HTTP,
    speed: options.speed,
    version: VERSION,
    pid: edge.pid,
    random: systemRandom(),
    log: loggerOf(edge, 'info'),
  })
  edge.out(`Caretaker ${VERSION} watches ${site.devices.length} devices of ${site.id} on http://${gateway.http.host}:${gateway.http.port}`)
  return untilStopped(edge, gateway)
}

/** Until the signal, or until the gateway cannot go on. */
export async function untilStopped(edge: Edge, gateway: Gateway): Promise<number> {
  const stopped = new Promise<null>((resolve) => {
    if (edge.signal.aborted) resolve(null)
    edge.signal.addEventListener('abort', () => resolve(null), { once: true })
  })
  const failure = await Promise.race([stopped, gateway.failed])
  if (failure) edge.error(`caretaker: ${failure.message}`)
  await gateway.stop()
  return failure ? EXIT_FAILED : 0
}
