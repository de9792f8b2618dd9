import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Batch, Reading } from '#devices/reading.ts'
import type { Event } from '#rules/event.ts'
import type { EventFeed, FeedListener } from './event-feed.ts'

/** A client this far behind would rather start afresh than be served out of our memory. */
const FURTHEST_BEHIND_BYTES = 1_048_576
/** Real time: a proxy or a phone must see that the line lives. */
const HEARTBEAT_MS = 15_000
const VALUES_EVERY_MS = 500
const PAGE = 500
/** The client waits so long before it comes back. */
const RETRY_MS = 2_000

export type StreamParts = Readonly<{
  raw: ServerResponse
  epoch: string
  /** The place after which it wants events. */
  after: number
  feed: EventFeed
  /** Null for an event that is not this client's business. */
  project(event: Event): object | null
  /** Whether the client subscribed to this point. */
  wants(reading: Reading): boolean
  /** A value as JSON. */
  valueText(reading: Reading): string
  /** False when whoever opened it may no longer look: their session ended. */
  mayGoOn(): boolean
}>

/**
 * One client of the live stream, in server-sent events: what it missed is read from the journal, page by page as it
 * takes them; then what is published goes straight through. Values are the newest of each point, at most twice a second.
 */
export class EventStream implements FeedListener {
  readonly #parts: StreamParts
  readonly #newest = new Map<string, Reading>()
  readonly #cancels: (() => void)[] = []
  readonly #closed = new AbortController()
  #sent: number
  #isLive = false

  constructor(parts: StreamParts) {
    this.#parts = parts
    this.#sent = parts.after
    this.#every(0, HEARTBEAT_MS, () => this.#write(': alive\n\n'))
    this.#every(1, VALUES_EVERY_MS, () => this.#flushValues())
    parts.raw.once('close', () => this.#stop())
    parts.raw.once('error', () => this.#stop())
    this.#write(
      `retry: ${RETRY_MS}\nid: ${parts.after}\nevent: ready\ndata: ${JSON.stringify({ epoch: parts.epoch, seq: parts.after })}\n\n`,
    )
  }

  /** Sends what was missed; resolves when the stream is live or closed. */
  async catchUp(): Promise<void> {
    const { raw, feed } = this.#parts
    while (!this.#closed.signal.aborted) {
      const page = await feed.eventsAfter(this.#sent, PAGE)
      this.#send(page)
      // Nothing can be published between this comparison and the next line.
      if (this.#sent >= feed.newestSeq() || page.length === 0) {
        this.#isLive = true
        return
      }
      if (raw.writableNeedDrain) await once(raw, 'drain', { signal: this.#closed.signal }).catch(() => {})
    }
  }

  onEvents(events: readonly Event[]): void {
    // Until it is live, the journal has them, too, and in order.
    if (this.#isLive) this.#send(events)
  }

  onBatches(batches: readonly Batch[]): void {
    for (const { readings } of batches) {
      for (const reading of readings) {
        if (!this.#parts.wants(reading)) continue
        const key = `${reading.device}/${reading.point}`
        const last = this.#newest.get(key)
        if (!last || reading.at >= last.at) this.#newest.set(key, reading)
      }
    }
  }

  end(): void {
    this.#stop()
    this.#parts.raw.end()
  }

  #every(slot: number, ms: number, run: () => void): void {
    this.#cancels[slot] = this.#parts.feed.delay(ms, () => {
      if (this.#parts.mayGoOn()) run()
      else this.end()
      if (!this.#closed.signal.aborted) this.#every(slot, ms, run)
    })
  }

  #send(events: readonly Event[]): void {
    if (!this.#parts.mayGoOn()) return this.end()
    let text = ''
    for (const event of events) {
      if (event.seq <= this.#sent) continue
      this.#sent = event.seq
      const view = this.#parts.project(event)
      if (view) text += `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(view)}\n\n`
    }
    if (text !== '') this.#write(text)
  }

  #flushValues(): void {
    if (this.#newest.size === 0) return
    const items = Array.from(this.#newest.values(), this.#parts.valueText)
    this.#newest.clear()
    this.#write(`event: values\ndata: {"items":[${items.join(',')}]}\n\n`)
  }

  #write(text: string): void {
    const { raw } = this.#parts
    if (this.#closed.signal.aborted) return
    raw.write(text)
    if (raw.writableLength > FURTHEST_BEHIND_BYTES) raw.destroy()
  }

  #stop(): void {
    this.#closed.abort()
    for (const cancel of this.#cancels) cancel()
  }
}
