import { Temporal } from 'temporal-polyfill'
import type { Command } from '#rules/command.ts'
import type { Channel, Delivery, Message } from '../channels/channel.ts'
import { noticeTexts } from '../notice-text.ts'
import type { Site } from '../site/site.ts'
import type { OutboxRow } from '../store/queries.ts'
import type { Store } from '../store/store.ts'

export type OutboxOptions = Readonly<{
  site: Site
  channels: readonly Channel[]
  read: Pick<Store['read'], 'waitingMessages' | 'nextMessageAt' | 'get'>
  noteAttempt(id: string, attempts: number, nextAt: number): Promise<void>
  command(command: Command): Promise<unknown>
  clock: Readonly<{ now(): number; delay(realMs: number, run: () => void): () => void; speed: number }>
  log(level: 'info' | 'warn' | 'error', message: string, fields?: object): void
}>
export type Outbox = Readonly<{ run(signal: AbortSignal): Promise<void>; nudge(): void }>

const BATCH = 100
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 5 * 60_000
/** After so long a message about an outage is no longer news. */
const GIVE_UP_AFTER_MS = 24 * 3_600_000

/**
 * Sends what the journal has queued, after it is durable, at least once and with the same id at every attempt. Each
 * channel goes its own way, so that a slow one holds up no other. The outcome comes back as a command, and becomes an event.
 */
export function outbox(options: OutboxOptions): Outbox {
  const { site, read, clock, log } = options
  const channels = new Map(options.channels.map((channel) => [channel.id, channel]))
  let wake: (() => void) | null = null
  let isNudged = false

  function nudge(): void {
    isNudged = true
    wake?.()
  }

  /** Until a nudge, the next retry, or a minute has passed. */
  async function rest(signal: AbortSignal): Promise<void> {
    const nextAt = await read.nextMessageAt()
    if (isNudged || signal.aborted) return
    const waitMs = nextAt === null ? 60_000 : Math.min(Math.max((nextAt - clock.now()) / clock.speed, 5), 60_000)
    await new Promise<void>((resolve) => {
      const cancel = clock.delay(waitMs, resolve)
      wake = () => {
        cancel()
        resolve()
      }
      signal.addEventListener('abort', wake, { once: true })
    })
    if (wake) signal.removeEventListener('abort', wake)
    wake = null
  }

  async function sendAll(rows: readonly OutboxRow[], signal: AbortSignal): Promise<void> {
    const byChannel = Map.groupBy(rows, (row) => row.channel)
    await Promise.all(
      [...byChannel].map(async ([channel, queue]) => {
        for (const row of queue) if (!signal.aborted) await sendOne(channels.get(channel), row, signal)
      }),
    )
  }

  async function sendOne(channel: Channel | undefined, row: OutboxRow, signal: AbortSignal): Promise<void> {
    const delivery: Delivery = channel
      ? await channel.send(await messageOf(row), signal)
      : { outcome: 'failed', reason: 'channel_removed' }
    if (delivery.outcome === 'retry') {
      if (clock.now() - row.doc.at < GIVE_UP_AFTER_MS) return retryLater(row, delivery)
      return settle(row, 'failed', delivery.reason)
    }
    await settle(row, delivery.outcome, delivery.outcome === 'failed' ? delivery.reason : undefined)
  }

  async function retryLater(
    row: OutboxRow,
    { reason, afterMs }: Extract<Delivery, { outcome: 'retry' }>,
  ): Promise<void> {
    const attempts = row.attempts + 1
    const waitMs = afterMs ?? Math.min(FIRST_RETRY_MS * 2 ** row.attempts, LONGEST_RETRY_MS)
    log('warn', 'message not delivered yet', { message: row.id, channel: row.channel, reason, attempts })
    await options.noteAttempt(row.id, attempts, Math.round(clock.now() + waitMs * clock.speed))
  }

  async function settle(row: OutboxRow, result: 'delivered' | 'failed', reason?: string): Promise<void> {
    const { notice, trace } = row.doc
    const settled = {
      type: 'message.settle',
      notice,
      trace,
      message: row.id,
      channel: row.channel,
      result,
      ...(reason === undefined ? {} : { reason }),
    } as const
    await options.command({ ...settled, id: `settle:${row.id}`, actor: 'outbox' })
  }

  async function messageOf({ id, doc }: OutboxRow): Promise<Message> {
    const notice = await read.get('notices', doc.notice)
    if (!notice) throw new Error(`message ${id} of an unknown notice ${doc.notice}`)
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
      texts: noticeTexts(notice, site, doc.phase),
    }
  }

  return {
    nudge,
    async run(signal) {
      while (!signal.aborted) {
        isNudged = false
        try {
          const rows = await read.waitingMessages(clock.now(), BATCH)
          if (rows.length > 0) await sendAll(rows, signal)
          else await rest(signal)
        } catch (error) {
          if (signal.aborted) return
          log('error', 'outbox round failed', { error: (error as Error).message })
          await rest(signal)
        }
      }
    },
  }
}
