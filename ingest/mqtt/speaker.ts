import type { Device } from '#devices/device.ts'
import type { CodecRoom } from '../lorawan/codec-room.ts'
import { NETWORK_SERVERS, type NetworkServer, uplinkTopic } from '../lorawan/network-server.ts'
import { type UplinkReader, uplinkReader } from '../lorawan/uplink-reader.ts'
import type { FloodGate } from './flood-gate.ts'
import { type DeviceTopics, topicsFor, type TopicReader } from './message.ts'
import { type MessageKeys, messageKeys } from './message-key.ts'
import type { Bridge, Network } from './network.ts'
import { covers, topicFilter } from './topic-filter.ts'

export type Member = Readonly<{
  device: Device
  keys: MessageKeys
  topics: DeviceTopics | null
  uplink: UplinkReader | null
}>

/** What a message is about. `stranger`: a device that the site does not name; `forbidden`: no topic of this speaker. */
export type Route =
  | Readonly<{ kind: 'state'; member: Member; read: TopicReader }>
  | Readonly<{ kind: 'availability'; member: Member }>
  | Readonly<{ kind: 'uplink'; server: NetworkServer; topicName: string }>
  | Readonly<{ kind: 'stranger'; name: string }>
  | Readonly<{ kind: 'unread' | 'forbidden' }>

/** Who signs in at the broker: a device for itself, or a bridge for those that name it. */
export type Speaker = Readonly<{
  id: string
  gate: FloodGate
  /** A client id may be any of its own. */
  routeOf(topic: string): Route
  /** Whether it may subscribe to a filter, or get a message on a topic. */
  mayHear(filter: string): boolean
  /** Of a LoRaWAN network server: the device with this DevEUI, in small letters. */
  memberBy(devEui: string): Member | undefined
}>

export function memberOf(device: Device, codecs: Pick<CodecRoom, 'decode'>): Member {
  return {
    device,
    keys: messageKeys(device.id),
    topics: topicsFor(device),
    uplink: device.profile.lorawan ? uplinkReader(device, codecs) : null,
  }
}

/** A device publishes exactly the topics that its profile resolves to. */
export function deviceSpeaker(member: Member, gate: FloodGate): Speaker {
  const known = routesOf([member])
  const unread = (member.topics?.unread ?? []).map(topicFilter)
  return {
    id: member.device.id,
    gate,
    routeOf: (topic) => known.get(topic) ?? { kind: unread.some((fits) => fits(topic)) ? 'unread' : 'forbidden' },
    mayHear: hearing(member.topics?.heard ?? []),
    memberBy: () => undefined,
  }
}

/** A bridge publishes the topics of its devices, and what its network publishes beside them. */
export function bridgeSpeaker({ id, network }: Bridge, members: readonly Member[], gate: FloodGate): Speaker {
  const known = routesOf(members)
  const unread = members.flatMap(({ topics }) => topics?.unread ?? []).map(topicFilter)
  const byEui = new Map(members.flatMap((member) => (member.device.devEui ? [[member.device.devEui, member]] : [])))
  const others = isServer(network) ? serverRoute(network) : OTHERS[network]
  return {
    id,
    gate,
    routeOf: (topic) => known.get(topic) ?? (unread.some((fits) => fits(topic)) ? { kind: 'unread' } : others(topic)),
    // Its own tree, as of a broker that were its alone.
    mayHear: hearing([
      ...TREES[network],
      ...members.flatMap(({ topics }) => [...(topics?.heard ?? []), ...(topics?.states.keys() ?? [])]),
    ]),
    memberBy: (devEui) => byEui.get(devEui),
  }
}

/** Who only listens. It may say that it is there, which nobody reads. */
export function readerSpeaker(
  id: string,
  { filters, ownTopics }: Readonly<{ filters: readonly string[]; ownTopics: readonly string[] }>,
  gate: FloodGate,
): Speaker {
  return {
    id,
    gate,
    routeOf: (topic) => ({ kind: ownTopics.includes(topic) ? 'unread' : 'forbidden' }),
    mayHear: hearing(filters),
    memberBy: () => undefined,
  }
}

/** Another's broker: the topics of the devices that name it, and what its networks publish beside them. */
export function brokerSpeaker(
  { id, networks }: Readonly<{ id: string; networks: readonly Network[] }>,
  members: readonly Member[],
): Speaker {
  const each = networks.map((network) => bridgeSpeaker({ id, network }, members, OPEN_GATE))
  const [first = bridgeSpeaker({ id, network: 'plain' }, members, OPEN_GATE)] = each
  return {
    ...first,
    routeOf: (topic) => {
      const routes = each.map((speaker) => speaker.routeOf(topic))
      // It subscribes to nothing else: what a session of an earlier configuration still brings is not read.
      return routes.find(({ kind }) => kind !== 'forbidden') ?? { kind: 'unread' }
    },
    mayHear: () => false,
  }
}

/** Who is read by us, and not the other way round, is slowed down by our acknowledgements alone. */
const OPEN_GATE: FloodGate = { take: () => 0, isClosed: () => false }

const TREES: Readonly<Record<Network, readonly string[]>> = {
  'chirpstack-v4': ['application/#'],
  'ttn-v3': ['v3/#'],
  zigbee2mqtt: ['zigbee2mqtt/#'],
  plain: [],
}

function hearing(filters: readonly string[]): (asked: string) => boolean {
  return (asked) => filters.some((filter) => covers(filter, asked))
}

function routesOf(members: readonly Member[]): ReadonlyMap<string, Route> {
  return new Map(
    members.flatMap((member): [string, Route][] => {
      if (!member.topics) return []
      const { states, availability } = member.topics
      const routes = Array.from(states, ([topic, read]): [string, Route] => [topic, { kind: 'state', member, read }])
      return availability ? [...routes, [availability.topic, { kind: 'availability', member }]] : routes
    }),
  )
}

function isServer(network: Network): network is NetworkServer {
  return NETWORK_SERVERS.some((server) => server === network)
}

function serverRoute(server: NetworkServer): (topic: string) => Route {
  return (topic) => {
    const about = uplinkTopic(server, topic)
    if (about === null) return { kind: 'forbidden' }
    return about === 'other' ? { kind: 'unread' } : { kind: 'uplink', server, topicName: about.device }
  }
}

const OTHERS: Readonly<Record<Exclude<Network, NetworkServer>, (topic: string) => Route>> = {
  // https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html
  zigbee2mqtt(topic) {
    if (topic.startsWith('zigbee2mqtt/bridge/')) return { kind: 'unread' }
    const [, name] = /^zigbee2mqtt\/(.+?)(?:\/availability)?$/.exec(topic) ?? []
    return name === undefined ? { kind: 'forbidden' } : { kind: 'stranger', name }
  },
  plain: (topic) => (topic.startsWith('$') ? { kind: 'forbidden' } : { kind: 'stranger', name: topic }),
}
