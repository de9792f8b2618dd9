import { parentPort, workerData } from 'node:worker_threads'
import { serve } from '../store/rpc.ts'
import { OutboxFile } from './outbox-file.ts'

serve(parentPort!, () => new OutboxFile(workerData as string))
