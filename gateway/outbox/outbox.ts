import { Temporal } from 'temporal-polyfill'
import type { Command } from '#rules/command.ts'
import type { Channel, Delivery, Message } from '../channels/channel.ts'
import { noticeTexts } from '../notice-text.ts'
import type { ChannelConfig } from '../site/schema.ts'
import type { Site } from '../site/site.ts'
import type { OutboxRow } from '../store/outbox-table.ts'
import type { NoticeDocument } from '../store/documents.ts'
import type { Store } from '../store/store.ts'
import { newNap } from './nap.ts'
import { sendWindow } from './send-window.ts'

export type OutboxOptions = Readonly<{
  site: Site
  channels: readonly Channel[]
  store: Pick<Store['write'], 'waitingMessages' | 'waitingChannels' | 'nextMessageAt' | 'noteAttempt'>
  noticeOf(id: string): Promise<NoticeDocument | null>
  /** The living page of a notice, where residents can reach one. */
  linkOf?(notice: string): string | null
  command(command: Command): Promise<unknown>
  clock: Readonly<{ now(): number; delay(realMs: number, run: () => void): () => void; speed: number }>
  log(level: 'info' | 'warn' | 'error', message: string, fields?: object): void
}>
export type Outbox = Readonly<{ run(signal: AbortSignal): Promise<void>; nudge(): void }>

const BATCH = 100
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 5 * 60_000
/** No provider may park a message for longer, whatever it asks for. */
const LONGEST_WISH_MS = 3_600_000
/** After so long a message about an outage is no longer news. */
const GIVE_UP_AFTER_MS = 24 * 3_600_000
const IDLE_MS = 60_000
const LONGEST_PAUSE_MS = 60_000

/**
 * Sends what the journal has queued, after it is durable, at least once and with the same id at every attempt. Each
 * channel goes its own way and in order within a notice. The outcome comes back as a command, and becomes an event.
 */
export function outbox(options: OutboxOptions): Outbox {
  const { channels, clock } = options
  const gone: Channel = {
    id: '',
    send: () => Promise.resolve({ outcome: 'failed', reason: 'channel_removed' }),
  }
  const senders = channels.map((channel) => ({ channel, nap: newNap(clock.delay) }))
  return {
    nudge() {
      for (const { nap } of senders) nap.nudge()
    },
    async run(signal) {
      // What waits for a channel that the site no longer has is settled, or it would wait for ever.
      const queued = await options.store.waitingChannels().catch(() => [])
      const removed = queued.filter((id) => !channels.some((channel) => channel.id === id))
      const all = [...senders, ...removed.map((id) => ({ channel: { ...gone, id }, nap: newNap(clock.delay) }))]
      await Promise.all(all.map(({ channel, nap }) => runChannel(options, channel, nap, signal)))
    },
  }
}

async function runChannel(
  options: OutboxOptions,
  channel: Channel,
  nap: ReturnType<typeof newNap>,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, log } = options
  /** Delivered, and not yet journaled as such: must not be sent again only because the store is away. */
  const outcomes = new Map<string, Delivery>()
  /** Sent once without an answer. */
  const doubts = new Set<string>()
  const window = sendWindow(channel.limit, () => clock.now() / clock.speed)
  let pauseMs = FIRST_RETRY_MS
  while (!signal.aborted) {
    try {
      const rows = await store.waitingMessages(channel.id, clock.now(), BATCH)
      for (const row of rows) {
        // Asked again each time: whoever nudges does not lift a provider's limit.
        while (!signal.aborted && window.waitMs() > 0) await nap.rest(window.waitMs(), signal)
        if (!signal.aborted) await handle(row)
      }
      if (rows.length > 0) {
        pauseMs = FIRST_RETRY_MS
        continue
      }
      const nextAt = await store.nextMessageAt(channel.id)
      pauseMs = FIRST_RETRY_MS
      const dueMs = nextAt === null ? IDLE_MS : (nextAt - clock.now()) / clock.speed
      await nap.rest(Math.min(Math.max(dueMs, 50), IDLE_MS), signal)
    } catch (error) {
      if (signal.aborted) return
      log('error', 'outbox waits for the store', { channel: channel.id, error: (error as Error).message, pauseMs })
      await new Promise<void>((resolve) => {
        const end = () => {
          cancel()
          resolve()
        }
        const cancel = clock.delay(pauseMs, end)
        signal.addEventListener('abort', end, { once: true })
      })
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    }
  }

  async function handle(row: OutboxRow): Promise<void> {
    const delivery = outcomes.get(row.id) ?? guarded(row, await send(row))
    if (delivery.outcome === 'retry' && clock.now() - row.doc.at < GIVE_UP_AFTER_MS) return retryLater(row, delivery)
    outcomes.set(row.id, delivery)
    const { notice, trace } = row.doc
    const result = delivery.outcome === 'delivered' ? 'delivered' : 'failed'
    const reason = delivery.outcome === 'delivered' ? {} : { reason: delivery.reason }
    doubts.delete(row.id)
    const settle = {
      type: 'message.settle',
      notice,
      trace,
      message: row.id,
      channel: row.channel,
      result,
      ...reason,
    } as const
    await options.command({ ...settle, id: `settle:${row.id}`, actor: 'outbox' })
    outcomes.delete(row.id)
  }

  /** F60: no answer is tried once more, and then told as it is: better one person unsure than a house told twice. */
  function guarded(row: OutboxRow, delivery: Delivery): Delivery {
    if (delivery.outcome !== 'unknown') return delivery
    if (doubts.has(row.id)) return { outcome: 'failed', reason: `unconfirmed_${delivery.reason}` }
    doubts.add(row.id)
    return { outcome: 'retry', reason: delivery.reason }
  }

  /** A channel that throws is a provider that is away. */
  async function send(row: OutboxRow): Promise<Delivery> {
    const message = await messageOf(options, row)
    if (!message) return { outcome: 'failed', reason: 'unknown_notice' }
    window.note()
    try {
      return await channel.send(message, signal)
    } catch (error) {
      signal.throwIfAborted()
      return { outcome: 'retry', reason: error instanceof Error ? error.name : 'unknown' }
    }
  }

  async function retryLater(
    row: OutboxRow,
    { reason, afterMs }: Extract<Delivery, { outcome: 'retry' }>,
  ): Promise<void> {
    const attempts = row.attempts + 1
    const waitMs = Math.min(afterMs ?? Math.min(FIRST_RETRY_MS * 2 ** row.attempts, LONGEST_RETRY_MS), LONGEST_WISH_MS)
    log('warn', 'message not delivered yet', { message: row.id, channel: row.channel, reason, attempts })
    await store.noteAttempt(row.id, attempts, Math.round(clock.now() + waitMs * clock.speed))
  }
}

async function messageOf(
  { site, noticeOf, linkOf }: OutboxOptions,
  { id, channel, doc }: OutboxRow,
): Promise<Message | null> {
  const notice = await noticeOf(doc.notice)
  if (!notice) return null
  return {
    id,
    site: site.id,
    notice: notice.id,
    kind: notice.kind,
    phase: doc.phase,
    homes: doc.homes,
    alarmIds: notice.alarmIds,
    at: Temporal.Instant.fromEpochMilliseconds(doc.at).toString(),
    trace: doc.trace,
    texts: noticeTexts(notice, site, {
      phase: doc.phase,
      channel: typeOf(channel, site),
      link: linkOf?.(notice.id) ?? null,
    }),
  }
}

function typeOf(channel: string, site: Site): ChannelConfig['type'] | undefined {
  return site.channels.find(({ id }) => id === channel)?.type
}
