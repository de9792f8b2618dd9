import type { Channel, Delivery } from '../channels/channel.ts'
import type { OutboxRow } from '../store/outbox-table.ts'
import type { OutboxOptions } from './options.ts'
import { sleepFor } from './sleep.ts'
import { settleWith, verdict } from './verdict.ts'

const MINUTE = 60_000
/** How long after it was accepted its receipt is asked for, site ms; after the last it counts as not delivered. */
const ASKED_AFTER_MS = [MINUTE / 2, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE]
const BATCH = 50
const IDLE_MS = 60_000

/**
 * Accepted is not delivered: asks a provider what became of its messages, for a gateway that no receipt can be sent to.
 * After ten minutes without one the next channel is tried. A receipt that comes later still counts.
 */
export async function askForReceipts(options: OutboxOptions, channel: Channel, signal: AbortSignal): Promise<void> {
  const { store, clock, log } = options
  while (!signal.aborted) {
    try {
      const rows = await store.unconfirmedMessages(channel.id, clock.now(), BATCH)
      for (const row of rows) if (!signal.aborted) await askFor(options, channel, row, signal)
      if (rows.length > 0) continue
      const nextAt = await store.nextReceiptAt(channel.id)
      const dueMs = nextAt === null ? IDLE_MS : (nextAt - clock.now()) / clock.speed
      await sleepFor(clock.delay, Math.min(Math.max(dueMs, 1_000), IDLE_MS / 4), signal)
    } catch (error) {
      if (signal.aborted) return
      log('error', 'receipts wait for the store', { channel: channel.id, error: (error as Error).message })
      await sleepFor(clock.delay, IDLE_MS, signal)
    }
  }
}

async function askFor(options: OutboxOptions, channel: Channel, row: OutboxRow, signal: AbortSignal): Promise<void> {
  const { store, clock, command, fallbacks, addressOf } = options
  const step = ASKED_AFTER_MS[row.attempts] ?? 0
  // Just accepted: nobody knows more yet.
  if (row.attempts === 0 && row.nextAt === row.since) return store.noteAttempt(row.id, 0, row.since + step + 1)
  const to = row.doc.contact === undefined ? undefined : (await addressOf?.(row.doc.contact, channel.id))?.to
  const told =
    to === undefined ? null : await answerOf(channel, { id: row.id, to, ref: row.ref ?? '', at: row.since }, signal)
  const fallback = fallbacks?.get(channel.id)
  if (told?.outcome === 'delivered' || told?.outcome === 'failed') {
    const settled = verdict(row, told, { now: clock.now(), fallback })
    if ('result' in settled) await command(settleWith(row, settled))
    return
  }
  const nextStep = ASKED_AFTER_MS[row.attempts + 1]
  if (nextStep !== undefined) return store.noteAttempt(row.id, row.attempts + 1, row.since + nextStep)
  const lost: Delivery = { outcome: 'failed', reason: 'no_receipt' }
  const settled = verdict(row, lost, { now: clock.now(), fallback })
  if ('result' in settled) await command(settleWith(row, settled))
}

/** A provider that cannot be asked leaves it open. */
async function answerOf(
  channel: Channel,
  sent: Parameters<NonNullable<Channel['receiptOf']>>[0],
  signal: AbortSignal,
): Promise<Delivery | null> {
  try {
    return (await channel.receiptOf?.(sent, signal)) ?? null
  } catch {
    signal.throwIfAborted()
    return null
  }
}
