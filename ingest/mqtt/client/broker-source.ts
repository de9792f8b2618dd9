import type { Clock, Random } from '#devices/clock.ts'
import type { Device } from '#devices/device.ts'
import type { Reading } from '#devices/reading.ts'
import { codecRoom } from '../../lorawan/codec-room.ts'
import type { Emit, Reject, Source } from '../../source.ts'
import type { Log } from '../broker.ts'
import { reception } from '../reception.ts'
import { brokerSpeaker, memberOf } from '../speaker.ts'
import { reconnectDelayMs } from './backoff.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { type Connection, openConnection, type Said, type Will } from './connection.ts'
import { dial } from './dial.ts'
import { filtersOf } from './filters.ts'
import { type Away, whyAway } from './why-away.ts'

/** A connection that stood for so long was a good one: the next attempt begins without patience. */
const PROVEN_MS = 60_000

/** How it is with another's broker; times are site time. */
export type BrokerLink = Readonly<{
  id: string
  /** Without anything secret. */
  url: string
  state: 'connected' | 'connecting' | 'away' | 'stopped'
  /** When the state began. */
  since: number
  /** Attempts that failed since it was there. */
  failures: number
  lastError: Readonly<{ at: number; why: Away; detail: string }> | null
  /** Filters that the broker refuses us. */
  refusedFilters: readonly string[]
}>

export type BrokerSource = Source &
  Readonly<{
    link(): BrokerLink
    /** Resolves when the broker has confirmed; rejects when there is none at present. */
    publish(topic: string, payload: string, retain: boolean): Promise<void>
  }>

/** One broker of somebody else: its devices are read through it, and what the gateway says goes the same way. */
export function brokerSource(
  options: Readonly<{
    broker: BrokerConnection
    /** Those that name this broker are read. */
    devices: readonly Device[]
    /** What the broker says of us when it has lost us; null where we may not publish. */
    will: Will | null
    /** Called for each connection, before anything is read: a broker without our session remembers nothing of ours. */
    connected?(hadSession: boolean): void
    clock: Clock
    /** Real time: it is the broker who must be spared, however fast the site's clock runs. */
    delay(realMs: number, run: () => void): () => void
    monotonicNow: () => number
    random: Pick<Random, 'next'>
    reject: Reject
    log: Log
    known?: (device: string, point: string) => Reading | undefined
  }>,
): BrokerSource {
  const { broker, clock, monotonicNow, reject, log } = options
  const name = `mqtt:${broker.id}`
  const codecs = codecRoom(monotonicNow)
  const members = options.devices
    .filter(({ bridge, profile }) => bridge === broker.id && (profile.mqtt ?? profile.lorawan))
    .map((device) => memberOf(device, codecs))
  const speaker = brokerSpeaker(broker, members)
  const filters = filtersOf(broker.networks, members).map((filter) =>
    broker.shareGroup === undefined ? filter : `$share/${broker.shareGroup}/${filter}`,
  )
  const heard = reception({ ...options, name, members })
  let link: BrokerLink = {
    id: broker.id,
    url: `${broker.tls ? 'mqtts' : 'mqtt'}://${broker.host}:${broker.port}`,
    state: 'stopped',
    since: clock.now(),
    failures: 0,
    lastError: null,
    refusedFilters: [],
  }
  let open: Connection | null = null
  /** What this process subscribed to stands in the session; what an earlier one did is not known. */
  let isSubscribed = false

  const enter = (state: BrokerLink['state'], change: Partial<BrokerLink> = {}): void => {
    link = { ...link, since: state === link.state ? link.since : clock.now(), ...change, state }
  }

  const receive = ({ isShortened, ...message }: Said, emit: Emit): Promise<unknown> => {
    if (!isShortened) return heard.receive(speaker, message, emit)
    reject(name, 'oversize')
    log('mqtt message too long', { broker: broker.id, topic: message.topic })
    return Promise.resolve('dropped')
  }

  /** From the first byte to the last. Resolves when it ended by itself, rejects when it never stood. */
  const once = async (emit: Emit, signal: AbortSignal): Promise<Error> => {
    const socket = await dial(broker, signal)
    const end = () => socket.destroy()
    signal.addEventListener('abort', end, { once: true })
    try {
      const { will } = options
      const connection = await openConnection({
        broker,
        socket,
        will,
        receive: (message) => receive(message, emit),
      })
      signal.removeEventListener('abort', end)
      return await stand(connection, signal)
    } finally {
      signal.removeEventListener('abort', end)
      socket.destroy()
      open = null
    }
  }

  const stand = async (connection: Connection, signal: AbortSignal): Promise<Error> => {
    const leave = (): void => void goodbye(connection)
    signal.addEventListener('abort', leave, { once: true })
    try {
      if (filters.length > 0 && !(isSubscribed && connection.hadSession)) {
        const refusedFilters = await connection.subscribe(filters)
        if (refusedFilters.length > 0) log('mqtt subscriptions refused', { broker: broker.id, refusedFilters })
        link = { ...link, refusedFilters }
        isSubscribed = refusedFilters.length === 0
      }
      open = connection
      enter('connected')
      options.connected?.(connection.hadSession)
      return await connection.ended
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  /** A broker that is left in order keeps no will: it is told. */
  const goodbye = async (connection: Connection): Promise<void> => {
    const { will } = options
    if (will) await connection.publish(will.topic, will.payload, true).catch(() => {})
    await connection.close()
  }

  const pause = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const end = () => {
        cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const cancel = options.delay(ms, end)
      signal.addEventListener('abort', end, { once: true })
    })

  const keepConnected = async (emit: Emit, signal: AbortSignal): Promise<void> => {
    let failures = 0
    while (!signal.aborted) {
      enter(failures === 0 ? 'connecting' : 'away')
      const startedAt = monotonicNow()
      const error = await once(emit, signal).catch((failure: unknown) => failure as Error)
      if (signal.aborted) return
      failures = monotonicNow() - startedAt >= PROVEN_MS ? 1 : failures + 1
      if (failures === 1) log('mqtt broker away', { broker: broker.id, error: said(error) })
      enter('away', { failures, lastError: { at: clock.now(), why: whyAway(error), detail: said(error) } })
      await pause(reconnectDelayMs(failures - 1, options.random.next()), signal)
    }
  }

  return {
    name,
    link: () => link,
    async publish(topic, payload, retain) {
      if (!open) throw new Error('not connected')
      await open.publish(topic, payload, retain)
    },
    async run(emit, signal) {
      if (signal.aborted) return
      try {
        await Promise.all([
          keepConnected(emit, signal),
          heard.watch(emit, signal).catch((error: unknown) => {
            if (!signal.aborted) throw error
          }),
        ])
      } finally {
        enter('stopped')
        await codecs.rest()
      }
    },
    health() {
      const devices = heard.devices()
      const isHurt = devices.some(({ ok, reason }) => !ok && reason !== 'not_heard')
      const state = link.state === 'connected' ? (isHurt ? 'degraded' : 'running') : ROAD[link.state]
      return { source: name, state, devices, strangers: heard.strangers() }
    },
  }
}

const ROAD = { connecting: 'starting', away: 'down', stopped: 'down' } as const

/** In one line, with what lies under it. */
function said(error: Error): string {
  const text = error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
  return text.slice(0, 200)
}
