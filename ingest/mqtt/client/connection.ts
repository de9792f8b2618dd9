import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { IClientOptions, IConnackPacket } from 'mqtt'
import type { Heard } from '../reception.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { shortened } from './shortened.ts'
import { BrokerSilence } from './why-away.ts'

const KEEPALIVE_S = 30
const CONNACK_MS = 20_000
/** A broker that does not confirm for so long has lost it, or us. */
const CONFIRM_MS = 30_000
/** Messages taken from the wire whose acknowledgement is outstanding. */
const WINDOW = 100
/** What a broker of version 5 keeps for us while we are away; one of 3.1.1 decides for itself. */
const SESSION_S = 7 * 86_400

const FILTERS_AT_ONCE = 50
/** The first code of SUBACK that is no QoS. */
const REFUSED = 0x80

export type Will = Readonly<{ topic: string; payload: string }>

export type Said = Heard & Readonly<{ isShortened: boolean }>

/** One connection, from the broker's consent to its end. What is unsure ends it; another one is made. */
export type Connection = Readonly<{
  /** The broker still had the session of before, with its subscriptions. */
  hadSession: boolean
  /** Resolves with the filters that the broker refused. */
  subscribe(filters: readonly string[]): Promise<readonly string[]>
  /** Resolves when the broker has confirmed. */
  publish(topic: string, payload: string, retain: boolean): Promise<void>
  /** Resolves with the reason when it has ended. */
  ended: Promise<Error>
  /** An orderly end: the broker forgets the will. */
  close(): Promise<void>
  abort(reason: Error): void
}>

/** Signs in. The only file that knows the client library, which is loaded by the first: most sites have no such broker. */
export async function openConnection(
  options: Readonly<{
    broker: BrokerConnection
    socket: Socket
    will: Will | null
    /** Resolves when the message may be acknowledged; a rejection ends the connection, so that it comes again. */
    receive(message: Said): Promise<unknown>
  }>,
): Promise<Connection> {
  const { broker, socket, will, receive } = options
  const { MqttClient } = await import('mqtt')
  const { stream, wasShortened } = shortened(broker.protocol)
  const wire = Duplex.from({ readable: socket.pipe(stream), writable: socket })
  const client = new MqttClient(() => wire, clientOptions(broker, will))
  const end = Promise.withResolvers<Error>()
  let reason: Error | null = null
  let hasEnded = false
  let unacknowledged = 0
  /** Settles when all earlier messages are answered: acknowledgements leave in order of arrival [MQTT-4.6.0-2]. */
  let answered: Promise<unknown> = Promise.resolve()

  const abort = (error: Error): void => {
    if (hasEnded) return
    hasEnded = true
    reason ??= error
    client.end(true)
    wire.destroy()
    socket.destroy()
    end.resolve(reason)
  }
  for (const each of [socket, stream, wire]) {
    each.on('error', (error: Error) => abort(error))
    each.on('close', () => abort(new Error('the broker ended the connection')))
  }
  client.on('error', (error) => abort(error instanceof Error ? error : new Error(String(error))))
  client.on('close', () => abort(new Error('the broker ended the connection')))
  client.on('disconnect', ({ reasonCode }) => {
    reason ??= Object.assign(new Error(`the broker ended the connection: ${reasonCode}`), { code: reasonCode })
  })

  /**
   * The library takes one message at a time and acknowledges it when `done` is called. Called with an error first, it goes
   * on to the next without acknowledging; called again, it acknowledges. So many commits are under way at once.
   */
  client.handleMessage = (packet, done) => {
    const { topic, payload, qos, dup, retain, messageId } = packet
    const said = receive({
      topic,
      payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
      qos,
      isDuplicate: dup,
      isRetained: retain,
      messageId: qos === 0 ? undefined : messageId,
      isShortened: wasShortened(),
    })
    if (qos === 0) {
      said.catch(() => {})
      return done()
    }
    unacknowledged += 1
    answered = Promise.allSettled([said, answered]).then(([outcome]) => {
      unacknowledged -= 1
      if (reason) return
      if (outcome.status === 'rejected')
        return abort(new BrokerSilence('not_taken', 'a message could not be stored', { cause: outcome.reason }))
      done()
    })
    // With the window full nothing more is read; the next acknowledgement opens it.
    if (unacknowledged < WINDOW) done(new Error('not yet'))
  }

  const connack = await Promise.race([
    new Promise<IConnackPacket>((resolve) => client.once('connect', resolve)),
    end.promise.then((error) => Promise.reject(error)),
  ])

  const confirmed = async (what: string, asked: Promise<unknown>): Promise<void> => {
    asked.catch(() => {})
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new BrokerSilence('not_confirmed', `the broker does not confirm ${what}`)),
        CONFIRM_MS,
      )
    })
    try {
      await Promise.race([asked, late, end.promise.then((error) => Promise.reject(error))])
    } catch (error) {
      abort(error as Error)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** More than a broker allows, and it ends the connection [MQTT 5 §3.3.4]; the library does not count them. */
  const allowed = connack.properties?.receiveMaximum ?? 0xffff
  const waiting: (() => void)[] = []
  let unconfirmed = 0

  return {
    hadSession: connack.sessionPresent,
    async subscribe(filters) {
      const refused: string[] = []
      const each = chunksOf(filters, FILTERS_AT_ONCE).map((chunk) =>
        client.subscribeAsync(chunk, { qos: 1 }).catch((error: unknown) => {
          const granted = grantedOf(error)
          if (!granted) throw error
          refused.push(...chunk.filter((_, i) => granted[i]! >= REFUSED))
        }),
      )
      await confirmed('a subscription', Promise.all(each))
      return refused
    },
    async publish(topic, payload, retain) {
      while (unconfirmed >= allowed) await new Promise<void>((resolve) => waiting.push(resolve))
      unconfirmed += 1
      try {
        const mayRetain = retain && connack.properties?.retainAvailable !== false
        await confirmed('a message', client.publishAsync(topic, payload, { qos: 1, retain: mayRetain }))
      } finally {
        unconfirmed -= 1
        waiting.shift()?.()
      }
    },
    ended: end.promise,
    async close() {
      reason ??= new Error('closed')
      await Promise.race([client.endAsync(), end.promise, new Promise((resolve) => setTimeout(resolve, 1_000))])
      abort(reason)
    },
    abort,
  }
}

function clientOptions({ protocol, clientId, username, secret }: BrokerConnection, will: Will | null): IClientOptions {
  return {
    protocolVersion: protocol === '5' ? 5 : 4,
    clientId,
    ...(username === undefined ? {} : { username }),
    ...(secret === undefined ? {} : { password: secret }),
    // What comes while we are away waits for us.
    clean: false,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNACK_MS,
    // Another attempt is another client: nothing of a connection that failed is carried on.
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    ...(will ? { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true } } : {}),
    ...(protocol === '5' ? { properties: { sessionExpiryInterval: SESSION_S, receiveMaximum: WINDOW } } : {}),
  }
}

/** What the broker said to each filter of a subscription; null when the error is another one. */
function grantedOf(error: unknown): readonly number[] | null {
  const { packet } = error as { packet?: { granted?: unknown } }
  return Array.isArray(packet?.granted) ? packet.granted.map(Number) : null
}

function chunksOf<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
}
