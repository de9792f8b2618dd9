import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import type { Packet } from 'aedes-persistence'
import type Memory from 'aedes-persistence/types/asyncPersistence.js'
import { type Entry, type OutgoingQueue, outgoingQueue, QUEUE_LIMITS, type QueueLimits } from './outgoing-queue.ts'
import type { Change, PacketRow } from './session-file.ts'
import type { SessionJournal } from './session-journal.ts'

// The package gives types for its memory, and no name by which they are found.
const require = createRequire(import.meta.url)
const MemoryPersistence = require('aedes-persistence/asyncPersistence.js') as new () => Memory
const { Packet: PacketOf } = require('aedes-persistence') as { Packet: new (original: object) => Packet }

/** Sessions kept at once; the one that came longest ago goes first. */
const MAX_SESSIONS = 1_000

type Client = Parameters<Memory['addSubscriptions']>[0]
type Subscription = Parameters<Memory['addSubscriptions']>[1][number]
type Named = Readonly<{ id: string }>

export type PersistenceOptions = Readonly<{
  journal: SessionJournal
  /** Site time, ms. */
  now: () => number
  /** Whether a client may get what a filter or a topic means; aedes keeps also subscriptions that it refused. */
  mayHear?: (client: string, filter: string) => boolean
  /** F50: so many messages for a client that stayed away were given up. */
  givenUp?: (client: string, count: number) => void
  limits?: QueueLimits
}>

/**
 * The broker's memory for aedes: retained messages, subscriptions of sessions, what waits for absent clients or was not
 * acknowledged by them, and half-done QoS 2. Each is held in memory and written to the journal; what would be lost
 * is waited for, what would only be sent twice is not. Wills stay in memory: the end of the gateway is no device's.
 */
export class SessionPersistence {
  readonly #memory = new MemoryPersistence()
  readonly #journal: SessionJournal
  readonly #options: PersistenceOptions
  /** The one that came longest ago first. */
  readonly #sessions = new Set<string>()
  readonly #outgoing = new Map<string, OutgoingQueue>()
  #lastId = 0

  constructor(options: PersistenceOptions) {
    this.#options = options
    this.#journal = options.journal
  }

  get broker(): unknown {
    return (this.#memory as unknown as { broker: unknown }).broker
  }

  async setup(broker: unknown): Promise<void> {
    await this.#memory.setup(broker)
    const { retained, subscriptions, outgoing, incoming } = this.#journal.content
    for (const row of retained) await this.#memory.storeRetained(packetOf(row))
    for (const { client, topic, options } of subscriptions) {
      this.#sessions.add(client)
      await this.#memory.addSubscriptions(clientOf(client), [
        { topic, ...(JSON.parse(options) as object) } as Subscription,
      ])
    }
    for (const { id, client, at, ...row } of outgoing) {
      this.#lastId = Math.max(this.#lastId, id)
      this.#queueOf(client).add({ id, at, bytes: row.payload.length, packet: packetOf(row) })
    }
    for (const { client, ...row } of incoming) {
      const packet = packetOf(row)
      await this.#memory.incomingStorePacket(clientOf(client), packet)
    }
    for (const client of this.#outgoing.keys()) this.#trim(client)
  }

  async storeRetained(packet: Packet): Promise<void> {
    const { topic, payload } = packet as Packet & { topic: string; payload: Uint8Array }
    await this.#memory.storeRetained(packet)
    await this.#journal.write(
      payload.length === 0 ? ['unretain', topic] : ['retain', topic, headOf(packet), payloadOf(packet)],
    )
  }

  createRetainedStream(pattern: string): Readable {
    return this.#memory.createRetainedStream(pattern)
  }

  createRetainedStreamCombi(patterns: string[]): Readable {
    return this.#memory.createRetainedStreamCombi(patterns)
  }

  async addSubscriptions(client: Client, asked: Subscription[]): Promise<void> {
    const subscriptions = asked.filter(({ topic }) => this.#mayHear(client.id, topic))
    if (subscriptions.length === 0) return
    await this.#memory.addSubscriptions(client, subscriptions)
    const changes = subscriptions.map(({ topic, ...options }): Change => [
      'subscribe',
      client.id,
      topic,
      JSON.stringify(options),
    ])
    this.#came(client.id)
    const [oldest] = this.#sessions
    await Promise.all([
      this.#journal.write(...changes),
      this.#sessions.size > MAX_SESSIONS && oldest !== undefined ? this.cleanSubscriptions(clientOf(oldest)) : null,
    ])
  }

  async removeSubscriptions(client: Client, topics: string[]): Promise<void> {
    await this.#memory.removeSubscriptions(client, topics)
    await this.#journal.write(...topics.map((topic): Change => ['unsubscribe', client.id, topic]))
  }

  async subscriptionsByClient(client: Client): ReturnType<Memory['subscriptionsByClient']> {
    const subscriptions = await this.#memory.subscriptionsByClient(client)
    if (subscriptions.length > 0) this.#came(client.id)
    return subscriptions.filter(({ topic }) => this.#mayHear(client.id, topic))
  }

  async countOffline(): ReturnType<Memory['countOffline']> {
    return this.#memory.countOffline()
  }

  async subscriptionsByTopic(topic: string): ReturnType<Memory['subscriptionsByTopic']> {
    return this.#memory.subscriptionsByTopic(topic)
  }

  /** A session ends: with its subscriptions goes what waited for it [MQTT-3.1.2-6]. */
  async cleanSubscriptions(client: Client): Promise<void> {
    const isKnown = this.#sessions.delete(client.id)
    const waiting = this.#outgoing.get(client.id)?.entries() ?? []
    this.#outgoing.delete(client.id)
    await this.#memory.cleanSubscriptions(client)
    if (!isKnown && waiting.length === 0) return
    await this.#journal.write(['unsubscribeAll', client.id], ...waiting.map(({ id }): Change => ['dequeue', id]))
  }

  async outgoingEnqueue(subscription: { clientId: string }, packet: Packet): Promise<void> {
    await this.outgoingEnqueueCombi([subscription], packet)
  }

  async outgoingEnqueueCombi(subscriptions: { clientId: string }[], packet: Packet): Promise<void> {
    if (subscriptions.length === 0) return
    const at = Math.floor(this.#options.now())
    const payload = payloadOf(packet)
    const changes = subscriptions.map(({ clientId }): Change => {
      const queued = queuedPacket(packet, payload)
      const entry: Entry = { id: ++this.#lastId, at, bytes: payload.length, packet: queued }
      this.#queueOf(clientId).add(entry)
      return ['enqueue', entry.id, clientId, at, headOf(queued), payload]
    })
    const written = this.#journal.write(...changes)
    for (const { clientId } of subscriptions) this.#trim(clientId)
    await written
  }

  /** It goes out under a message id, or its PUBREL does. Forgotten by a crash, it goes out again: nobody waits. */
  async outgoingUpdate(client: Named, packet: Packet): Promise<void> {
    const entry = this.#outgoing.get(client.id)?.find(packet)
    if (!entry) throw new Error('no such packet')
    const isSame = entry.packet.brokerId === packet.brokerId && entry.packet.brokerCounter === packet.brokerCounter
    if (isSame) Object.assign(entry.packet, { messageId: packet.messageId })
    else entry.packet = packet
    void this.#journal.write(['enqueue', entry.id, client.id, entry.at, headOf(entry.packet), payloadOf(entry.packet)])
  }

  async outgoingClearMessageId(client: Named, packet: Packet): Promise<Packet | undefined> {
    const entry = this.#outgoing.get(client.id)?.take(packet.messageId)
    if (entry) void this.#journal.write(['dequeue', entry.id])
    return entry?.packet
  }

  outgoingStream(client: Named): Readable {
    this.#trim(client.id)
    return Readable.from((this.#outgoing.get(client.id)?.entries() ?? []).map(({ packet }) => packet))
  }

  async incomingStorePacket(client: Client, packet: Packet): Promise<void> {
    await this.#memory.incomingStorePacket(client, packet)
    await this.#journal.write(['receive', client.id, packet.messageId!, headOf(packet), payloadOf(packet)])
  }

  async incomingGetPacket(client: Client, packet: Packet): Promise<Packet> {
    return this.#memory.incomingGetPacket(client, packet)
  }

  async incomingDelPacket(client: Client, packet: Packet): Promise<void> {
    await this.#memory.incomingDelPacket(client, packet)
    void this.#journal.write(['release', client.id, packet.messageId!])
  }

  async cleanIncoming(client: Client): Promise<void> {
    await this.#memory.cleanIncoming(client)
    void this.#journal.write(['releaseAll', client.id])
  }

  async putWill(client: Client, packet: Packet): Promise<void> {
    await this.#memory.putWill(client, packet)
  }

  async getWill(client: Client): ReturnType<Memory['getWill']> {
    return this.#memory.getWill(client)
  }

  async delWill(client: Client): ReturnType<Memory['delWill']> {
    return this.#memory.delWill(client)
  }

  streamWill(brokers?: Record<string, number>): Readable {
    return this.#memory.streamWill(brokers)
  }

  getClientList(topic: string): Readable {
    return this.#memory.getClientList(topic)
  }

  async destroy(): Promise<void> {
    await this.#memory.destroy()
    await this.#journal.close()
  }

  /** How many sessions there are, and how many messages wait in them. */
  load(): Readonly<{ sessions: number; waiting: number }> {
    const waiting = [...this.#outgoing.values()].reduce((sum, queue) => sum + queue.entries().length, 0)
    return { sessions: this.#sessions.size, waiting }
  }

  #mayHear(client: string, filter: string): boolean {
    return this.#options.mayHear?.(client, filter) ?? true
  }

  #came(client: string): void {
    this.#sessions.delete(client)
    this.#sessions.add(client)
  }

  #queueOf(client: string): OutgoingQueue {
    const queue = this.#outgoing.get(client) ?? outgoingQueue(this.#options.limits ?? QUEUE_LIMITS)
    this.#outgoing.set(client, queue)
    return queue
  }

  #trim(client: string): void {
    const gone = this.#outgoing.get(client)?.trim(this.#options.now()) ?? []
    if (gone.length === 0) return
    void this.#journal.write(...gone.map(({ id }): Change => ['dequeue', id]))
    this.#options.givenUp?.(client, gone.length)
  }
}

function clientOf(id: string): Client {
  return { id } as Client
}

/** Without a message id: it gets one when it goes out. */
function queuedPacket(packet: Packet, payload: Uint8Array): Packet {
  return new PacketOf(typeof (packet as { payload?: unknown }).payload === 'string' ? packet : { ...packet, payload })
}

function headOf(packet: Packet): string {
  const { payload: _, ...head } = packet as Packet & { payload?: unknown }
  return JSON.stringify(head)
}

/** A copy: a view would keep, and send to the other thread, all of the chunk it came in. */
function payloadOf(packet: Packet): Buffer {
  const { payload } = packet as Packet & { payload?: string | Uint8Array }
  return typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(Uint8Array.from(payload ?? []).buffer)
}

function packetOf({ head, payload }: PacketRow): Packet {
  const buffer = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  return { messageId: undefined, ...(JSON.parse(head) as object), payload: buffer } as unknown as Packet
}
