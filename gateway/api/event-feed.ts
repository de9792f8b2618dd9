import type { Batch } from '#devices/reading.ts'
import type { Event } from '#rules/event.ts'
import type { Timers } from '../clock.ts'
import type { Store } from '../store/store.ts'

export type FeedListener = Readonly<{
  onEvents(events: readonly Event[]): void
  onBatches(batches: readonly Batch[]): void
}>

/** What became durable, to whoever listens. */
export type EventFeed = Readonly<{
  /** Called after each commit, in order. */
  publish(events: readonly Event[], batches: readonly Batch[]): void
  /** Returns its own end. */
  subscribe(listener: FeedListener): () => void
  /** Place of the newest event that was published; 0 before the first. */
  newestSeq(): number
  listeners(): number
  /** What was published before, from the journal. */
  eventsAfter(seq: number, limit: number): Promise<Event[]>
  /** Real time: heartbeats and pauses on the wire. */
  delay: Timers['delay']
}>

export function eventFeed({
  read,
  delay,
}: Readonly<{ read: Pick<Store['read'], 'eventsAfter'>; delay: Timers['delay'] }>): EventFeed {
  const listeners = new Set<FeedListener>()
  let newestSeq = 0
  return {
    publish(events, batches) {
      newestSeq = events.at(-1)?.seq ?? newestSeq
      for (const listener of listeners) {
        if (events.length > 0) listener.onEvents(events)
        if (batches.length > 0) listener.onBatches(batches)
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    newestSeq: () => newestSeq,
    listeners: () => listeners.size,
    eventsAfter: (seq, limit) => read.eventsAfter(seq, limit),
    delay,
  }
}
