import type { Command } from '#rules/command.ts'
import type { Receipt } from '../channels/sms-receipts.ts'
import type { MessageRow } from '../store/outbox-query.ts'
import type { Fallback } from './options.ts'

type Ports = Readonly<{
  messageRow(id: string): Promise<MessageRow | null>
  command(command: Command): Promise<unknown>
  fallbackOf(channel: string): Fallback | undefined
}>

/**
 * What a provider pushed about its messages. Only what it took counts, told by its own number; the same again, and what
 * nobody knows, changes nothing. A delivery that is told late is still one.
 */
export async function takeReceipts(ports: Ports, channel: string, receipts: readonly Receipt[]): Promise<number> {
  let taken = 0
  for (const { id, ref, delivery } of receipts) {
    const row = await ports.messageRow(id)
    if (!row || row.channel !== channel || row.ref === null || row.ref !== ref) continue
    const isLate = row.reason === 'no_receipt' && delivery.outcome === 'delivered'
    if (row.state !== 'accepted' && !isLate) continue
    if (delivery.outcome !== 'delivered' && delivery.outcome !== 'failed') continue
    const next = delivery.outcome === 'failed' ? ports.fallbackOf(channel)?.to : undefined
    await ports.command({
      type: 'message.settle',
      id: `settle:${id}:${row.round}:${delivery.outcome}`,
      actor: 'outbox',
      notice: row.doc.notice,
      trace: row.doc.trace,
      message: id,
      channel,
      result: delivery.outcome,
      ...(delivery.outcome === 'failed' ? { reason: delivery.reason } : {}),
      ...(next === undefined ? {} : { next }),
    })
    taken++
  }
  return taken
}
