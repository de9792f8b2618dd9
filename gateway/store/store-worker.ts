import { parentPort, workerData } from 'node:worker_threads'
import { StoreCore } from './core.ts'
import type { HistoryPolicy } from './history/policy.ts'
import { serve } from './rpc.ts'
import { sqliteErrorOf } from './sqlite-error.ts'

const { folder, policy } = workerData as { folder: string; policy: HistoryPolicy }
// F04: after a failed write or fsync nobody knows what of the file is on the disk: what is open is not gone on with.
serve(
  parentPort!,
  () => new StoreCore(folder, () => {}, policy),
  (error) => sqliteErrorOf(error) === 'inputOutput',
)
