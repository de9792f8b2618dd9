import type { Command } from '#rules/command.ts'
import type { Delivery } from '../channels/channel.ts'
import type { OutboxRow } from '../store/outbox-table.ts'
import type { Fallback } from './options.ts'

/** What becomes of a message for good. `next`: the channel that is tried instead. */
export type Settled = Readonly<{
  result: 'accepted' | 'delivered' | 'failed' | 'cancelled'
  reason?: string
  ref?: string
  next?: string
}>
/** Tried again; `wishMs` is the provider's own wish. `isDoubtful`: it may have gone out. */
type Again = Readonly<{ reason: string; wishMs: number | undefined; isDoubtful: boolean }>

/** After so long a message about an outage is no longer news. */
const GIVE_UP_AFTER_MS = 24 * 3_600_000

/** F60, F61: what an answer means for one message, with what is known of it. */
export function verdict(
  row: OutboxRow,
  delivery: Delivery,
  { now, fallback }: Readonly<{ now: number; fallback: Fallback | undefined }>,
): Settled | Again {
  const next = fallback ? { next: fallback.to } : {}
  switch (delivery.outcome) {
    case 'delivered':
      return { result: 'delivered' }
    case 'accepted':
      return { result: 'accepted', ...(delivery.ref === undefined ? {} : { ref: delivery.ref }) }
    case 'failed':
      return { result: 'failed', reason: delivery.reason, ...next }
    case 'unknown':
      // No answer is tried once more, and then told as it is: better one person unsure than a house told twice.
      if (row.isDoubtful) return { result: 'failed', reason: `unconfirmed_${delivery.reason}`, ...next }
      return { reason: delivery.reason, wishMs: undefined, isDoubtful: true }
    case 'retry': {
      const { reason, afterMs } = delivery
      const triedMs = now - row.since
      const isTooLong = triedMs >= GIVE_UP_AFTER_MS || (fallback !== undefined && triedMs >= fallback.afterMs)
      return isTooLong ? { result: 'failed', reason, ...next } : { reason, wishMs: afterMs, isDoubtful: false }
    }
  }
}

/** The command that tells the journal; the same for the same outcome, whoever says it twice. */
export function settleWith({ id, channel, round, doc }: OutboxRow, { result, ...why }: Settled): Command {
  return {
    type: 'message.settle',
    id: `settle:${id}:${round}:${result}`,
    actor: 'outbox',
    notice: doc.notice,
    trace: doc.trace,
    message: id,
    channel,
    result,
    ...why,
  }
}
