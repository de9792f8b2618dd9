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

/** What the provider's answer means. `retry` may carry the provider's own wish when to try again. */
export type Delivery = Readonly<
  | { outcome: 'delivered' }
  | { outcome: 'failed'; reason: string }
  | { outcome: 'retry'; reason: string; afterMs?: number }
>

/** A road to people. Retry, rate and deduplication stand once, in the outbox. Never throws but on abort. */
export type Channel = Readonly<{ id: string; send(message: Message, signal: AbortSignal): Promise<Delivery> }>
