import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { FromPlant, PlantWorkerData, ToPlant } from '#plant/worker.ts'

/** The simulated plant in a thread of its own, reached by sockets only. */
export type PlantProcess = Readonly<{
  ports: Readonly<Record<string, number>>
  send(message: ToPlant): void
  stop(): Promise<void>
}>

export async function startPlantProcess(data: PlantWorkerData, log: (line: string) => void): Promise<PlantProcess> {
  const worker = new Worker(new URL('../plant/worker.ts', import.meta.url), { workerData: data })
  const ready = Promise.withResolvers<Readonly<Record<string, number>>>()
  worker.on('message', (message: FromPlant) => {
    if (message.type === 'ready') ready.resolve(message.ports)
    else if (message.type === 'error') {
      log(message.message)
      ready.reject(new Error(message.message))
    } else if (message.type === 'log') log(message.line)
  })
  worker.once('error', (error) => ready.reject(error))
  return {
    ports: await ready.promise,
    send: (message) => worker.postMessage(message),
    async stop() {
      const ended = once(worker, 'exit')
      worker.postMessage({ type: 'stop' } satisfies ToPlant)
      await ended
    },
  }
}
