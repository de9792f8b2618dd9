import { parentPort, workerData } from 'node:worker_threads'
import { type Change, type Content, openSessionFile } from './session-file.ts'

export type Order = Readonly<{ changes: readonly Change[] }> | 'close'
export type Answer =
  | Readonly<{ opened: Content; setAside: string | null }>
  | Readonly<{ committed: boolean; error?: string }>

const file = openSessionFile(workerData as string)
const answer = (said: Answer): void => parentPort!.postMessage(said)

parentPort!.on('message', (order: Order) => {
  if (order === 'close') {
    file.close()
    parentPort!.close()
    return
  }
  try {
    file.commit(order.changes)
    answer({ committed: true })
  } catch (error) {
    answer({ committed: false, error: String(error) })
  }
})
answer({ opened: file.content, setAside: file.setAside })
