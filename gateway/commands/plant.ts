import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type Edge, EXIT_CONFIGURATION } from './edge.ts'
import { monotonicNow, wallNow } from '../clock.ts'
import { deviceSecrets } from '../credentials.ts'
import { type PlantProcess, startPlantProcess } from '../plant-process.ts'
import { systemRandom } from '../random.ts'
import { loadSite } from '../site/load.ts'
import { sayConfigFault } from '../texts.ts'
import { plantSite, playedProviders } from './demo.ts'
import { dataFolder } from './folder.ts'

type PlantOptions = Readonly<{
  data?: string
  speed: number
  replay?: string
  device?: string
  column?: readonly string[]
}>

/** A plant of its own on the declared ports; faults are provoked by lines on the input: `provoke FAULT DEVICE`, `heal DEVICE`. */
export async function runPlant(edge: Edge, file: string, options: PlantOptions): Promise<number> {
  const { site, faults } = loadSite(file, edge)
  for (const fault of faults) edge.error(sayConfigFault('en', fault))
  if (!site) return EXIT_CONFIGURATION
  const plant = await startPlantProcess(
    {
      site: plantSite(site),
      siteStart: wallNow(),
      monotonicStart: monotonicNow(),
      speed: options.speed,
      ports: 'declared',
      providers: playedProviders(site),
    },
    (line) => edge.error(line),
  )
  if (site.mqtt) {
    const derived = deviceSecrets(dataFolder(edge, options.data), systemRandom())
    const secrets = Object.fromEntries(
      site.devices
        .filter(({ profile }) => profile.mqtt)
        .map(({ id }) => [id, site.mqtt!.secrets.get(id) ?? derived(id)]),
    )
    plant.send({ type: 'mqtt', url: `mqtt://${site.mqtt.host}:${site.mqtt.port}`, secrets })
  }
  if (options.replay && options.device) {
    const columns = Object.fromEntries(
      (options.column ?? []).map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string]),
    )
    plant.send({
      type: 'replay',
      device: options.device,
      csv: readFileSync(resolve(edge.cwd, options.replay), 'utf8'),
      columns,
    })
  }
  edge.out(
    `plant of ${site.id} on ${Object.entries(plant.ports)
      .map(([id, port]) => `${id}:${port}`)
      .join(' ')}`,
  )
  const lines = createInterface({ input: edge.input })
  lines.on('line', (line) => obey(plant, line.trim().split(/\s+/), edge))
  await new Promise<void>((done) => {
    if (edge.signal.aborted) done()
    edge.signal.addEventListener('abort', () => done(), { once: true })
  })
  lines.close()
  await plant.stop()
  return 0
}

function obey(plant: PlantProcess, [verb, ...rest]: readonly string[], edge: Edge): void {
  if (verb === 'provoke' && rest.length === 2) plant.send({ type: 'provoke', fault: rest[0]!, device: rest[1]! })
  else if (verb === 'heal' && rest.length === 1) plant.send({ type: 'heal', device: rest[0]! })
  else if (verb) edge.error('say "provoke FAULT DEVICE" or "heal DEVICE"')
}
