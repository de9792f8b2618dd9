import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { connect, errorOf, type Opened, type Remote } from '../store/rpc.ts'
import type { OutboxFile } from './outbox-file.ts'

export type Outbox = Remote<
  Pick<OutboxFile, 'filledUpto' | 'fill' | 'next' | 'waiting' | 'confirm' | 'held' | 'keepOnly' | 'close'>
>

const METHODS = ['filledUpto', 'fill', 'next', 'waiting', 'confirm', 'held', 'keepOnly', 'close'] as const

/** The file of what goes outward, in a thread of its own: no slow disk delays a poll. */
export async function openOutbox(path: string): Promise<Outbox> {
  const worker = new Worker(new URL('./outbox-worker.ts', import.meta.url), {
    workerData: path,
    resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 },
  })
  const [{ refusal }] = (await once(worker, 'message')) as [Opened]
  if (refusal) {
    await worker.terminate()
    throw errorOf(refusal)
  }
  const { remote, fail } = connect<Pick<OutboxFile, (typeof METHODS)[number]>>(worker, METHODS)
  worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', (code) => fail(new Error(`its thread ended with ${code}`)))
  return {
    ...remote,
    async close() {
      await remote.close().catch(() => {})
      await worker.terminate()
    },
  }
}
