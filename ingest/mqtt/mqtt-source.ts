import type { Clock } from '#devices/clock.ts'
import type { Device } from '#devices/device.ts'
import { codecRoom } from '../lorawan/codec-room.ts'
import type { Emit, Reject, Source, SourceHealth } from '../source.ts'
import { type Broker, type Connect, type Door, type Log, type Message, openBroker } from './broker.ts'
import { isSecret, ownerOf } from './credentials.ts'
import { FLOOD_LIMITS, floodGate, type FloodLimits } from './flood-gate.ts'
import type { Bridge } from './network.ts'
import { reception } from './reception.ts'
import { bridgeSpeaker, deviceSpeaker, memberOf, readerSpeaker, type Speaker } from './speaker.ts'
import type { TlsListen } from './tls-door.ts'
import { Refusal } from './wire-guard.ts'

const NAME = 'mqtt'

export type MqttSource = Source &
  Readonly<{
    address(): Readonly<{ host: string; port: number }> | null
    tlsAddress(): Readonly<{ host: string; port: number }> | null
    /** Client ids over which two clients fought lately (F45). */
    contested(): readonly string[]
    sessions(): ReturnType<Broker['sessions']> | null
    /** Retained. Rejects while the broker does not stand. */
    publish(topic: string, payload: string): Promise<void>
  }>

/** What the gateway says through its broker, and who may hear it. */
export type OwnVoice = Readonly<{
  readers: readonly string[]
  filters: readonly string[]
  /** What a reader may publish. */
  ownTopics: readonly string[]
  /** Said at the end. */
  farewell: Readonly<{ topic: string; payload: string }>
  /** The broker stands. */
  opened(): void
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
    voice?: OwnVoice | undefined
  }>,
): MqttSource {
  const { listen, bridges = [], secretOf, clock, monotonicNow, reject, log = () => {} } = options
  const { floodLimits = FLOOD_LIMITS, voice } = options
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
      ...(voice?.readers ?? []).map((id) => readerSpeaker(id, voice!, floodGate(floodLimits, monotonicNow))),
    ].map((speaker) => [speaker.id, speaker]),
  )
  const heard = reception({ name: NAME, members, clock, reject, log })
  let state: SourceHealth['state'] = 'starting'
  let address: Readonly<{ host: string; port: number }> | null = null
  let open: Broker | null = null

  const enter = ({ clientId, username, password, willTopic }: Connect): ReturnType<Door['enter']> => {
    const speaker = speakers.get(username ?? '')
    // Compared even when the name is unknown: the answer and its time are the same.
    const isTrusted = isSecret(password ?? new Uint8Array(), speaker ? secretOf(speaker.id) : null)
    if (username !== undefined && !speaker) {
      heard.stranger(username, NAME, clock.now())
      return { refused: 'unknown_device' }
    }
    if (!speaker || !isTrusted || ownerOf(clientId, speakers) !== speaker.id) return { refused: 'not_authorized' }
    if (willTopic !== undefined && speaker.routeOf(willTopic).kind === 'forbidden') return { refused: 'not_authorized' }
    if (speaker.gate.isClosed()) return { refused: 'flood' }
    return { device: speaker.id, gate: speaker.gate }
  }

  const receive = async (message: Message, emit: Emit): Promise<'taken' | 'dropped'> => {
    const outcome = await heard.receive(speakers.get(message.device)!, message, emit)
    if (outcome === 'forbidden')
      throw new Refusal('not_authorized', `${message.device} may not publish ${message.topic}`)
    return outcome
  }

  return {
    name: NAME,
    address: () => address,
    tlsAddress: () => open?.tlsAddress ?? null,
    contested: () => open?.contested() ?? [],
    sessions: () => open?.sessions() ?? null,
    async publish(topic, payload) {
      if (!open) throw new Error('the broker does not stand')
      await open.publish(topic, payload)
    },
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
      voice?.opened()
      try {
        // Without any device silence ends at once: the broker stands until it is told to stop.
        const stop = aborted(signal)
        const listened = heard.watch(emit, signal)
        await Promise.race([listened.then(() => stop), stop])
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        state = 'down'
        address = null
        open = null
        if (voice) await broker.publish(voice.farewell.topic, voice.farewell.payload).catch(() => {})
        await Promise.all([broker.close(), codecs.rest()])
      }
    },
    health() {
      const devices = heard.devices()
      const isHurt = state === 'running' && devices.some(({ ok, reason }) => !ok && reason !== 'not_heard')
      return { source: NAME, state: isHurt ? 'degraded' : state, devices, strangers: heard.strangers() }
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
