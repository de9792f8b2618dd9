import { type EventEmitter, once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Aedes, type Client, type PublishPacket } from 'aedes'
import type { Rejection } from '../source.ts'
import type { FloodGate } from './flood-gate.ts'
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
  refused(reason: Rejection): void
}>

export type Broker = Readonly<{
  address: Readonly<{ host: string; port: number }>
  /** Stops listening and ends every connection. */
  close(): Promise<void>
}>

const MAX_CONNECTIONS = 1_000
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
  gate: FloodGate
  willTopic: string | undefined
  unacknowledged: number
  /** Settles when all earlier messages are answered: acknowledgements leave in order of arrival [MQTT-4.6.0-2]. */
  answered: Promise<unknown>
}

/** MQTT 3.1 and 3.1.1 on one listener. The only file that knows aedes. */
export async function openBroker(
  options: Readonly<{ listen: { host: string; port: number }; door: Door; newGate: () => FloodGate; log: Log }>,
): Promise<Broker> {
  const { listen, door, newGate, log } = options
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
    drainTimeout: 10_000,
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
      session.device = entry.device
      session.gate = entry.gate
      done(null, true)
    },
    authorizePublish: receive,
    // Devices only speak here: a subscription is answered with failure (0x80), the connection stays.
    authorizeSubscribe: (_client, _subscription, done) => {
      door.refused('not_authorized')
      done(null, null)
    },
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
  await aedes.listen()

  const server = createServer({ noDelay: true }, (socket) => {
    const session: Session = {
      device: null,
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
  })
  server.maxConnections = MAX_CONNECTIONS
  server.on('drop', () => door.refused('flood'))

  const close = async (): Promise<void> => {
    isClosing = true
    const closed = server.listening ? once(server, 'close') : null
    server.close()
    await new Promise<void>((resolve) => aedes.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }

  try {
    server.listen(listen.port, listen.host)
    await once(server, 'listening')
  } catch (error) {
    await close()
    throw error
  }
  server.on('error', (error) => log('mqtt listener error', { error }))
  const { address, port } = server.address() as AddressInfo
  return { address: { host: address, port }, close }
}
