import type { Clock } from '#devices/clock.ts'
import { type Device, topicOf } from '#devices/device.ts'
import { badReading, type Batch } from '#devices/reading.ts'
import type { Emit, Reject, Source, SourceHealth } from '../source.ts'
import { type Connect, type Door, type Log, type Message, openBroker } from './broker.ts'
import { isSecret, ownerOf } from './credentials.ts'
import { FLOOD_LIMITS, type FloodGate, floodGate, type FloodLimits } from './flood-gate.ts'
import { type MessageKeys, messageKeys } from './message-key.ts'
import { readMessage } from './message.ts'
import { silenceWatch } from './silence.ts'
import { Refusal } from './wire-guard.ts'

const NAME = 'mqtt'
/** QoS 0 batches under way at once, over all devices. Nobody waits for them, so nothing else holds them back. */
const MAX_FLOWING = 1_000

type Member = Readonly<{ device: Device; topic: string; gate: FloodGate; keys: MessageKeys }>

export type MqttSource = Source & Readonly<{ address(): Readonly<{ host: string; port: number }> | null }>

/** The embedded broker: every device whose profile speaks MQTT connects to it with its own id and secret. */
export function mqttSource(
  options: Readonly<{
    listen: Readonly<{ host: string; port: number }>
    devices: readonly Device[]
    secretOf: (device: string) => string | null
    clock: Clock
    /** Real milliseconds that never go back: floods are measured by them, however fast the site's clock runs. */
    monotonicNow: () => number
    reject: Reject
    log?: Log
    floodLimits?: FloodLimits
  }>,
): MqttSource {
  const { listen, secretOf, clock, monotonicNow, reject, log = () => {}, floodLimits = FLOOD_LIMITS } = options
  const members = new Map<string, Member>()
  for (const device of options.devices) {
    const topic = topicOf(device)
    if (topic !== null)
      members.set(device.id, { device, topic, gate: floodGate(floodLimits, monotonicNow), keys: messageKeys() })
  }
  const silence = silenceWatch(
    Array.from(members.values(), ({ device }) => device),
    clock,
  )
  let state: SourceHealth['state'] = 'starting'
  let address: Readonly<{ host: string; port: number }> | null = null
  let flowing = 0

  const enter = ({ clientId, username, password, willTopic }: Connect): ReturnType<Door['enter']> => {
    const member = members.get(username ?? '')
    // Compared even when the device is unknown: the answer and its time are the same.
    const isTrusted = isSecret(password ?? new Uint8Array(), member ? secretOf(member.device.id) : null)
    if (username !== undefined && !member) return { refused: 'unknown_device' }
    if (!member || !isTrusted || ownerOf(clientId, members) !== member.device.id) return { refused: 'not_authorized' }
    if (willTopic !== undefined && willTopic !== member.topic) return { refused: 'not_authorized' }
    if (member.gate.isClosed()) return { refused: 'flood' }
    return { device: member.device.id, gate: member.gate }
  }

  const receive = async (message: Message, emit: Emit): Promise<'taken' | 'dropped'> => {
    const { device, topic, keys } = members.get(message.device)!
    if (message.topic !== topic) {
      reject(NAME, 'not_authorized')
      throw new Refusal('not_authorized', `${device.id} may not publish ${message.topic}`)
    }
    const receivedAt = clock.now()
    const content = readMessage(message.payload, device, receivedAt)
    if (!content) {
      reject(NAME, 'malformed')
      return 'dropped'
    }
    silence.heard(device.id, receivedAt)
    const key = keys.keyOf(message, content, receivedAt)
    const batch: Batch = { source: NAME, receivedAt, readings: content.readings, ...(key === undefined ? {} : { key }) }
    if (message.qos === 0) return flow(batch, emit)
    await emit(batch, 'ack')
    if (key !== undefined) keys.acknowledged(key)
    return 'taken'
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

  const tellSilence = (device: Device, at: number, emit: Emit): Promise<void> => {
    const readings = Object.entries(device.profile.points)
      .filter(([, point]) => point.mqtt)
      .map(([name]) => badReading(device.id, name, at, 'silent'))
    return emit({ source: NAME, receivedAt: at, readings }, 'flow')
  }

  return {
    name: NAME,
    address: () => address,
    async run(emit, signal) {
      if (signal.aborted) return
      state = 'starting'
      const broker = await openBroker({
        listen,
        door: { enter, receive: (message) => receive(message, emit), refused: (reason) => reject(NAME, reason) },
        newGate: () => floodGate(floodLimits, monotonicNow),
        log,
      })
      address = broker.address
      state = 'running'
      try {
        // Without any device silence ends at once: the broker stands until it is told to stop.
        const stop = aborted(signal)
        const listened = silence.run((device, at) => tellSilence(device, at, emit), signal)
        await Promise.race([listened.then(() => stop), stop])
      } catch (error) {
        if (!signal.aborted) throw error
      } finally {
        state = 'down'
        address = null
        await broker.close()
      }
    },
    health() {
      const devices = silence.health()
      const isHurt = state === 'running' && devices.some(({ reason }) => reason === 'silent')
      return { source: NAME, state: isHurt ? 'degraded' : state, devices }
    },
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}
