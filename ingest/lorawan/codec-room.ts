import { Worker } from 'node:worker_threads'
import { CodecError } from './codec-sandbox.ts'
import type { Answer, Job } from './codec-worker.ts'

/** A payload takes microseconds. So long without an answer, and the thread is ended. */
const PATIENCE_MS = 1_000
/** After a codec went over its limits for a device, that device's payloads are not tried for so long … */
const CLOSED_MS = 60_000
/** … and after so many times within that time, nobody's: then it is the codec, not a payload. */
const CHANCES = 5
const MAX_WAITING = 1_000

type Data = Readonly<Record<string, unknown>>
type Waiting = Readonly<{
  job: Omit<Job, 'id' | 'text'>
  text: string
  resolve: (data: Data) => void
  reject: (error: Error) => void
}>

/** Vendors' codecs, in a thread of their own: whatever one does, only its own device goes without values. */
export type CodecRoom = Readonly<{
  /** Rejects with a CodecError when it is the codec's doing, else with another: the payload may come again. */
  decode(device: string, text: string, bytes: Uint8Array, port: number, receivedAt: number): Promise<Data>
  /** Ends the thread; the next payload starts another. Who waits is refused. */
  rest(): Promise<void>
}>

/** Starts no thread before the first payload. */
export function codecRoom(monotonicNow: () => number): CodecRoom {
  const numbers = new Map<string, number>()
  const strikes = strikesOf(monotonicNow)
  /** In the order in which the thread answers. */
  let waiting = new Map<number, Waiting>()
  let lastId = 0
  let worker: Worker | null = null
  let known = new Set<number>()
  let watch: NodeJS.Timeout | undefined
  let isReady = false

  function start(): Worker {
    const started = new Worker(new URL('./codec-worker.ts', import.meta.url))
    started.unref()
    known = new Set()
    isReady = false
    started.on('message', (answer: Answer | 'ready') => {
      if (answer === 'ready') {
        // Loading the engine takes what it takes: patience begins with the first payload.
        isReady = started === worker
        return keepWatch()
      }
      const asked = waiting.get(answer.id)
      if (started !== worker || !asked) return
      waiting.delete(answer.id)
      if ('data' in answer) asked.resolve(answer.data)
      else asked.reject(new CodecError(answer.failure, answer.detail))
    })
    started.on('error', () => started === worker && again('it broke the sandbox'))
    return started
  }

  /** The first that waits is the one being run: it is refused, the others are asked again in a new thread. */
  function again(detail: string): void {
    void worker?.terminate()
    worker = null
    const [first, ...others] = waiting
    waiting = new Map(others)
    first?.[1].reject(new CodecError('over_limit', detail))
    for (const [id, { job, text }] of waiting) send(id, job, text)
  }

  function send(id: number, job: Waiting['job'], text: string): void {
    worker ??= start()
    const isNew = !known.has(job.codec)
    known.add(job.codec)
    worker.postMessage({ id, ...job, ...(isNew ? { text } : {}) } satisfies Job)
    keepWatch()
  }

  function keepWatch(): void {
    const [first] = waiting.keys()
    if (watch !== undefined || !isReady || first === undefined) return
    watch = setTimeout(() => {
      watch = undefined
      if (waiting.keys().next().value === first) again('it does not end')
      keepWatch()
    }, PATIENCE_MS).unref()
  }

  return {
    async decode(device, text, bytes, port, receivedAt) {
      const codec = numbers.get(text) ?? numbers.size
      numbers.set(text, codec)
      if (strikes.isClosed(device, codec)) throw new CodecError('over_limit', 'closed after it went over its limits')
      if (waiting.size >= MAX_WAITING) throw new Error('too many payloads wait for a codec')
      try {
        return await new Promise<Data>((resolve, reject) => {
          const job = { codec, bytes, port, receivedAt }
          const id = ++lastId
          waiting.set(id, { job, text, resolve, reject })
          send(id, job, text)
        })
      } catch (error) {
        if (error instanceof CodecError && error.failure === 'over_limit') strikes.add(device, codec)
        throw error
      }
    },
    async rest() {
      clearTimeout(watch)
      watch = undefined
      const ended = worker
      worker = null
      for (const { reject } of waiting.values()) reject(new Error('the gateway stops'))
      waiting.clear()
      await ended?.terminate()
    },
  }
}

function strikesOf(now: () => number) {
  const devices = new Map<string, number>()
  const codecs = new Map<number, number[]>()
  return {
    isClosed: (device: string, codec: number) =>
      now() < (devices.get(device) ?? -Infinity) ||
      (codecs.get(codec) ?? []).filter((at) => now() < at + CLOSED_MS).length >= CHANCES,
    add(device: string, codec: number) {
      devices.set(device, now() + CLOSED_MS)
      codecs.set(codec, [...(codecs.get(codec) ?? []).slice(1 - CHANCES), now()])
    },
  }
}
