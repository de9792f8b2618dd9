import type { Language } from '../texts.ts'
import type { NoticeText } from '../notice-text.ts'
import type { MessagePhase } from '../store/documents.ts'

/** One message to residents, ready to be sent. `id` stays the same over all attempts: the receiver can recognise a repeat. */
export type Message = Readonly<{
  id: string
  site: string
  notice: string
  kind: string
  phase: MessagePhase | 'test'
  homes: readonly string[]
  alarmIds: readonly string[]
  /** ISO 8601. */
  at: string
  trace: string
  texts: Readonly<Record<Language, NoticeText>>
  /** What an approved template is filled with, by the name of the variable. */
  values?: Readonly<Record<string, string>>
  /** On a channel to one person: the number or the address. Never stored, never logged. */
  to?: string
  /** On a channel to one person: what that person reads. */
  language?: Language
}>

/** `said`: the provider's own words, for a person who tests the channel; they are not kept. */
type Words = Readonly<{ said?: string }>
/**
 * What the provider's answer means. `accepted`: taken, and not yet with the person; `ref` is the provider's number for it.
 * `retry` may carry the provider's own wish when to try again, and whether it is about the whole account. `unknown`: no
 * answer came, and it may have gone out; where the receiver cannot tell a repeat, people might read it twice.
 */
export type Delivery = Words &
  Readonly<
    | { outcome: 'delivered' }
    | { outcome: 'accepted'; ref?: string }
    | { outcome: 'failed'; reason: string }
    | { outcome: 'retry'; reason: string; afterMs?: number; isForAll?: boolean }
    | { outcome: 'unknown'; reason: string }
  >

/** No more than `most` messages in any window of real time: the provider's limit of one account. */
export type Limit = Readonly<{ most: number; windowMs: number }>
/** What one message counts against besides its account: an account of its own, such as one number under one template. */
export type Allowance = Readonly<{ account: string; limit: Limit }>

/** One message that the provider took, for its receipt. `at`: the wall's time at which it was taken. */
export type Sent = Readonly<{ id: string; to: string; ref: string; at: number }>

/** A road to people. Retry, rate and deduplication stand once, in the outbox. Never throws but on abort. */
export type Channel = Readonly<{
  id: string
  /** `person`: one message for each contact, with the address in `to`. */
  reach: 'group' | 'person'
  /** Whose limit it is, where several channels share one; the channel's own id unless said. */
  account?: string
  limit?: Limit
  /** How many may be under way at once; 1 unless said. */
  inFlight?: number
  /** Of one message; over it the message fails on this channel. */
  allowance?(message: Message): Allowance | null
  /** How many parts the provider bills for it; null where it could not be sent. */
  parts?(message: Message): number | null
  /** Whether one message of several notices can be sent whole; without it each notice is a message. */
  fits?(digest: Message): boolean
  /** A machine reads it: also what is over by now is sent, for its books. */
  isRecord?: true
  send(message: Message, signal: AbortSignal): Promise<Delivery>
  /** What became of a message that was accepted; null when nobody knows yet. */
  receiptOf?(sent: Sent, signal: AbortSignal): Promise<Delivery | null>
}>
