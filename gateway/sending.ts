import { createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Static } from 'typebox'
import type { Random } from '#devices/clock.ts'
import { parseDuration } from '#devices/duration.ts'
import { Fault } from '#devices/fault.ts'
import type { Command } from '#rules/command.ts'
import type { BodyOf, Event } from '#rules/event.ts'
import { channelOf } from './channels/kinds.ts'
import type { ChannelPorts } from './channels/ports.ts'
import { resolveName } from './channels/post.ts'
import { openPushBook, type PushBook, type Subscription } from './channels/push-book.ts'
import { type PushKeys, pushKeys } from './channels/push-keys.ts'
import type { ChannelConfig } from './channels/schema.ts'
import { isFromProvider, receiptsIn, type SmsReport } from './channels/sms-receipts.ts'
import { wallNow } from './clock.ts'
import { writeDurably } from './durable-file.ts'
import type { AddressOf } from './outbox/message.ts'
import type { Fallback, OutboxOptions } from './outbox/options.ts'
import { type ChannelTest, type Outbox, outbox } from './outbox/outbox.ts'
import { takeReceipts } from './outbox/pushed-receipts.ts'
import type { Sealing } from './private/sealing.ts'
import type { Site } from './site/site.ts'
import type { DeadLetter, OutboxCount } from './store/outbox-query.ts'
import type { Store } from './store/store.ts'

const FALLBACK_AFTER_MS = 5 * 60_000
/** A dead letter is listed for so long: by then it is no longer news, and nobody will send it any more. */
const LISTED_FOR_MS = 24 * 3_600_000

export type SendingOptions = Readonly<{
  site: Site
  folder: string
  store: Pick<Store, 'write' | 'read'>
  command(command: Command): Promise<unknown>
  clock: OutboxOptions['clock']
  random: Random
  log: OutboxOptions['log']
  /** Where a contact is reached on a channel; without it only groups are. */
  addressOf?: AddressOf
  linkOf?: (notice: string, home?: string) => string | null
  /** Whether a browser may still be told. */
  mayHear(subscription: Subscription): boolean
  /** Of the private key; null while that is missing or wrong. */
  sealing: Sealing | null
  /** Channels whose provider is simulated, with the port where it listens. */
  played?: Readonly<Record<string, number>> | undefined
}>

/** The way of messages to people: the outbox with all its channels, and what is known of them. */
export type Sending = Pick<Outbox, 'run' | 'nudge' | 'pulses' | 'test' | 'urgent'> &
  Readonly<{
    counts(): Promise<readonly OutboxCount[]>
    /** Of all channels: messages of the last day that nobody got, and since when the oldest waits. */
    figures(): Promise<Readonly<{ undelivered: number; waitingSince: number | null }>>
    /** Messages of the last day that nobody got, the newest first. */
    undelivered(limit: number): Promise<readonly DeadLetter[]>
    /** Browsers that asked to be told; null where the site has no such channel. */
    push: Readonly<{ book: PushBook; keys(): Promise<PushKeys> }> | null
    /** Receipts that a provider pushes: whether they may be believed, and what they say. */
    receipts: Readonly<{
      isWelcome(channel: string, from: Readonly<{ token: string; address: string }>): boolean
      take(channel: string, report: Static<typeof SmsReport>): Promise<number>
    }>
    close(): void
  }>

export function sendingOf(options: SendingOptions): Sending {
  const { site, folder, store, clock } = options
  const hasPush = site.channels.some(({ type }) => type === 'web-push')
  const book = hasPush ? openPushBook(folder, options.mayHear, options.sealing) : null
  let keys: Promise<PushKeys> | null = null
  const keysOf = () => (keys ??= pushKeys(folder))
  const ports: ChannelPorts = {
    wallNow,
    random: options.random,
    resolve: resolveName,
    keyed: keyedBy(folder, options.random),
    push() {
      if (!book) throw new Error('the site has no channel for push')
      return book
    },
    pushKeys: keysOf,
  }
  const fallbacks = new Map(site.channels.flatMap(fallbackOf))
  const box = outbox({
    ...options,
    store: store.write,
    channels: site.channels.map((config) => channelOf(atItsPort(config, options.played), ports)),
    fallbacks,
    noticeOf: (id) => store.read.get('notices', id),
  })
  const since = () => clock.now() - LISTED_FOR_MS
  return {
    ...box,
    counts: () => store.read.outboxCounts(since()),
    async figures() {
      const counts = await store.read.outboxCounts(since())
      const waiting = counts.flatMap(({ oldestAt }) => (oldestAt === null ? [] : [oldestAt]))
      return {
        undelivered: counts.reduce((sum, { undelivered }) => sum + undelivered, 0),
        waitingSince: waiting.length === 0 ? null : Math.min(...waiting),
      }
    },
    undelivered: (limit) => store.read.undelivered(since(), limit),
    receipts: {
      isWelcome: (id, from) =>
        site.channels.some(
          (channel) => channel.type === 'aliyun-sms' && channel.id === id && isFromProvider(channel, from),
        ),
      take: (id, report) =>
        takeReceipts(
          {
            messageRow: (message) => store.read.messageRow(message),
            command: options.command,
            fallbackOf: (channel) => fallbacks.get(channel),
          },
          id,
          receiptsIn(report),
        ),
    },
    push: book && { book, keys: keysOf },
    close: () => book?.close(),
  }
}

/** A simulated provider listens where there is room. */
function atItsPort(config: ChannelConfig, played: SendingOptions['played'] = {}): ChannelConfig {
  const port = played[config.id]
  if (port === undefined || config.type !== 'http-sms') return config
  const moved = (url: string) => url.replace(/^(https?:\/\/[^/:]+)(?::\d+)?/, `$1:${port}`)
  const { receipt } = config
  return { ...config, url: moved(config.url), ...(receipt ? { receipt: { ...receipt, url: moved(receipt.url) } } : {}) }
}

type Wish = Readonly<{ account: string; channel: string; to: string | undefined }>

/** A test that somebody asked for: it stands in the journal that it was made, and not to whom. */
export async function testChannel(
  {
    sending,
    journal,
  }: Readonly<{ sending: Pick<Sending, 'test'>; journal(event: BodyOf<'channel.tested'>): Promise<void> }>,
  { account, channel, to }: Wish,
  signal: AbortSignal,
): Promise<ChannelTest> {
  const result = await sending.test(channel, to, signal)
  const { outcome, reason } = result
  await journal({ type: 'channel.tested', account, channel, outcome, reason })
  return result
}

function fallbackOf({ id, fallback, fallback_after: after }: ChannelConfig): [string, Fallback][] {
  if (fallback === undefined) return []
  return [[id, { to: fallback, afterMs: (after === undefined ? null : parseDuration(after)) ?? FALLBACK_AFTER_MS }]]
}

/** A number of 11 digits is found again by trying all: its hash needs a key of this installation. */
function keyedBy(folder: string, random: Random): (text: string) => string {
  const file = join(folder, 'outbox.key')
  let key: string | null = null
  return (text) => {
    if (key === null) {
      if (!existsSync(file)) writeDurably(file, `${random.token()}\n`)
      key = readFileSync(file, 'utf8').trim()
      if (key.length < 43) throw new Fault('store_corrupt', { detail: `${file} holds no key; remove it to make one` })
    }
    return createHmac('sha256', key).update(text).digest('base64url').slice(0, 22)
  }
}

/** Something waits in the outbox since this became durable. */
export function isToSend(event: Event): boolean {
  return 'homes' in event || event.type === 'reach.queued' || event.type === 'message.requeued'
}
