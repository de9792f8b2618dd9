import type { Channel, Delivery, Message } from '../channels/channel.ts'
import type { NoticeDocument } from '../store/documents.ts'
import type { OutboxRow } from '../store/outbox-table.ts'
import { digestOf, gathered } from './digest.ts'
import { prepare } from './message.ts'
import { newNap } from './nap.ts'
import type { OutboxOptions } from './options.ts'
import { patience } from './patience.ts'
import { sleepFor } from './sleep.ts'
import { type Settled, settleWith, verdict } from './verdict.ts'
import type { SendWindow } from './send-window.ts'

/** How a channel does, in site time. `failing`: since when nothing went out, and the last reason. */
export type Pulse = {
  lastDeliveredAt: number | null
  failing: Readonly<{ since: number; reason: string; attempts: number }> | null
  /** Until then nothing is tried; 0 when it is not resting. */
  restsUntil: number
}
type Ready = Readonly<{ row: OutboxRow; message: Message }>

const BATCH = 100
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000
const IDLE_MS = 60_000
/** So many messages in succession fail before the provider is taken for away, and left alone for a while. */
const AWAY_AFTER = 3
/** A notice is read anew for each message, but for those that go out at once. */
const NOTICE_KNOWN_MS = 1_000

/** One channel's way through its queue: nothing that happens to another channel reaches it. */
export class Sender {
  readonly channel: Channel
  readonly pulse: Pulse = { lastDeliveredAt: null, failing: null, restsUntil: 0 }
  readonly #options: OutboxOptions
  readonly #window: SendWindow
  readonly #nap
  /** Delivered, and not yet journaled as such: must not be sent again only because the store is away. */
  readonly #outcomes = new Map<string, Settled>()
  readonly #busy = new Set<string>()
  readonly #inFlight = new Set<Promise<void>>()
  /** Of those that failed since the last one that went out. */
  readonly #failed = new Set<string>()
  /** A digest of them was refused: each is tried by itself. */
  readonly #alone = new Set<string>()
  readonly #notices = new Map<string, { at: number; notice: NoticeDocument | null }>()
  #rests = 0
  #trouble: Error | null = null

  constructor(options: OutboxOptions, channel: Channel, window: SendWindow) {
    this.#options = options
    this.channel = channel
    this.#window = window
    this.#nap = newNap(options.clock.delay)
  }

  nudge(): void {
    this.#nap.nudge()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, store } = this.#options
    let pauseMs = FIRST_PAUSE_MS
    while (!signal.aborted) {
      try {
        const isFound = await this.#pass(signal)
        const nextAt = isFound || signal.aborted ? 0 : await store.nextMessageAt(this.channel.id)
        pauseMs = FIRST_PAUSE_MS
        if (isFound) continue
        const dueMs = nextAt === null ? IDLE_MS : (nextAt - clock.now()) / clock.speed
        // What is under way is due as well; its end wakes whoever rests here.
        await this.#nap.rest(Math.min(Math.max(dueMs, this.#busy.size > 0 ? 1_000 : 50), IDLE_MS), signal)
      } catch (error) {
        if (signal.aborted) break
        const { message } = error as Error
        log('error', 'outbox waits for the store', { channel: this.channel.id, error: message, pauseMs })
        await sleepFor(clock.delay, pauseMs, signal)
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      }
    }
    await Promise.all(this.#inFlight)
  }

  /** Once through what waits; false when there was nothing new. */
  async #pass(signal: AbortSignal): Promise<boolean> {
    const { store, clock } = this.#options
    const found = await store.waitingMessages(this.channel.id, clock.now(), BATCH + this.#busy.size)
    let rows = found.filter(({ id }) => !this.#busy.has(id))
    const isFound = rows.length > 0
    while (rows.length > 0) {
      await this.#turn(signal)
      if (signal.aborted) break
      const known = this.#outcomes.get(rows[0]!.id)
      const group = known ? [] : await this.#next(rows)
      if (group.length > 0) await this.#window.take()
      const taken = group.length > 0 ? group.map(({ row }) => row) : [rows[0]!]
      rows = rows.filter((row) => !taken.includes(row))
      this.#start(taken, group.length > 0 ? this.#deliver(group, signal) : this.#settleKnown(taken[0]!))
    }
    // One at a time: the next look at the queue sees what became of the last.
    if ((this.channel.inFlight ?? 1) === 1) await Promise.all(this.#inFlight)
    this.#throwTrouble()
    return isFound
  }

  /** Until there is a place, and neither the provider's limit nor its absence is in the way. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (this.#inFlight.size >= (this.channel.inFlight ?? 1)) await Promise.race(this.#inFlight)
    this.#throwTrouble()
    // Asked again each time: whoever nudges does not lift a provider's limit.
    while (!signal.aborted) {
      const restMs = (this.pulse.restsUntil - clock.now()) / clock.speed
      const waitMs = Math.max(restMs, await this.#window.waitMs())
      if (waitMs <= 0) return
      await this.#nap.rest(waitMs, signal)
    }
  }

  /** The next message, or several in one where more wait than may go. Empty when the first one needs no sending. */
  async #next(rows: readonly OutboxRow[]): Promise<readonly Ready[]> {
    const left = await this.#window.left()
    const isCrowded = this.channel.fits !== undefined && rows.length > left && !this.#alone.has(rows[0]!.id)
    const ready: Ready[] = []
    for (const row of isCrowded ? rows.filter(({ id }) => !this.#alone.has(id)) : rows.slice(0, 1)) {
      const prepared = await prepare(this.#sources(), this.channel, row)
      if ('message' in prepared) ready.push({ row, message: prepared.message })
      else {
        this.#outcomes.set(row.id, this.#withNext(prepared))
        if (row === rows[0]) return []
      }
      if (gathered(this.channel, ready).length < ready.length) break
    }
    return gathered(this.channel, ready)
  }

  /** Nobody to write to on this channel may be somebody on the next. */
  #withNext({ result, reason }: Settled & { reason: string }): Settled {
    const fallback = this.#options.fallbacks?.get(this.channel.id)
    return { result, reason, ...(result === 'failed' && fallback ? { next: fallback.to } : {}) }
  }

  #start(rows: readonly OutboxRow[], work: Promise<void>): void {
    for (const { id } of rows) this.#busy.add(id)
    const done = work
      .catch((error: unknown) => {
        this.#trouble ??= error instanceof Error ? error : new Error(String(error))
      })
      .finally(() => {
        for (const { id } of rows) this.#busy.delete(id)
        this.#inFlight.delete(done)
        if ((this.channel.inFlight ?? 1) > 1) this.nudge()
      })
    this.#inFlight.add(done)
  }

  async #deliver(group: readonly Ready[], signal: AbortSignal): Promise<void> {
    const message = digestOf(group.map((ready) => ready.message))
    const delivery = await this.#allowed(message, signal)
    this.#feel(group[0]!.row, delivery)
    // One of them may be what the provider does not like: the others do not go down with it.
    if (delivery.outcome === 'failed' && group.length > 1) {
      for (const { row } of group) this.#alone.add(row.id)
      return
    }
    for (const { row } of group) await this.#conclude(row, delivery)
  }

  async #allowed(message: Message, signal: AbortSignal): Promise<Delivery> {
    const { store, clock } = this.#options
    const allowance = this.channel.allowance?.(message)
    if (allowance) {
      const { account, limit } = allowance
      const since = clock.now() - limit.windowMs * clock.speed
      const sent = await store.sendsOf(account, since, limit.most)
      if (sent.length >= limit.most) return { outcome: 'failed', reason: 'daily_limit' }
      await store.noteSend([account], clock.now())
    }
    try {
      return await this.channel.send(message, signal)
    } catch (error) {
      signal.throwIfAborted()
      // A channel that throws is a provider that is away.
      return { outcome: 'retry', reason: error instanceof Error ? error.name : 'unknown' }
    }
  }

  async #conclude(row: OutboxRow, delivery: Delivery): Promise<void> {
    const { clock, random, store, log, fallbacks } = this.#options
    const judged = verdict(row, delivery, { now: clock.now(), fallback: fallbacks?.get(this.channel.id) })
    if ('result' in judged) {
      this.#outcomes.set(row.id, judged)
      return this.#settleKnown(row)
    }
    const { reason, wishMs, isDoubtful } = judged
    const attempts = row.attempts + 1
    const waitMs = patience(row.attempts, wishMs, random)
    log('warn', 'message not delivered yet', { message: row.id, channel: row.channel, reason, attempts })
    await store.noteAttempt(row.id, attempts, Math.round(clock.now() + waitMs * clock.speed), isDoubtful)
  }

  async #settleKnown(row: OutboxRow): Promise<void> {
    const settled = this.#outcomes.get(row.id)
    if (!settled) return
    await this.#options.command(settleWith(row, settled))
    this.#outcomes.delete(row.id)
    this.#alone.delete(row.id)
  }

  /** A provider that is away is left alone, and then asked with one message: the others wait, and lose nothing. */
  #feel(row: OutboxRow, delivery: Delivery): void {
    const { clock, random } = this.#options
    const { pulse } = this
    if (delivery.outcome === 'delivered' || delivery.outcome === 'accepted') {
      pulse.lastDeliveredAt = clock.now()
      pulse.failing = null
      this.#rests = 0
      this.#failed.clear()
      return
    }
    const { since, attempts } = pulse.failing ?? { since: clock.now(), attempts: 0 }
    pulse.failing = { since, reason: delivery.reason, attempts: attempts + 1 }
    if (delivery.outcome === 'failed') return this.#failed.clear()
    this.#failed.add(row.id)
    const isForAll = delivery.outcome === 'retry' && delivery.isForAll === true
    if (!isForAll && this.#failed.size < AWAY_AFTER) return
    const wishMs = delivery.outcome === 'retry' ? delivery.afterMs : undefined
    pulse.restsUntil = clock.now() + Math.round(patience(this.#rests++, wishMs, random) * clock.speed)
  }

  #sources(): Parameters<typeof prepare>[0] {
    const { site, addressOf = () => Promise.resolve(null), noticeOf, linkOf, clock } = this.#options
    return {
      site,
      addressOf,
      ...(linkOf ? { linkOf } : {}),
      noticeOf: async (id) => {
        const known = this.#notices.get(id)
        if (known && clock.now() - known.at < NOTICE_KNOWN_MS) return known.notice
        const notice = await noticeOf(id)
        if (this.#notices.size > BATCH) this.#notices.clear()
        this.#notices.set(id, { at: clock.now(), notice })
        return notice
      },
    }
  }

  #throwTrouble(): void {
    const trouble = this.#trouble
    this.#trouble = null
    if (trouble) throw trouble
  }
}
