import type { Clock } from '#devices/clock.ts'
import type { Device } from '#devices/device.ts'
import { badReading, type Batch, type Reading, type Reason } from '#devices/reading.ts'
import { uplinkOf } from '../lorawan/network-server.ts'
import { type Content, isRefused, type Refused } from '../payload-readings.ts'
import type { DeviceHealth, Emit, Reject, Stranger } from '../source.ts'
import { parseStrict } from '../strict-json.ts'
import type { Log } from './broker.ts'
import { refusalBook } from './refusal-book.ts'
import { silenceWatch } from './silence.ts'
import type { Member, Route, Speaker } from './speaker.ts'

/** QoS 0 batches under way at once, over all devices. Nobody waits for them, so nothing else holds them back. */
const MAX_FLOWING = 1_000
/** Beyond so many they are committed at once rather than with the second: many sensors must not fill the room there is. */
const HURRIED_FLOWING = 100

/** A message, whichever broker it came through. */
export type Heard = Readonly<{
  topic: string
  payload: Uint8Array
  qos: 0 | 1 | 2
  isDuplicate: boolean
  /** Absent for QoS 0 and for wills. */
  messageId: number | undefined
  /** Kept by a broker and told to whoever subscribes: it was said at some time before, and proves no life. */
  isRetained?: boolean
}>

export type Reception = Readonly<{
  /**
   * Resolves when the message may be acknowledged: it is durable and judged, or there is nothing in it to keep. Rejects
   * when it could not be made durable. What may not come by this speaker is `forbidden`, and counted.
   */
  receive(speaker: Speaker, message: Heard, emit: Emit): Promise<'taken' | 'dropped' | 'forbidden'>
  stranger(name: string, via: string, at: number): void
  /** Tells of devices that fall silent, until the signal aborts. */
  watch(emit: Emit, signal: AbortSignal): Promise<void>
  devices(): readonly DeviceHealth[]
  strangers(): readonly Stranger[]
}>

/** What a message becomes: one road for all that comes over MQTT, through the own broker or another. */
export function reception(
  options: Readonly<{
    /** Of the source: its batches bear it. */
    name: string
    members: readonly Member[]
    clock: Clock
    reject: Reject
    log: Log
    /** The newest reading of a point, where one is known. */
    known?: (device: string, point: string) => Reading | undefined
  }>,
): Reception {
  const { name, members, clock, reject, log, known = () => undefined } = options
  const silence = silenceWatch(
    members.map(({ device }) => device),
    clock,
  )
  const book = refusalBook()
  let flowing = 0

  const receive: Reception['receive'] = async (speaker, message, emit) => {
    const receivedAt = clock.now()
    const route = speaker.routeOf(message.topic)
    switch (route.kind) {
      case 'forbidden':
        refuse(speaker.id, { refused: 'not_authorized', detail: message.topic }, message, receivedAt)
        return 'forbidden'
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
    message: Heard,
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
    message: Heard,
    receivedAt: number,
    emit: Emit,
  ): Promise<'taken' | 'dropped'> => {
    if (isRefused(said)) {
      const { isBurst } = refuse(device.id, said, message, receivedAt)
      // Nobody waits for it: the message itself is answered at once.
      if (isBurst) tellBad(device, receivedAt, 'undecodable', emit).catch(() => {})
      return 'dropped'
    }
    if (said.undated > 0) reject(name, 'malformed', said.undated)
    if (!message.isRetained) silence.heard(device.id, receivedAt)
    const readings = message.isRetained ? newsOf(said) : said.readings
    if (readings.length === 0) return 'dropped'
    const key = keys.keyOf(message, said, receivedAt)
    const batch: Batch = { source: name, receivedAt, readings, ...(key === undefined ? {} : { key }) }
    if (message.qos === 0) return flow(batch, emit)
    await emit(batch, 'ack')
    if (key !== undefined) keys.acknowledged(key)
    return 'taken'
  }

  /**
   * F40: what a retained message says that is not known already. With a time of its own it stands at that time, and its
   * key knows it again; without one nobody can tell when it was said, only that it is another value than the last.
   */
  const newsOf = ({ readings, stampedAt, sequence }: Content): readonly Reading[] =>
    stampedAt !== null || sequence !== null
      ? readings
      : readings
          .filter(({ device, point, value }) => known(device, point)?.value !== value)
          .map((reading) => ({ ...reading, timeQuality: 'bad' }))

  const hearAvailability = (member: Member, message: Heard, receivedAt: number): 'taken' | 'dropped' => {
    const { id } = member.device
    const said = member.topics!.availability!.read(message.payload)
    if (typeof said === 'object') return drop(id, said, message, receivedAt)
    if (said === 'offline') silence.gone(id, receivedAt)
    else if (!message.isRetained) silence.heard(id, receivedAt)
    return 'taken'
  }

  const refuse = (sender: string, { refused, detail }: Refused, { payload }: Heard, at: number) => {
    reject(name, refused)
    const counted = book.refuse(sender, refused, detail, payload, at)
    // Once for each burst, and for the first of all: a device that sends rubbish must not fill the log with it.
    if (counted.isBurst || Object.values(book.of(sender)!.counts).reduce((sum, each) => sum + each) === 1)
      log('mqtt message refused', { device: sender, reason: refused, detail })
    return counted
  }

  const drop = (sender: string, said: Refused, message: Heard, at: number): 'dropped' => {
    refuse(sender, said, message, at)
    return 'dropped'
  }

  const refuseStranger = (stranger: string, via: Speaker, at: number): 'dropped' => {
    reject(name, 'unknown_device')
    book.stranger(stranger, via.id, at)
    return 'dropped'
  }

  const flow = (batch: Batch, emit: Emit): 'taken' | 'dropped' => {
    if (flowing >= MAX_FLOWING) {
      reject(name, 'flood')
      return 'dropped'
    }
    flowing += 1
    void emit(batch, flowing > HURRIED_FLOWING ? 'ack' : 'flow')
      .catch((error: unknown) => log('mqtt message lost', { key: batch.key, error }))
      .finally(() => (flowing -= 1))
    return 'taken'
  }

  const tellBad = (device: Device, at: number, reason: Reason, emit: Emit): Promise<void> => {
    const { points } = device.profile
    const readings = Object.entries(points)
      .filter(([, { mqtt, lorawan, linear }]) => mqtt ?? lorawan ?? linear)
      .map(([point]) => badReading(device.id, point, at, reason))
    return emit({ source: name, receivedAt: at, readings }, 'flow')
  }

  return {
    receive,
    stranger: (stranger, via, at) => book.stranger(stranger, via, at),
    watch: (emit, signal) => silence.run((device, at, why) => tellBad(device, at, why, emit), signal),
    devices: () =>
      silence.health().map((device) => {
        const refused = book.of(device.device)
        return refused ? { ...device, refused } : device
      }),
    strangers: () => book.strangers(),
  }
}
