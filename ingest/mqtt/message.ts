import { type Device, resolvedTopic } from '#devices/device.ts'
import { parametersOf, payloadReader, type PayloadReader, valueAt } from '#devices/payload.ts'
import { topicsOf } from '#devices/payload-source.ts'
import { type Content, readingsOf, type Refused, stampOf } from '../payload-readings.ts'
import { parseStrict, utf8 } from '../strict-json.ts'

const MAX_SEQUENCE_LENGTH = 64
/** A bare value is a word or a number. */
const MAX_WORD = 256

export type TopicReader = (payload: Uint8Array, receivedAt: number) => Content | Refused
export type Availability = 'online' | 'offline' | Refused

/** Each topic that a device may publish with what reads it. */
export type DeviceTopics = Readonly<{
  states: ReadonlyMap<string, TopicReader>
  availability: Readonly<{ topic: string; read: (payload: Uint8Array) => Availability }> | null
  unread: readonly string[]
  /** Filters that it may subscribe to. */
  heard: readonly string[]
}>

/** Made once per device; null for one that does not speak MQTT. */
export function topicsFor(device: Device): DeviceTopics | null {
  const { mqtt, points } = device.profile
  if (!mqtt) return null
  const parameters = parametersOf(device.profile, device.parameters)
  const states = Array.from(topicsOf(mqtt), ([name, { topic, isText }]) => {
    const reader = payloadReader(points, { wire: 'mqtt', topic: name }, parameters)
    return [resolvedTopic(topic, device), stateReader(device, reader, isText)] as const
  })
  const { availability, unread = [], subscribe = [] } = mqtt
  return {
    states: new Map(states),
    availability: availability
      ? { topic: resolvedTopic(availability.topic, device), read: (payload) => wordOf(payload, availability) }
      : null,
    unread: unread.map((filter) => resolvedTopic(filter, device)),
    heard: subscribe.map((filter) => resolvedTopic(filter, device)),
  }
}

/** What a payload says of a device's points, or why it says nothing that can be understood. */
function stateReader(device: Device, reader: PayloadReader, isText: boolean): TopicReader {
  const { seq, time, time_unit: unit, records, partial = false } = device.profile.mqtt!
  return (payload, receivedAt) => {
    const content = isText ? bareValue(payload) : parseStrict(payload)
    if (
      content === undefined ||
      (!isText && (typeof content !== 'object' || content === null || Array.isArray(content)))
    )
      return { refused: 'malformed', detail: isText ? 'no short text in UTF-8' : 'no sound JSON object' }
    const stamp = stampOf(time === undefined ? undefined : valueAt(content, time), unit, receivedAt)
    const said = readingsOf(content, stamp, { device, reader, records, receivedAt })
    if (said.readings.length === 0 && !partial)
      return { refused: 'malformed', detail: 'it says nothing of any point of its profile' }
    const sequence = sequenceOf(seq === undefined ? undefined : valueAt(content, seq))
    return { ...said, sequence, stampedAt: stamp.stampedAt, identity: payload }
  }
}

function bareValue(payload: Uint8Array): string | number | undefined {
  const text = payload.length > MAX_WORD ? undefined : utf8(payload)?.trim()
  if (text === undefined || text === '') return undefined
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : text
}

function wordOf(
  payload: Uint8Array,
  { path, online, offline }: Readonly<{ path?: string; online: string; offline: string }>,
): Availability {
  const word = path === undefined ? utf8(payload.subarray(0, MAX_WORD)) : valueAt(parseStrict(payload), path)
  if (String(word) === online) return 'online'
  return String(word) === offline
    ? 'offline'
    : { refused: 'malformed', detail: 'neither its word for online nor offline' }
}

function sequenceOf(written: unknown): string | null {
  if (typeof written === 'number') return Number.isSafeInteger(written) ? String(written) : null
  return typeof written === 'string' && written !== '' && written.length <= MAX_SEQUENCE_LENGTH ? written : null
}
