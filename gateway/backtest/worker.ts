import { parentPort, workerData } from 'node:worker_threads'
import { Fault } from '#devices/fault.ts'
import { type TrialOrder, type TrialWord, tryRules } from './trying.ts'

const say = (word: TrialWord) => parentPort!.postMessage(word)
try {
  say({ result: tryRules(workerData as TrialOrder, (done, readings) => say({ done, readings })) })
} catch (error) {
  const { message } = error as Error
  say({ refused: error instanceof Fault ? { code: error.code, params: error.params } : null, message })
}
