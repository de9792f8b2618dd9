import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Change, Content } from './session-file.ts'
import type { Answer, Order } from './session-worker.ts'

const RETRY_MS = 1_000
/** So many changes wait for a disk that refuses them; beyond, the oldest are given up. */
const MAX_WAITING = 20_000

type Log = (message: string, fields: Readonly<Record<string, unknown>>) => void
type Group = Readonly<{ changes: Change[]; written: PromiseWithResolvers<void> }>

/** Where the broker writes down what it must know after a restart. */
export type SessionJournal = Readonly<{
  content: Content
  /**
   * Resolves when it is on the disk. It never rejects: while the disk refuses, the broker serves from memory, what is to
   * be written waits, and the log says so. Readings are not at stake, they have a store of their own.
   */
  write(...changes: readonly Change[]): Promise<void>
  close(): Promise<void>
}>

/** For a broker without a file: all of it ends with the process. */
export const NO_JOURNAL: SessionJournal = {
  content: { retained: [], subscriptions: [], outgoing: [], incoming: [] },
  write: () => Promise.resolve(),
  close: () => Promise.resolve(),
}

/** Writes in a thread of its own; what comes while one transaction is under way goes into the next. */
export async function openSessionJournal(path: string, log: Log): Promise<SessionJournal> {
  const worker = new Worker(new URL('./session-worker.ts', import.meta.url), { workerData: path })
  const ended = once(worker, 'exit')
  ended.catch(() => {})
  const [first] = (await once(worker, 'message')) as [Extract<Answer, { opened: unknown }>]
  if (first.setAside !== null)
    log('the file of mqtt sessions was damaged: a new one is begun', { kept: first.setAside })
  let waiting = emptyGroup()
  let underWay: Group | null = null
  let retry: NodeJS.Timeout | undefined
  let isTold = false
  let isDead = false

  worker.on('message', (answer: Answer) => {
    if (!underWay || 'opened' in answer) return
    const { changes, written } = underWay
    underWay = null
    written.resolve()
    if (answer.committed) {
      isTold = false
      return send()
    }
    if (!isTold) log('mqtt sessions cannot be written', { error: answer.error })
    isTold = true
    waiting.changes.unshift(...changes)
    waiting.changes.splice(0, waiting.changes.length - MAX_WAITING)
    retry = setTimeout(() => {
      retry = undefined
      send()
    }, RETRY_MS)
  })
  worker.on('error', (error) => {
    log('mqtt sessions are no longer written', { error })
    isDead = true
    underWay?.written.resolve()
    waiting.written.resolve()
  })

  function send(): void {
    if (underWay || retry || waiting.changes.length === 0) return
    underWay = waiting
    waiting = emptyGroup()
    worker.postMessage({ changes: underWay.changes } satisfies Order)
  }

  return {
    content: first.opened,
    write(...changes) {
      if (isDead) return Promise.resolve()
      const { written } = waiting
      waiting.changes.push(...changes)
      send()
      return retry ? Promise.resolve() : written.promise
    },
    async close() {
      while (!isDead && (underWay || (waiting.changes.length > 0 && !retry))) {
        send()
        await (underWay ?? waiting).written.promise
      }
      clearTimeout(retry)
      if (isDead) return
      worker.postMessage('close' satisfies Order)
      await ended
    },
  }
}

function emptyGroup(): Group {
  return { changes: [], written: Promise.withResolvers<void>() }
}
