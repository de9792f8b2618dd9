import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Fault } from '#devices/fault.ts'
import type { FromPlant, PlantWorkerData, ToPlant } from '#plant/worker.ts'
import type { PlantDevice, PlantDoor } from './plant-door.ts'
import { sayFault } from './texts.ts'

/** The simulated plant in a thread of its own, reached by sockets only; its door is for those who disturb it. */
export type PlantProcess = Readonly<{
  /** By connection. */
  ports: Readonly<Record<string, number>>
  /** By channel: where the provider listens that is played. */
  providers: Readonly<Record<string, number>>
  door: PlantDoor
  send(message: ToPlant): void
  stop(): Promise<void>
}>

export async function startPlantProcess(data: PlantWorkerData, log: (line: string) => void): Promise<PlantProcess> {
  const worker = new Worker(new URL('../plant/worker.ts', import.meta.url), { workerData: data })
  const ready = Promise.withResolvers<Pick<PlantProcess, 'ports' | 'providers'>>()
  const asked = new Map<number, PromiseWithResolvers<readonly PlantDevice[]>>()
  let asks = 0
  const settle = (ask: number) => {
    const question = asked.get(ask)
    asked.delete(ask)
    return question
  }
  worker.on('message', (message: FromPlant) => {
    switch (message.type) {
      case 'ready':
        return ready.resolve(message)
      case 'error':
        log(message.said ? sayFault('en', message.said) : message.message)
        return ready.reject(new Error(message.message))
      case 'log':
        return log(message.line)
      case 'devices':
        return settle(message.ask)?.resolve(message.devices)
      case 'refused':
        return settle(message.ask)?.reject(new Fault(message.said.code, message.said.params))
    }
  })
  worker.once('error', (error) => ready.reject(error))
  worker.once('exit', () => {
    for (const ask of asked.keys()) settle(ask)?.reject(new Fault('stopping'))
  })
  const send = (message: ToPlant) => worker.postMessage(message)
  const ask = (question: (ask: number) => ToPlant): Promise<readonly PlantDevice[]> => {
    const answer = Promise.withResolvers<readonly PlantDevice[]>()
    asked.set(++asks, answer)
    send(question(asks))
    return answer.promise
  }
  const one = async (answer: Promise<readonly PlantDevice[]>) => (await answer)[0]!
  const { ports, providers } = await ready.promise
  return {
    ports,
    providers,
    door: {
      devices: () => ask((number) => ({ type: 'look', ask: number })),
      provoke: (device, fault) => one(ask((number) => ({ type: 'provoke', fault, device, ask: number }))),
      heal: (device) => one(ask((number) => ({ type: 'heal', device, ask: number }))),
    },
    send,
    async stop() {
      const ended = once(worker, 'exit')
      worker.postMessage({ type: 'stop' } satisfies ToPlant)
      await ended
    },
  }
}
