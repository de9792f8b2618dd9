import type { Packet } from 'aedes-persistence'

export const QUEUE_LIMITS = { messages: 1_000, bytes: 4 * 1_048_576, ageMs: 24 * 3_600_000 } as const
export type QueueLimits = Readonly<Record<keyof typeof QUEUE_LIMITS, number>>

/** `at`: site time at which it was queued, ms. */
export type Entry = { readonly id: number; readonly at: number; readonly bytes: number; packet: Packet }

/** What one absent client will get when it comes back, oldest first. */
export type OutgoingQueue = Readonly<{
  add(entry: Entry): void
  /** F50: takes out what is more or older than is kept, the oldest first; returns it. */
  trim(now: number): readonly Entry[]
  /** The entry of this very packet, else the one that went out under its message id. */
  find(packet: Packet): Entry | undefined
  take(messageId: number | undefined): Entry | undefined
  entries(): readonly Entry[]
}>

export function outgoingQueue(limits: QueueLimits = QUEUE_LIMITS): OutgoingQueue {
  const entries: Entry[] = []
  let bytes = 0
  const drop = (at: number, count: number): readonly Entry[] => {
    const gone = entries.splice(at, count)
    for (const entry of gone) bytes -= entry.bytes
    return gone
  }
  return {
    add(entry) {
      entries.push(entry)
      bytes += entry.bytes
    },
    trim(now) {
      let count = 0
      let left = bytes
      for (const entry of entries) {
        const isTooMany = entries.length - count > limits.messages || left > limits.bytes
        if (!isTooMany && entry.at > now - limits.ageMs) break
        left -= entry.bytes
        count += 1
      }
      return drop(0, count)
    },
    find: (packet) =>
      entries.find(
        ({ packet: queued }) => queued.brokerId === packet.brokerId && queued.brokerCounter === packet.brokerCounter,
      ) ??
      entries.find(
        ({ packet: queued }) => queued.brokerId !== packet.brokerId && queued.messageId === packet.messageId,
      ),
    take(messageId) {
      const at = entries.findIndex(({ packet }) => packet.messageId === messageId)
      return at === -1 ? undefined : drop(at, 1)[0]
    },
    entries: () => [...entries],
  }
}
