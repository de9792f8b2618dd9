import { newNap } from '../outbox/nap.ts'
import type { Outbox } from './outbox-thread.ts'
import { ONLINE } from './topics.ts'

/** So often, in real time, goes out what changes all the time. */
const FLUSH_MS = 1_000
const AT_ONCE = 50
const IDLE_MS = 60_000
const RETRY_MS = 1_000

/** How it is with one target; times are site time. */
export type DestinationHealth = Readonly<{
  target: string
  /** Alarms and orders that the target has not confirmed, and states of which it has an older one. */
  waiting: number
  behind: number
  /** Since start: confirmed, and given up because too many waited. */
  sent: number
  givenUp: number
  lastSentAt: number | null
}>

/** What a message says now; null when there is nothing to say. An empty text takes the topic back. */
export type Say = () => string | null

export type Destination = Readonly<{
  id: string
  /** Of what is told over and over only the newest counts. */
  mark(topic: string, say: Say): void
  /** Something newer on this topic stands in the queue. */
  supersede(topic: string): void
  /** It is there. One that remembers nothing of us is told all that stands. */
  arrived(remembers: boolean): void
  nudge(): void
  gaveUp(count: number): void
  run(signal: AbortSignal): Promise<void>
  health(): DestinationHealth
}>

/** Sends to one broker: the queue first and in order, each message until it is confirmed; then the states. */
export function destination(
  options: Readonly<{
    id: string
    status: string
    outbox: Pick<Outbox, 'next' | 'waiting' | 'confirm' | 'held'>
    publish(topic: string, payload: string): Promise<void>
    isThere(): boolean
    /** All that stands: what a broker must know that knows nothing. */
    standing(): Promise<ReadonlyMap<string, Say>>
    now(): number
    monotonicNow(): number
    delay(realMs: number, run: () => void): () => void
    log(message: string, fields: object): void
  }>,
): Destination {
  const { id, status, outbox, publish } = options
  const states = new Map<string, Say>()
  /** What the queue said of while states were on their way. */
  const superseded = new Set<string>()
  const nap = newNap(options.delay)
  let mustGreet = false
  let mustTellAll = true
  let flushAt = 0
  let waiting = 0
  let [sent, givenUp] = [0, 0]
  let lastSentAt: number | null = null

  const told = (count: number): void => {
    sent += count
    lastSentAt = options.now()
  }

  /** What the target keeps and nobody speaks of any more (a device that was removed) is taken back. */
  const tellAll = async (): Promise<void> => {
    const [all, held] = await Promise.all([options.standing(), outbox.held(id)])
    for (const [topic, say] of all) states.set(topic, say)
    for (const topic of held) if (!all.has(topic) && topic !== status) states.set(topic, () => '')
    mustTellAll = false
  }

  const sendQueue = async (): Promise<boolean> => {
    const rows = await outbox.next(id, AT_ONCE)
    for (const row of rows) {
      await publish(row.topic, row.payload)
      await outbox.confirm(id, { id: row.id, ...keptBy(row.topic, row.payload) })
      told(1)
    }
    waiting = await outbox.waiting(id)
    return rows.length > 0
  }

  const sendStates = async (): Promise<void> => {
    const batch = Array.from(states).slice(0, AT_ONCE)
    for (const [topic] of batch) states.delete(topic)
    superseded.clear()
    const outcomes = await Promise.all(
      batch.map(async ([topic, say]) => {
        const payload = say()
        if (payload === null) return { topic, say, payload }
        return publish(topic, payload).then(
          () => ({ topic, say, payload }),
          (error: unknown) => ({ topic, say, error }),
        )
      }),
    )
    const failed = outcomes.filter((outcome) => 'error' in outcome)
    // What became newer meanwhile is not overwritten with the older one.
    for (const { topic, say } of failed) if (!states.has(topic) && !superseded.has(topic)) states.set(topic, say)
    const done = outcomes.flatMap((outcome) =>
      'error' in outcome || outcome.payload === null ? [] : [outcome as { topic: string; payload: string }],
    )
    if (done.length > 0) {
      await outbox.confirm(id, {
        kept: done.filter(({ payload }) => payload !== '').map(({ topic }) => topic),
        cleared: done.filter(({ payload }) => payload === '').map(({ topic }) => topic),
      })
      told(done.length)
    }
    if (failed.length > 0) throw failed[0]!.error
  }

  /** Returns how long there is nothing to do. */
  const step = async (): Promise<number> => {
    if (!options.isThere()) return IDLE_MS
    if (mustGreet) {
      await publish(status, ONLINE)
      mustGreet = false
    }
    if (mustTellAll) await tellAll()
    if (await sendQueue()) return 0
    if (states.size === 0) return IDLE_MS
    const early = flushAt - options.monotonicNow()
    if (early > 0) return early
    while (states.size > 0) await sendStates()
    flushAt = options.monotonicNow() + FLUSH_MS
    return 0
  }

  return {
    id,
    mark(topic, say) {
      states.set(topic, say)
      nap.nudge()
    },
    supersede(topic) {
      states.delete(topic)
      superseded.add(topic)
    },
    arrived(remembers) {
      mustGreet = true
      mustTellAll ||= !remembers
      nap.nudge()
    },
    nudge: () => nap.nudge(),
    gaveUp: (count) => void (givenUp += count),
    async run(signal) {
      let hasFailed = false
      while (!signal.aborted) {
        try {
          const restMs = await step()
          hasFailed = false
          if (restMs > 0) await nap.rest(restMs, signal)
        } catch (error) {
          if (signal.aborted) return
          if (!hasFailed) options.log('mqtt outward waits', { target: id, error: String(error) })
          hasFailed = true
          await nap.rest(RETRY_MS, signal)
        }
      }
    },
    health: () => ({ target: id, waiting, behind: states.size, sent, givenUp, lastSentAt }),
  }
}

function keptBy(topic: string, payload: string): { kept: string[]; cleared: string[] } {
  return payload === '' ? { kept: [], cleared: [topic] } : { kept: [topic], cleared: [] }
}
