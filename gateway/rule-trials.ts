import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Fault, type ConfigFault } from '#devices/fault.ts'
import type { PlannedWork } from './backtest/report.ts'
import type { Range } from './backtest/stretches.ts'
import { trialOf } from './backtest/trial.ts'
import type { TrialOrder, TrialResult, TrialWord } from './backtest/trying.ts'
import type { ReadSite } from './reload.ts'
import type { Site } from './site/site.ts'

export type TrialWish = Readonly<{
  /** The text of a rule file: it wins over what the other files say of the same alarms. */
  rules: string
  range: Range
  planned: readonly PlannedWork[]
  /** Also say what is different from the rules in force. */
  isCompared: boolean
}>
export type TrialAnswer = Readonly<{ faults: readonly ConfigFault[] }> | Readonly<{ result: TrialResult }>
/** Faults of the text, or what its rules would have done. Throws `busy` and `too_large`. */
export type TryRules = (wish: TrialWish, signal: AbortSignal) => Promise<TrialAnswer>

const DRAFT = 'draft.yaml'
/** A backtest takes memory and a processor that the site needs more. */
const LIMITS = { maxOldGenerationSizeMb: 256 }
const LONGEST_MS = 120_000

/** Backtests beside the running gateway: one at a time, in a thread of its own, which reads the same files. */
export function ruleTrials({
  read,
  current,
  folder,
  delay,
}: Readonly<{
  read: ReadSite
  current(): Site
  folder: string
  delay(ms: number, run: () => void): () => void
}>): TryRules {
  let isRunning = false
  return async ({ rules, range, planned, isCompared }, signal) => {
    const { site, faults } = read([{ path: DRAFT, text: rules }])
    const own = faults.filter(({ file }) => file === DRAFT)
    if (own.length > 0 || !site) return { faults: own.length > 0 ? own : faults }
    const { alarms, tests } = site.ruleFiles.find(({ file }) => resolve(file) === resolve(DRAFT))!
    const order: TrialOrder = {
      trial: trialOf(site, alarms),
      before: isCompared ? trialOf(current(), alarms) : null,
      tests,
      folder,
      range,
      planned,
    }
    if (isRunning) throw new Fault('busy')
    isRunning = true
    try {
      return { result: await inThread(order, signal, delay) }
    } finally {
      isRunning = false
    }
  }
}

async function inThread(
  workerData: TrialOrder,
  signal: AbortSignal,
  delay: (ms: number, run: () => void) => () => void,
): Promise<TrialResult> {
  const worker = new Worker(new URL('./backtest/worker.ts', import.meta.url), { workerData, resourceLimits: LIMITS })
  const { promise, resolve: done, reject } = Promise.withResolvers<TrialResult>()
  const cancel = delay(LONGEST_MS, () => reject(new Fault('too_large')))
  const stop = () => reject(new Fault('stopping'))
  signal.addEventListener('abort', stop, { once: true })
  worker.on('message', (word: TrialWord) => {
    if ('result' in word) done(word.result)
    else if ('refused' in word)
      reject(word.refused ? new Fault(word.refused.code, word.refused.params) : new Error(word.message))
  })
  worker.once('error', reject)
  worker.once('exit', () => reject(new Fault('too_large')))
  try {
    return await promise
  } finally {
    cancel()
    signal.removeEventListener('abort', stop)
    await worker.terminate()
  }
}
