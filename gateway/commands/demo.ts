import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Edge, EXIT_CONFIGURATION, type RunOptions } from './edge.ts'
import { leadsInside } from '../channels/private-address.ts'
import { monotonicNow } from '../clock.ts'
import { startGateway } from '../gateway.ts'
import { type PlantProcess, startPlantProcess } from '../plant-process.ts'
import { systemRandom } from '../random.ts'
import { loadSite } from '../site/load.ts'
import type { TcpConnection } from '#ingest/modbus/connection.ts'
import type { Site } from '../site/site.ts'
import { sayConfigFault } from '../texts.ts'
import { VERSION } from '../version.ts'
import { dataFolder, httpAddress } from './folder.ts'
import { demoLinks } from './demo-links.ts'
import { loggerOf } from './logger.ts'
import { untilStopped } from './run.ts'

const DEMO_SITE = fileURLToPath(new URL('../../sites/demo/site.yaml', import.meta.url))
const DEMO_HTTP = { host: '127.0.0.1', port: 8080 }

/** The demonstration estate with its simulated plant and staff: the whole story on real sockets, without any set-up. */
export async function runDemo(edge: Edge, options: RunOptions): Promise<number> {
  const { site, faults } = loadSite(DEMO_SITE, edge)
  for (const fault of faults) edge.error(sayConfigFault('en', fault))
  if (!site) return EXIT_CONFIGURATION
  const wished = httpAddress(edge, options.http)
  const log = loggerOf(edge, 'warn')
  let plant: PlantProcess | null = null
  const gateway = await startGateway({
    site,
    readSite: (rules = []) => loadSite(DEMO_SITE, { ...edge, rules }),
    folder: dataFolder(edge, options.data, 'data/demo'),
    // A newcomer's port 8080 may be taken by something else: then any free one serves.
    http: wished ?? ((await isFree(DEMO_HTTP)) ? DEMO_HTTP : { ...DEMO_HTTP, port: 0 }),
    speed: options.speed,
    version: VERSION,
    pid: edge.pid,
    random: systemRandom(),
    log,
    demo: true,
    async plant(clock) {
      plant = await startPlantProcess(
        {
          site: plantSite(site),
          siteStart: clock.now(),
          monotonicStart: monotonicNow(),
          speed: options.speed,
          ports: 'free',
          providers: playedProviders(site),
        },
        (line) => log.debug({}, line),
      )
      return plant
    },
  })
  await playDemo(plant!, gateway, site)
  edge.out(`Caretaker ${VERSION} shows the estate "${site.id}" on http://${gateway.http.host}:${gateway.http.port}`)
  edge.out('A pump trips in a few seconds: watch it become an alarm, a work order and a notice. Stop with Ctrl-C.')
  for (const port of Object.values(plant!.providers))
    edge.out(`What the telephones of the (invented) residents show: http://127.0.0.1:${port}`)
  edge.out('Look at it as somebody:')
  for (const line of demoLinks(gateway, site)) edge.out(line)
  const code = await untilStopped(edge, gateway)
  await plant!.stop()
  return code
}

function isFree(address: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(address, () => probe.close(() => resolve(true)))
  })
}

async function playDemo(
  plant: PlantProcess,
  gateway: Awaited<ReturnType<typeof startGateway>>,
  site: Site,
): Promise<void> {
  const mqtt = gateway.mqtt()
  if (mqtt) {
    const secrets = Object.fromEntries(
      site.devices.filter(({ profile }) => profile.mqtt).map(({ id }) => [id, gateway.secretOf(id)]),
    )
    plant.send({ type: 'mqtt', url: `mqtt://${mqtt.host}:${mqtt.port}`, secrets })
  }
  const [technician, steward, chief] = await Promise.all([
    gateway.createToken('field'),
    gateway.createToken('steward'),
    gateway.createToken('engineer'),
  ])
  plant.send({
    type: 'staff',
    baseUrl: `http://${gateway.http.host}:${gateway.http.port}`,
    tokens: { technician: technician.token, steward: steward.token, chief: chief.token },
    languages: site.languages,
  })
  plant.send({ type: 'story' })
}

/** Providers of messages that stand on this machine: nobody's, so they are played. */
export function playedProviders({ channels }: Pick<Site, 'channels'>): { id: string; port: number }[] {
  return channels.flatMap((channel) => {
    if (channel.type !== 'http-sms' || !leadsInside(channel.url)) return []
    return [{ id: channel.id, port: Number(new URL(channel.url).port) }]
  })
}

/** What the simulated estate stands in for. It speaks Modbus TCP only: other roads stay what they are. */
export function plantSite({ connections, devices, plan }: Pick<Site, 'connections' | 'devices' | 'plan'>): {
  connections: readonly TcpConnection[]
  devices: Site['devices']
  timeZone: string
} {
  const simulated = connections.filter((connection) => connection.protocol === 'modbus-tcp')
  return { connections: simulated, devices, timeZone: plan.timeZone }
}
