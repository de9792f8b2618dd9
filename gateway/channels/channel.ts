import type { Language } from '../texts.ts'
import type { NoticeText } from '../notice-text.ts'
import type { MessagePhase } from '../store/documents.ts'

/** One message to residents, ready to be sent. `id` stays the same over all attempts: the receiver can recognise a repeat. */
export type Message = Readonly<{
  id: string
  site: string
  notice: string
  kind: string
  phase: MessagePhase
  homes: readonly string[]
  alarmIds: readonly string[]
  /** ISO 8601. */
  at: string
  trace: string
  texts: Readonly<Record<Language, NoticeText>>
}>

/**
 * What the provider's answer means. `retry` may carry the provider's own wish when to try again. `unknown`: no answer
 * came, and it may have gone out; where the receiver cannot tell a repeat, people might read it twice.
 */
export type Delivery = Readonly<
  | { outcome: 'delivered' }
  | { outcome: 'failed'; reason: string }
  | { outcome: 'retry'; reason: string; afterMs?: number }
  | { outcome: 'unknown'; reason: string }
>

/** No more than `most` messages in any window of real time: the provider's limit of one account. */
export type Limit = Readonly<{ most: number; windowMs: number }>

/** A road to people. Retry, rate and deduplication stand once, in the outbox. Never throws but on abort. */
export type Channel = Readonly<{
  id: string
  limit?: Limit
  send(message: Message, signal: AbortSignal): Promise<Delivery>
}>
