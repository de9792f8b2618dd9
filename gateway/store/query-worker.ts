import { parentPort, workerData } from 'node:worker_threads'
import { Queries } from './queries.ts'
import { serve } from './rpc.ts'

const { folder } = workerData as { folder: string }
serve(parentPort!, () => new Queries(folder))
