import { parentPort, workerData } from 'node:worker_threads'
import { Fault, type Said } from '#devices/fault.ts'
import type { Value } from '#devices/reading.ts'
import { scaledClock } from './clock.ts'
import type { Language } from './findings.ts'
import { type PlayedProvider, startMessageProvider } from './message-provider.ts'
import { type Plant, type PlantSite, startPlant } from './plant.ts'
import { seededRandom } from './random.ts'
import { parseCsv } from './replay.ts'
import { playStaff } from './staff.ts'
import { playStory } from './story.ts'
import type { Change } from './simulated-device.ts'

/** What `new Worker` is given. `monotonicStart` is `monotonicNow()` of the moment that `siteStart` was read. */
export type PlantWorkerData = Readonly<{
  site: PlantSite
  siteStart: number
  monotonicStart?: number | undefined
  speed: number
  ports: 'declared' | 'free'
  /** Providers of messages to residents that are played, too. */
  providers?: readonly PlayedProvider[] | undefined
  seed?: number | undefined
  publishEveryMs?: number | undefined
}>

/** With `ask` the sender wants an answer under that number: `devices`, or `refused`. */
export type ToPlant =
  | Readonly<{ type: 'mqtt'; url: string; secrets: Readonly<Record<string, string>> }>
  | Readonly<{ type: 'provoke'; fault: string; device: string; ask?: number }>
  | Readonly<{ type: 'heal'; device: string; ask?: number }>
  | Readonly<{ type: 'look'; ask: number }>
  | Readonly<{ type: 'hold'; device: string; point: string; value: Value }>
  | Readonly<{ type: 'replay'; device: string; csv: string; columns: Readonly<Record<string, string>> }>
  | Readonly<{
      type: 'staff'
      baseUrl: string
      tokens: Readonly<Record<string, string>>
      languages?: readonly Language[]
    }>
  | Readonly<{ type: 'story' }>
  | Readonly<{ type: 'writes' }>
  | Readonly<{ type: 'stop' }>

export type FromPlant =
  | Readonly<{
      type: 'ready'
      ports: Readonly<Record<string, number>>
      providers: Readonly<Record<string, number>>
    }>
  | Readonly<{ type: 'log'; line: string }>
  | Readonly<{ type: 'error'; message: string; said?: Said }>
  | Readonly<{ type: 'devices'; ask: number; devices: readonly PlantDevice[] }>
  | Readonly<{ type: 'refused'; ask: number; said: Said }>
  | Readonly<{ type: 'writes'; writes: readonly Change[] }>
  | Readonly<{ type: 'stopped' }>

export type PlantDevice = Readonly<{ device: string; faults: readonly string[]; fault: string | null }>

if (parentPort) await serve(parentPort, workerData as PlantWorkerData)

async function serve(port: NonNullable<typeof parentPort>, data: PlantWorkerData): Promise<void> {
  const say = (message: FromPlant) => port.postMessage(message)
  const log = (line: string) => say({ type: 'log', line })
  const complain = (error: unknown) =>
    say({
      type: 'error',
      message: error instanceof Error ? error.message : String(error),
      ...(error instanceof Fault ? { said: saidOf(error) } : {}),
    })
  const clock = scaledClock(data)
  const random = seededRandom(data.seed ?? 1)
  const ending = new AbortController()
  const { signal } = ending
  const { site, ports, publishEveryMs } = data
  let plant: Plant
  const opened = new AsyncDisposableStack()
  const listening: Record<string, number> = {}
  try {
    plant = await startPlant({ site, clock, random, ports, publishEveryMs, log })
    opened.defer(() => plant.stop())
    for (const { id, port: declared } of data.providers ?? []) {
      const provider = await startMessageProvider({ port: ports === 'free' ? 0 : declared, clock })
      opened.defer(() => provider.stop())
      listening[id] = provider.port
    }
  } catch (error) {
    complain(error)
    await opened.disposeAsync()
    port.close()
    return
  }
  const playing = { plant, clock, random, signal, log }

  const deviceIds = site.devices.map(({ id }) => id)
  const answer = (ask: number | undefined, devices: readonly string[]) => {
    if (ask === undefined) return
    say({
      type: 'devices',
      ask,
      devices: devices.map((device) => {
        const { fault, faults } = plant.look(device)
        return { device, faults, fault }
      }),
    })
  }

  const obey = async (message: ToPlant): Promise<void> => {
    switch (message.type) {
      case 'mqtt':
        return plant.connectMqtt(message.url, (device) => message.secrets[device] ?? '')
      case 'provoke':
        plant.provoke(message.fault, message.device)
        return answer(message.ask, [message.device])
      case 'heal':
        plant.heal(message.device)
        return answer(message.ask, [message.device])
      case 'look':
        return answer(message.ask, deviceIds)
      case 'hold':
        return plant.hold(message.device, message.point, message.value)
      case 'replay':
        return void plant.replay({ device: message.device, rows: parseCsv(message.csv).rows, columns: message.columns })
      case 'staff':
        return playStaff({
          ...playing,
          baseUrl: message.baseUrl,
          tokens: message.tokens,
          languages: message.languages,
          healer(device) {
            // An order may be about what is not of this plant: the gateway itself.
            if (!deviceIds.includes(device)) return null
            const { fault } = plant.look(device)
            plant.heal(device)
            return fault
          },
        })
      case 'story':
        return playStory({ ...playing, devices: deviceIds })
      case 'writes':
        return say({ type: 'writes', writes: plant.writes() })
      case 'stop':
        ending.abort(new Error('the plant stops'))
        await opened.disposeAsync()
        say({ type: 'stopped' })
        port.close()
    }
  }
  port.on('message', (message: ToPlant) => {
    obey(message).catch((error: unknown) => {
      if ('ask' in message && error instanceof Fault) say({ type: 'refused', ask: message.ask!, said: saidOf(error) })
      else complain(error)
    })
  })
  say({ type: 'ready', ports: plant.ports, providers: listening })
}

/** A fault loses its shape between threads; its reason is data. */
function saidOf({ code, params }: Fault): Said {
  return { code, params }
}
