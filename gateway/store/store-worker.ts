import { parentPort, workerData } from 'node:worker_threads'
import { StoreCore } from './core.ts'
import { serve } from './rpc.ts'

const { folder } = workerData as { folder: string }
serve(parentPort!, new StoreCore(folder))
parentPort!.postMessage({ ready: true })
