import { type EventEmitter, once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Aedes, type Client, type PublishPacket } from 'aedes'
import type { Rejection } from '../source.ts'
import type { FloodGate } from './flood-gate.ts'
import { NO_JOURNAL, openSessionJournal } from './sessions/session-journal.ts'
import { SessionPersistence } from './sessions/session-persistence.ts'
import { type TlsListen, tlsServer } from './tls-door.ts'
import { takeoverWatch } from './takeover-watch.ts'
import { guardWire, Refusal } from './wire-guard.ts'

export type Log = (message: string, fields: Readonly<Record<string, unknown>>) => void

export type Connect = Readonly<{
  clientId: string
  username: string | undefined
  password: Uint8Array | undefined
  willTopic: string | undefined
}>

export type Message = Readonly<{
  device: string
  topic: string
  payload: Uint8Array
  qos: 0 | 1 | 2
  isDuplicate: boolean
  /** Absent for QoS 0 and for wills. */
  messageId: number | undefined
}>

/** Who decides what comes in. The broker knows sockets, packets and order; it knows no device and no reading. */
export type Door = Readonly<{
  /** The device a connection speaks for, or why it may not. */
  enter(connect: Connect): Readonly<{ device: string; gate: FloodGate } | { refused: Rejection }>
  /**
   * Resolves when the message may be acknowledged; a dropped one is not retained. A rejection ends the connection
   * without acknowledgement, so that the device sends it again.
   */
  receive(message: Message): Promise<'taken' | 'dropped'>
  /** Whether the owner of a client id may get what a topic or a filter means. Denied unless it says so. */
  mayHear(clientId: string, filter: string): boolean
  refused(reason: Rejection): void
}>

export type Broker = Readonly<{
  address: Readonly<{ host: string; port: number }>
  /** Of the listener with TLS, where there is one. */
  tlsAddress: Readonly<{ host: string; port: number }> | null
  /** Client ids over which two clients fought lately (F45). */
  contested(): readonly string[]
  /** Sessions kept, messages that wait in them, and messages given up since the start because a client stayed away. */
  sessions(): Readonly<{ sessions: number; waiting: number; givenUp: number }>
  /** What the gateway itself says, retained: who may hear it is asked as for any other message. */
  publish(topic: string, payload: string): Promise<void>
  /** Stops listening and ends every connection. */
  close(): Promise<void>
}>

const MAX_CONNECTIONS = 1_000
const DRAIN_TIMEOUT_MS = 10_000
/** Messages of one connection that wait for their acknowledgement before its wire is held. */
const WINDOW = 100
const WINDOW_WAIT_MS = 20
/** CONNACK return code [MQTT 3.1.1 §3.2.2.3]; the same for every reason, to tell a stranger nothing. */
const BAD_CREDENTIALS = 4 as const
const NOT_TAKEN = 'message not taken'
/** What aedes calls ends of a connection that are nobody's bad input. */
const NOT_INPUT: ReadonlySet<string> = new Set([
  'connect did not arrive in time',
  'keep alive timeout',
  'drain timeout',
  'connection closed',
  'packet received not valid',
  NOT_TAKEN,
])

type Session = {
  device: string | null
  address: string
  gate: FloodGate
  willTopic: string | undefined
  unacknowledged: number
  /** Settles when all earlier messages are answered: acknowledgements leave in order of arrival [MQTT-4.6.0-2]. */
  answered: Promise<unknown>
}

/** MQTT 3.1 and 3.1.1 on one listener. The only file that knows aedes. */
export async function openBroker(
  options: Readonly<{
    listen: { host: string; port: number }
    /** A second listener, with TLS. */
    tls?: TlsListen | undefined
    door: Door
    newGate: () => FloodGate
    log: Log
    /** Site time, and real ms that never go back. */
    now: () => number
    monotonicNow: () => number
    /** The file of retained messages and sessions; without one they end with the broker. */
    sessionFile?: string | undefined
    /** A subscriber that reads nothing for so long is put out (F46). */
    drainTimeoutMs?: number | undefined
  }>,
): Promise<Broker> {
  const { listen, door, newGate, log, drainTimeoutMs = DRAIN_TIMEOUT_MS } = options
  const takeovers = takeoverWatch(options.monotonicNow)
  const holders = new Map<string, Session>()
  let givenUp = 0
  const journal = options.sessionFile === undefined ? NO_JOURNAL : await openSessionJournal(options.sessionFile, log)
  const persistence = new SessionPersistence({
    journal,
    now: options.now,
    mayHear: (clientId, filter) => door.mayHear(clientId, filter),
    givenUp: (clientId, count) => {
      if (givenUp === 0) log('mqtt messages given up for a client that stays away', { clientId })
      givenUp += count
    },
  })
  const sessions = new WeakMap<Duplex, Session>()
  const sockets = new Set<Socket>()
  let isClosing = false

  const refuse = (reason: Rejection, detail: string): Refusal => {
    door.refused(reason)
    return new Refusal(reason, detail)
  }

  const receive = (client: Client | null, packet: PublishPacket, done: (error?: Error | null) => void): void => {
    const session = client && sessions.get(client.conn)
    if (isClosing || !session || session.device === null) return done(new Error(NOT_TAKEN))
    const { device } = session
    // A will comes here when its connection has gone: nobody waits for it, and it has no packet of its own.
    const isWill = packet.cmd !== 'publish'
    const outcome = door.receive({
      device,
      topic: packet.topic,
      payload: typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload,
      qos: packet.qos,
      isDuplicate: packet.dup,
      messageId: isWill || packet.qos === 0 ? undefined : packet.messageId,
    })
    const waits = !isWill && packet.qos > 0
    if (waits) session.unacknowledged += 1
    const answer = Promise.allSettled([outcome, waits ? session.answered : null]).then(([result]) => {
      if (waits) session.unacknowledged -= 1
      // An earlier message was not acknowledged: nothing after it may be.
      if (waits && client.closed) return
      if (result.status === 'rejected') {
        return done(result.reason instanceof Refusal ? result.reason : new Error(NOT_TAKEN, { cause: result.reason }))
      }
      if (result.value === 'dropped') packet.retain = false
      done(null)
    })
    if (waits) session.answered = answer
  }

  const aedes = new Aedes({
    concurrency: 1_000,
    connectTimeout: 10_000,
    drainTimeout: drainTimeoutMs,
    persistence,
    keepaliveLimit: 300,
    maxInflightInbound: 100,
    maxTopicLevels: 8,
    queueLimit: 100,
    preConnect: (client, packet, done) => {
      const session = sessions.get(client.conn)
      if (session) session.willTopic = packet.will?.topic
      done(null, session !== undefined)
    },
    authenticate: (client, username, password, done) => {
      const session = sessions.get(client.conn)!
      const entry = door.enter({ clientId: client.id, username, password, willTopic: session.willTopic })
      if ('refused' in entry) {
        const refusal = refuse(entry.refused, `connection refused: ${entry.refused}`)
        return done(Object.assign(refusal, { returnCode: BAD_CREDENTIALS }), false)
      }
      const holder = holders.get(client.id)
      if (!takeovers.mayEnter(client.id, session.address, holder?.address ?? null)) {
        const refusal = refuse('flood', `another client has the id ${client.id}, and both connect again and again`)
        return done(Object.assign(refusal, { returnCode: BAD_CREDENTIALS }), false)
      }
      session.device = entry.device
      session.gate = entry.gate
      done(null, true)
    },
    authorizePublish: receive,
    // What it may not hear is answered with failure (0x80), the connection stays.
    authorizeSubscribe: (client, subscription, done) => {
      if (door.mayHear(client.id, subscription.topic)) return done(null, subscription)
      door.refused('not_authorized')
      done(null, null)
    },
    // Again for each message: aedes restores subscriptions of a session without asking.
    authorizeForward: (client, packet) => (door.mayHear(client.id, packet.topic) ? packet : null),
  })
  ;(aedes as EventEmitter).on('error', (error: Error) => log('mqtt broker error', { error }))
  const lost = (client: Client, error: Error): void => {
    if (isClosing) return
    const device = sessions.get(client.conn)?.device ?? null
    if (!(error instanceof Refusal || 'code' in error || NOT_INPUT.has(error.message))) door.refused('malformed')
    log('mqtt connection ended', { device, error })
  }
  aedes.on('clientError', lost)
  aedes.on('connectionError', lost)
  aedes.on('client', (client) => holders.set(client.id, sessions.get(client.conn)!))
  aedes.on('clientDisconnect', (client) => {
    if (holders.get(client.id) === sessions.get(client.conn)) holders.delete(client.id)
  })
  await aedes.listen()

  const connected = (socket: Socket): void => {
    const session: Session = {
      device: null,
      address: socket.remoteAddress ?? '',
      gate: newGate(),
      willTopic: undefined,
      unacknowledged: 0,
      answered: Promise.resolve(),
    }
    const guarded = guardWire(socket, {
      waitMs: (packet) =>
        packet === 'publish' && session.unacknowledged >= WINDOW ? WINDOW_WAIT_MS : session.gate.take(),
      refused: door.refused,
    })
    sessions.set(guarded, session)
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    aedes.handle(guarded)
  }
  const told = (error: Error): void => log('mqtt listener error', { error })
  const server = createServer({ noDelay: true }, connected)
  const servers: [Server, Readonly<{ host: string; port: number }>][] = [[server, listen]]

  const close = async (): Promise<void> => {
    isClosing = true
    const closed = servers.map(async ([each]) => {
      const ending = each.listening ? once(each, 'close') : null
      each.close()
      await ending
    })
    await new Promise<void>((resolve) => aedes.close(resolve))
    for (const socket of sockets) socket.destroy()
    await Promise.all(closed)
    await persistence.destroy()
  }

  try {
    // Files that are no certificate shut the door with TLS alone.
    if (options.tls) {
      try {
        servers.push([tlsServer(options.tls, connected, told), options.tls])
      } catch (error) {
        told(error as Error)
      }
    }
    for (const [each, { host, port }] of servers) {
      each.maxConnections = MAX_CONNECTIONS
      each.on('drop', () => door.refused('flood'))
      each.listen(port, host)
      await once(each, 'listening')
    }
  } catch (error) {
    await close()
    throw error
  }
  for (const [each] of servers) each.on('error', told)
  const [plain, secured] = servers.map(([each]) => {
    const { address: host, port } = each.address() as AddressInfo
    return { host, port }
  })
  return {
    address: plain!,
    tlsAddress: secured ?? null,
    contested: () => takeovers.contested(),
    sessions: () => ({ ...persistence.load(), givenUp }),
    publish: (topic, payload) =>
      new Promise((resolve, reject) => {
        const packet = {
          cmd: 'publish',
          topic,
          payload: Buffer.from(payload),
          qos: 1,
          retain: true,
          dup: false,
        } as const
        aedes.publish(packet, (error) => (error ? reject(error) : resolve()))
      }),
    close,
  }
}
