import { Temporal } from 'temporal-polyfill'
import { Fault } from '#devices/fault.ts'
import type { Channel, Delivery, Message } from '../channels/channel.ts'
import { inAllLanguages, LANGUAGES } from '../texts.ts'
import type { OutboxOptions } from './options.ts'
import { askForReceipts } from './receipts.ts'
import { type Pulse, Sender } from './sender.ts'
import { type SendWindow, sendWindow } from './send-window.ts'

/** What a test of a channel came to: the provider's answer, and its own words where it gave any. */
export type ChannelTest = Readonly<{
  outcome: Delivery['outcome']
  reason: string | null
  said: string | null
  tookMs: number
  /** What the provider bills for it, where it counts in parts. */
  parts: number | null
}>

export type Outbox = Readonly<{
  run(signal: AbortSignal): Promise<void>
  nudge(): void
  /** How each channel does since the gateway started. */
  pulses(): ReadonlyMap<string, Pulse>
  /**
   * A channel for what is too urgent to queue behind three thousand notices: it counts on the account, and waits for
   * nothing. Null where there is none.
   */
  urgent(channel: string): Pick<Channel, 'send'> | null
  /** Sends one message now, past the queue and within the limit. Throws `not_found`, `address_needed`, `busy`. */
  test(channel: string, to: string | undefined, signal: AbortSignal): Promise<ChannelTest>
}>

/**
 * Sends what the journal has queued, after it is durable, at least once and with the same id at every attempt. Each
 * channel goes its own way and in order within a notice. The outcome comes back as a command, and becomes an event.
 */
export function outbox(wished: OutboxOptions): Outbox {
  const { channels, clock, store, log } = wished
  const options: OutboxOptions = {
    ...wished,
    async command(command) {
      const answer = await wished.command(command)
      // It waits on another channel now.
      if (command.type === 'message.settle' && command.next !== undefined) nudge(command.next)
      return answer
    },
  }
  const nudge = (id: string) => senders.find(({ channel }) => channel.id === id)?.nudge()
  const windows = new Map<string, SendWindow>()
  const windowOf = (channel: Channel): SendWindow => {
    const account = channel.account ?? channel.id
    const window = windows.get(account) ?? sendWindow(account, channel.limit, store, clock)
    windows.set(account, window)
    return window
  }
  const senders = channels.map((channel) => new Sender(options, channel, windowOf(channel)))
  return {
    nudge() {
      for (const sender of senders) sender.nudge()
    },
    pulses: () => new Map(senders.map(({ channel, pulse }) => [channel.id, { ...pulse }])),
    async run(signal) {
      // What waits for a channel that the site no longer has is settled, or it would wait for ever.
      const queued = await store.waitingChannels().catch(() => [])
      const removed = queued.filter((id) => !channels.some((channel) => channel.id === id)).map(goneChannel)
      const all = [...senders, ...removed.map((channel) => new Sender(options, channel, windowOf(channel)))]
      const asked = channels.filter(({ receiptOf }) => receiptOf)
      await Promise.all([
        ...all.map((sender) => sender.run(signal)),
        ...asked.map((channel) => askForReceipts(options, channel, signal)),
      ])
    },
    urgent(id) {
      const channel = channels.find((known) => known.id === id)
      if (!channel) return null
      return {
        async send(message, signal) {
          await windowOf(channel).take()
          return channel.send(message, signal)
        },
      }
    },
    async test(id, to, signal) {
      const channel = channels.find((known) => known.id === id)
      if (!channel) throw new Fault('not_found')
      if (channel.reach === 'person' && to === undefined) throw new Fault('address_needed', { channel: id })
      const window = windowOf(channel)
      if ((await window.waitMs()) > 0) throw new Fault('busy')
      await window.take()
      const begunAt = clock.now()
      const message = testMessage(options, to)
      const delivery = await channel.send(message, signal)
      const reason = 'reason' in delivery ? delivery.reason : null
      log('info', 'channel tested', { channel: id, outcome: delivery.outcome, reason })
      const tookMs = Math.round((clock.now() - begunAt) / clock.speed)
      return {
        outcome: delivery.outcome,
        reason,
        said: delivery.said ?? null,
        tookMs,
        parts: channel.parts?.(message) ?? null,
      }
    },
  }
}

function goneChannel(id: string): Channel {
  const send = () => Promise.resolve({ outcome: 'failed', reason: 'channel_removed' } as const)
  return { id, reach: 'group', isRecord: true, send }
}

function testMessage({ site, clock }: OutboxOptions, to: string | undefined): Message {
  const at = Temporal.Instant.fromEpochMilliseconds(clock.now())
  const local = at.toZonedDateTimeISO(site.plan.timeZone).toPlainTime().toString({ smallestUnit: 'minute' })
  const name = typeof site.name === 'string' ? { 'zh-CN': site.name, en: site.name } : site.name
  const titles = inAllLanguages('notice.test.title')
  const texts = Object.fromEntries(
    LANGUAGES.map((language) => [
      language,
      {
        title: titles[language],
        body: inAllLanguages('notice.test.body', { site: name[language], from: local })[language],
      },
    ]),
  ) as Message['texts']
  const values = { site: name['zh-CN'], asset: titles['zh-CN'], from: local, next: local, until: local }
  return {
    id: `test-${clock.now()}`,
    site: site.id,
    notice: 'test',
    kind: 'test',
    phase: 'test',
    homes: to === undefined ? [] : [to],
    alarmIds: [],
    at: at.toString(),
    trace: 'test',
    texts,
    values,
    ...(to === undefined ? {} : { to }),
  }
}
