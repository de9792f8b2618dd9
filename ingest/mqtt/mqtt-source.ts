import type { Clock } from '#devices/clock.ts'
import type { Device } from '#devices/device.ts'
import { badReading, type Batch, type Reason } from '#devices/reading.ts'
import { codecRoom } from '../lorawan/codec-room.ts'
import { uplinkOf } from '../lorawan/network-server.ts'
import { type Content, isRefused, type Refused } from '../payload-readings.ts'
import type { Emit, Reject, Source, SourceHealth } from '../source.ts'
import { parseStrict } from '../strict-json.ts'
import { type Broker, type Connect, type Door, type Log, type Message, openBroker } from './broker.ts'
import { isSecret, ownerOf } from './credentials.ts'
import { FLOOD_LIMITS, floodGate, type FloodLimits } from './flood-gate.ts'
import type { Bridge } from './network.ts'
import { refusalBook } from './refusal-book.ts'
import { silenceWatch } from './silence.ts'
import { bridgeSpeaker, deviceSpeaker, type Member, memberOf, type Route, type Speaker } from './speaker.ts'
import type { TlsListen } from './tls-door.ts'
import { Refusal } from './wire-guard.ts'

const NAME = 'mqtt'
/** QoS 0 batches under way at once, over all devices. Nobody waits for them, so nothing else holds them back. */
const MAX_FLOWING = 1_000

export type MqttSource = Source &
  Readonly<{
    address(): Readonly<{ host: string; port: number }> | null
    tlsAddress(): Readonly<{ host: string; port: number }> | null
    /** Client ids over which two clients fought lately (F45). */
    contested(): readonly string[]
    sessions(): ReturnType<Broker['sessions']> | null
  }>

/**
 * The embedded broker: every device whose profile speaks MQTT connects to it with its own id and secret, and every
 * bridge for the devices that name it.
 */
export function mqttSource(
  options: Readonly<{
    listen: Readonly<{ host: string; port: number }>
    /** A second listener, with TLS. */
    tls?: TlsListen | undefined
    devices: readonly Device[]
    bridges?: readonly Bridge[]
    secretOf: (speaker: string) => string | null
    clock: Clock
    /** Real milliseconds that never go back: floods are measured by them, however fast the site's clock runs. */
    monotonicNow: () => number
    reject: Reject
    log?: Log
    floodLimits?: FloodLimits
    /** Where retained messages and sessions are kept; without it they end with the run. */
    sessionFile?: string
    drainTimeoutMs?: number
  }>,
): MqttSource {
  const { listen, bridges = [], secretOf, clock, monotonicNow, reject, log = () => {} } = options
  const { floodLimits = FLOOD_LIMITS } = options
  const codecs = codecRoom(monotonicNow)
  const members = options.devices
    .filter(({ profile }) => profile.mqtt ?? profile.lorawan)
    .map((device) => memberOf(device, codecs))
  const speakers = new Map<string, Speaker>(
    [
      ...members
        .filter(({ device, topics }) => topics && device.bridge === undefined)
        .map((member) => deviceSpeaker(member, floodGate(floodLimits, monotonicNow))),
      ...bridges.map((bridge) =>
        bridgeSpeaker(
          bridge,
          members.filter(({ device }) => device.bridge === bridge.id),
          floodGate(bridgeLimits(floodLimits), monotonicNow),
        ),
      ),
    ].map((speaker) => [speaker.id, speaker]),
  )
  const silence = silenceWatch(
    members.map(({ device }) => device),
    clock,
  )
  const book = refusalBook()
  let state: SourceHealth['state'] = 'starting'
  let address: Readonly<{ host: string; port: number }> | null = null
  let flowing = 0
  let open: Broker | null = null

  const enter = ({ clientId, username, password, willTopic }: Connect): ReturnType<Door['enter']> => {
    const speaker = speakers.get(username ?? '')
    // Compared even when the name is unknown: the answer and its time are the same.
    const isTrusted = isSecret(password ?? new Uint8Array(), speaker ? secretOf(speaker.id) : null)
    if (username !== undefined && !speaker) {
      book.stranger(username, NAME, clock.now())
      return { refused: 'unknown_device' }
    }
    if (!speaker || !isTrusted || ownerOf(clientId, speakers) !== speaker.id) return { refused: 'not_authorized' }
    if (willTopic !== undefined && speaker.routeOf(willTopic).kind === 'forbidden') return { refused: 'not_authorized' }
    if (speaker.gate.isClosed()) return { refused: 'flood' }
    return { device: speaker.id, gate: speaker.gate }
  }

  const receive = async (message: Message, emit: Emit): Promise<'taken' | 'dropped'> => {
    const speaker = speakers.get(message.device)!
    const receivedAt = clock.now()
    const route = speaker.routeOf(message.topic)
    switch (route.kind) {
      case 'forbidden':
        refuse(speaker.id, { refused: 'not_authorized', detail: message.topic }, message, receivedAt)
        throw new Refusal('not_authorized', `${speaker.id} may not publish ${message.topic}`)
      case 'unread':
        return 'dropped'
      case 'stranger':
        return refuseStranger(route.name, speaker, receivedAt)
      case 'availability':
        return hearAvailability(route.member, message, receivedAt)
      case 'state':
        return take(route.member, route.read(message.payload, receivedAt), message, receivedAt, emit)
      case 'uplink':
        return takeUplink(speaker, route, message, receivedAt, emit)
    }
  }

  const takeUplink = async (
    speaker: Speaker,
    { server, topicName }: Extract<Route, { kind: 'uplink' }>,
    message: Message,
    receivedAt: number,
    emit: Emit,
  ): Promise<'taken' | 'dropped'> => {
    const uplink = uplinkOf(server, parseStrict(message.payload))
    // ChirpStack names the device in the topic as well: who reads the topic must not be told another.
    const isOne = uplink && (server !== 'chirpstack-v4' || topicName.toLowerCase() === uplink.devEui)
    if (!isOne)
      return drop(speaker.id, { refused: 'malformed', detail: `no uplink of ${topicName}` }, message, receivedAt)
    const member = speaker.memberBy(uplink.devEui)
    if (!member?.uplink) return refuseStranger(uplink.devEui, speaker, receivedAt)
    return take(member, await member.uplink(uplink, receivedAt), message, receivedAt, emit)
  }

  const take = async (
    { device, keys }: Member,
    said: Content | Refused,
    message: Message,
    receivedAt: number,
    emit: Emit,
  ): Promise<'taken' | 'dropped'> => {
    if (isRefused(said)) {
      const { isBurst } = refuse(device.id, said, message, receivedAt)
      // Nobody waits for it: the message itself is answered at once.
      if (isBurst) tellBad(device, receivedAt, 'undecodable', emit).catch(() => {})
      return 'dropped'
    }
    if (said.undated > 0) reject(NAME, 'malformed', said.undated)
    silence.heard(device.id, receivedAt)
    if (said.readings.length === 0) return 'dropped'
    const key = keys.keyOf(message, said, receivedAt)
    const batch: Batch = { source: NAME, receivedAt, readings: said.readings, ...(key === undefined ? {} : { key }) }
    if (message.qos === 0) return flow(batch, emit)
    await emit(batch, 'ack')
    if (key !== undefined) keys.acknowledged(key)
    return 'taken'
  }

  const hearAvailability = (member: Member, message: Message, receivedAt: number): 'taken' | 'dropped' => {
    const { id } = member.device
    const said = member.topics!.availability!.read(message.payload)
    if (typeof said === 'object') return drop(id, said, message, receivedAt)
    if (said === 'online') silence.heard(id, receivedAt)
    else silence.gone(id, receivedAt)
    return 'taken'
  }

  const refuse = (sender: string, { refused, detail }: Refused, { payload }: Message, at: number) => {
    reject(NAME, refused)
    const counted = book.refuse(sender, refused, detail, payload, at)
    // Once for each burst, and for the first of all: a device that sends rubbish must not fill the log with it.
    if (counted.isBurst || Object.values(book.of(sender)!.counts).reduce((sum, each) => sum + each) === 1)
      log('mqtt message refused', { device: sender, reason: refused, detail })
    return counted
  }

  const drop = (sender: string, said: Refused, message: Message, at: number): 'dropped' => {
    refuse(sender, said, message, at)
    return 'dropped'
  }

  const refuseStranger = (name: string, via: Speaker, at: number): 'dropped' => {
    reject(NAME, 'unknown_device')
    book.stranger(name, via.id, at)
    return 'dropped'
  }

  const flow = (batch: Batch, emit: Emit): 'taken' | 'dropped' => {
    if (flowing >= MAX_FLOWING) {
      reject(NAME, 'flood')
      return 'dropped'
    }
    flowing += 1
    void emit(batch, 'flow')
      .catch((error: unknown) => log('mqtt message lost', { key: batch.key, error }))
      .finally(() => (flowing -= 1))
    return 'taken'
  }

  const tellBad = (device: Device, at: number, reason: Reason, emit: Emit): Promise<void> => {
    const { points } = device.profile
    const readings = Object.entries(points)
      .filter(([, { mqtt, lorawan, linear }]) => mqtt ?? lorawan ?? linear)
      .map(([name]) => badReading(device.id, name, at, reason))
    return emit({ source: NAME, receivedAt: at, readings }, 'flow')
  }

  return {
    name: NAME,
    address: () => address,
    tlsAddress: () => open?.tlsAddress ?? null,
    contested: () => open?.contested() ?? [],
    sessions: () => open?.sessions() ?? null,
    async run(emit, signal) {
      if (signal.aborted) return
      state = 'starting'
      const broker = await openBroker({
        listen,
        tls: options.tls,
        door: {
          enter,
          receive: (message) => receive(message, emit),
          mayHear: (clientId, filter) => speakers.get(ownerOf(clientId, speakers) ?? '')?.mayHear(filter) ?? false,
          refused: (reason) => reject(NAME, reason),
        },
        now: () => clock.now(),
        monotonicNow,
        sessionFile: options.sessionFile,
        drainTimeoutMs: options.drainTimeoutMs,
        newGate: () => floodGate(floodLimits, monotonicNow),
        log,
      })
      address = broker.address
      open = broker
      state = 'running'
      try {
        // Without any device silence ends at once: the broker stands until it is told to stop.
        const stop = aborted(signal)
        const listened = silence.run((device, at, why) => tellBad(device, at, why, emit), signal)
        await Promise.race([listened.then(() => stop), stop])
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        state = 'down'
        address = null
        open = null
        await Promise.all([broker.close(), codecs.rest()])
      }
    },
    health() {
      const devices = silence.health()
      const isHurt = state === 'running' && devices.some(({ ok, reason }) => !ok && reason !== 'not_heard')
      return {
        source: NAME,
        state: isHurt ? 'degraded' : state,
        devices: devices.map((device) => {
          const refused = book.of(device.device)
          return refused ? { ...device, refused } : device
        }),
        strangers: book.strangers(),
      }
    },
  }
}

/** A bridge carries what many devices say. */
function bridgeLimits(limits: FloodLimits): FloodLimits {
  return { ...limits, packetsPerSecond: limits.packetsPerSecond * 10, burst: limits.burst * 10 }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}
