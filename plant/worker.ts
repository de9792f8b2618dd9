import { parentPort, workerData } from 'node:worker_threads'
import { scaledClock } from './clock.ts'
import { type Plant, type PlantSite, startPlant } from './plant.ts'
import { seededRandom } from './random.ts'
import { parseCsv } from './replay.ts'
import { playStaff } from './staff.ts'
import { playStory } from './story.ts'
import type { Change } from './simulated-device.ts'
import type { Value } from '#devices/reading.ts'

/** What `new Worker` is given. `monotonicStart` is `monotonicNow()` of the moment that `siteStart` was read. */
export type PlantWorkerData = Readonly<{
  site: PlantSite
  siteStart: number
  monotonicStart?: number | undefined
  speed: number
  ports: 'declared' | 'free'
  seed?: number | undefined
  publishEveryMs?: number | undefined
}>

export type ToPlant =
  | Readonly<{ type: 'mqtt'; url: string; secrets: Readonly<Record<string, string>> }>
  | Readonly<{ type: 'provoke'; fault: string; device: string }>
  | Readonly<{ type: 'heal'; device: string }>
  | Readonly<{ type: 'hold'; device: string; point: string; value: Value }>
  | Readonly<{ type: 'replay'; device: string; csv: string; columns: Readonly<Record<string, string>> }>
  | Readonly<{ type: 'staff'; baseUrl: string; tokens: Readonly<Record<string, string>> }>
  | Readonly<{ type: 'story' }>
  | Readonly<{ type: 'writes' }>
  | Readonly<{ type: 'stop' }>

export type FromPlant =
  | Readonly<{ type: 'ready'; ports: Readonly<Record<string, number>> }>
  | Readonly<{ type: 'log'; line: string }>
  | Readonly<{ type: 'error'; message: string }>
  | Readonly<{ type: 'writes'; writes: readonly Change[] }>
  | Readonly<{ type: 'stopped' }>

if (parentPort) await serve(parentPort, workerData as PlantWorkerData)

async function serve(port: NonNullable<typeof parentPort>, data: PlantWorkerData): Promise<void> {
  const say = (message: FromPlant) => port.postMessage(message)
  const log = (line: string) => say({ type: 'log', line })
  const complain = (error: unknown) =>
    say({ type: 'error', message: error instanceof Error ? error.message : String(error) })
  const clock = scaledClock(data)
  const random = seededRandom(data.seed ?? 1)
  const ending = new AbortController()
  const { signal } = ending
  const { site, ports, publishEveryMs } = data
  let plant: Plant
  try {
    plant = await startPlant({ site, clock, random, ports, publishEveryMs, log })
  } catch (error) {
    complain(error)
    port.close()
    return
  }
  const playing = { plant, clock, random, signal, log }

  const obey = async (message: ToPlant): Promise<void> => {
    switch (message.type) {
      case 'mqtt':
        return plant.connectMqtt(message.url, (device) => message.secrets[device] ?? '')
      case 'provoke':
        return plant.provoke(message.fault, message.device)
      case 'heal':
        return plant.heal(message.device)
      case 'hold':
        return plant.hold(message.device, message.point, message.value)
      case 'replay':
        return void plant.replay({ device: message.device, rows: parseCsv(message.csv).rows, columns: message.columns })
      case 'staff':
        return playStaff({
          ...playing,
          baseUrl: message.baseUrl,
          tokens: message.tokens,
          healer: (device) => plant.heal(device),
        })
      case 'story':
        return playStory({ ...playing, devices: site.devices.map(({ id }) => id) })
      case 'writes':
        return say({ type: 'writes', writes: plant.writes() })
      case 'stop':
        ending.abort(new Error('the plant stops'))
        await plant.stop()
        say({ type: 'stopped' })
        port.close()
    }
  }
  port.on('message', (message: ToPlant) => {
    obey(message).catch(complain)
  })
  say({ type: 'ready', ports: plant.ports })
}
