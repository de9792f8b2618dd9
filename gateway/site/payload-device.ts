import { closest } from '#devices/closest.ts'
import { type Device, resolvedTopic } from '#devices/device.ts'
import type { FaultCode, Params } from '#devices/fault.ts'
import { parametersOf } from '#devices/payload.ts'
import { topicsOf } from '#devices/payload-source.ts'
import type { Profile } from '#devices/profile.ts'
import { NETWORK_SERVERS } from '#ingest/lorawan/network-server.ts'
import type { BrokerConnection } from '#ingest/mqtt/client/broker-connection.ts'
import type { Bridge } from '#ingest/mqtt/network.ts'
import type { SiteFile } from './schema.ts'

type Entry = SiteFile['devices'][number]
type Blame = (at: readonly (string | number)[], code: FaultCode, params?: Params) => void
type Known = Readonly<{
  bridges: readonly Bridge[]
  brokers: readonly Pick<BrokerConnection, 'id' | 'networks'>[]
  /** Those of the devices above it. */
  devices: readonly Device[]
  codecs: ReadonlyMap<string, string>
  hasBroker: boolean
}>
type Parts = Pick<Device, 'bridge' | 'devEui' | 'topicName' | 'parameters' | 'codec'>

/** What a device that speaks MQTT or LoRaWAN has besides its profile; what is wrong with it is blamed on its entry. */
export function payloadDevice(entry: Entry, profile: Profile, known: Known, blame: Blame): Parts {
  const { mqtt, lorawan } = profile
  const isMessenger = Boolean(mqtt ?? lorawan)
  if (isMessenger && !known.hasBroker && entry.bridge === undefined) blame(['profile'], 'missing_key', { key: 'mqtt' })
  if (entry.bridge !== undefined) bridgeFaults(entry.bridge, profile, known, blame)
  else if (lorawan) blame([], 'missing_key', { key: 'bridge' })
  if (lorawan && entry.dev_eui === undefined) blame([], 'missing_key', { key: 'dev_eui' })
  if (!lorawan && entry.dev_eui !== undefined) no(blame, 'dev_eui', 'only a LoRaWAN device has one')
  if (!mqtt && entry.topic_name !== undefined) no(blame, 'topic_name', 'only a device that speaks MQTT has one')
  parameterFaults(entry.parameters ?? {}, profile, blame)

  const devEui = entry.dev_eui?.toLowerCase()
  const same = known.devices.find((other) => devEui !== undefined && other.devEui === devEui)
  if (same) no(blame, 'dev_eui', `${same.id} has it already`)
  const parts: Parts = {
    ...(entry.bridge === undefined ? {} : { bridge: entry.bridge }),
    ...(devEui === undefined ? {} : { devEui }),
    ...(entry.topic_name === undefined ? {} : { topicName: entry.topic_name }),
    ...(entry.parameters === undefined ? {} : { parameters: entry.parameters }),
  }
  const topics = topicSet({ id: entry.id, profile, ...parts })
  const rival = known.devices.find((other) => [...topicSet(other)].some((topic) => topics.has(topic)))
  if (rival) no(blame, entry.topic_name === undefined ? 'id' : 'topic_name', `${rival.id} has the same topic`)
  const codec = lorawan?.codec === undefined ? undefined : known.codecs.get(profile.profile)
  // Its absence was said where the profile names it.
  return codec === undefined ? parts : { ...parts, codec }
}

function no(blame: Blame, key: string, detail: string): void {
  blame([key], 'wrong_value', { key, detail })
}

function bridgeFaults(
  id: string,
  profile: Profile,
  { bridges, brokers }: Pick<Known, 'bridges' | 'brokers'>,
  blame: Blame,
): void {
  const all = [...bridges.map((each) => ({ id: each.id, networks: [each.network] })), ...brokers]
  const bridge = all.find((each) => each.id === id)
  if (!bridge) {
    const hint = closest(
      id,
      all.map((each) => each.id),
    )
    return blame(['bridge'], 'unknown_reference', { kind: 'bridge', id, ...(hint ? { hint } : {}) })
  }
  const servers = bridge.networks.filter((network) => NETWORK_SERVERS.some((server) => server === network))
  if (profile.lorawan && servers.length === 0) no(blame, 'bridge', `${id} is no LoRaWAN network server`)
  if (profile.mqtt && servers.length === bridge.networks.length)
    no(blame, 'bridge', `${id} is a LoRaWAN network server`)
  if (profile.modbus) no(blame, 'bridge', 'a Modbus unit has a connection')
}

function parameterFaults(written: Readonly<Record<string, number>>, profile: Profile, blame: Blame): void {
  const known = profile.parameters ?? {}
  for (const [name, value] of Object.entries(written)) {
    if (!Object.hasOwn(known, name)) {
      const hint = closest(name, Object.keys(known))
      blame(['parameters', name], 'unknown_key', { key: name, ...(hint ? { hint } : {}) })
      continue
    }
    const [low, high] = known[name]!.range ?? []
    if ((low !== undefined && value < low) || (high !== undefined && value > high))
      blame(['parameters', name], 'wrong_value', { key: name, detail: `must be ${low} to ${high}` })
  }
  const all = parametersOf(profile, written)
  const ends = (end: number | string) => (typeof end === 'number' ? end : all[end])
  for (const { linear } of Object.values(profile.points))
    if (linear && ends(linear.from[0]!) === ends(linear.from[1]!))
      no(blame, 'parameters', `${linear.from.join(' and ')} must differ`)
}

function topicSet(device: Pick<Device, 'id' | 'profile' | 'topicName'>): ReadonlySet<string> {
  const { mqtt } = device.profile
  if (!mqtt) return new Set()
  const topics = [...topicsOf(mqtt).values()].map(({ topic }) => topic)
  return new Set(
    [...topics, ...(mqtt.availability ? [mqtt.availability.topic] : [])].map((topic) => resolvedTopic(topic, device)),
  )
}
