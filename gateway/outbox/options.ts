import type { Random } from '#devices/clock.ts'
import type { Command } from '#rules/command.ts'
import type { Channel } from '../channels/channel.ts'
import type { Site } from '../site/site.ts'
import type { NoticeDocument } from '../store/documents.ts'
import type { Store } from '../store/store.ts'
import type { AddressOf } from './message.ts'

/** The channel that is tried where this one fails, and after how long of trying it goes there anyway (site ms). */
export type Fallback = Readonly<{ to: string; afterMs: number }>

export type OutboxOptions = Readonly<{
  site: Site
  channels: readonly Channel[]
  fallbacks?: ReadonlyMap<string, Fallback>
  store: Pick<
    Store['write'],
    | 'waitingMessages'
    | 'waitingChannels'
    | 'nextMessageAt'
    | 'unconfirmedMessages'
    | 'nextReceiptAt'
    | 'noteAttempt'
    | 'noteSend'
    | 'sendsOf'
  >
  noticeOf(id: string): Promise<NoticeDocument | null>
  /** The living page of a notice, where residents can reach one. */
  linkOf?(notice: string, home?: string): string | null
  /** Without it nobody is reached on a channel to one person. */
  addressOf?: AddressOf
  command(command: Command): Promise<unknown>
  clock: Readonly<{ now(): number; delay(realMs: number, run: () => void): () => void; speed: number }>
  random: Pick<Random, 'next'>
  log(level: 'info' | 'warn' | 'error', message: string, fields?: object): void
}>
