import { topicsOf } from './payload-source.ts'
import type { Profile } from './profile.ts'

/** A thing that speaks a protocol, as the site file names it. Where it is reached stands in `connection`. */
export type Device = Readonly<{
  id: string
  profile: Profile
  /** The asset it watches. */
  asset: string
  /** Modbus: the site's connection and the unit id on it. */
  connection?: string
  unitId?: number
  /** MQTT, LoRaWAN: the bridge that publishes for it; without one it signs in itself. */
  bridge?: string
  /** LoRaWAN: 16 hex digits, small letters. */
  devEui?: string
  /** What stands for {id} in the topics of its profile, where that is not its id. */
  topicName?: string
  /** OPC UA: what stands for {id} in the node ids of its profile, where that is not its id. */
  nodeName?: string
  /** Of its profile's parameters, those that it has of its own. */
  parameters?: Readonly<Record<string, number>>
  /** The text of its profile's codec. */
  codec?: string
}>

/** A Modbus TCP connection: one socket, one request in flight, possibly several units. */
export type Connection = Readonly<{ id: string; protocol: 'modbus-tcp'; host: string; port: number; timeoutMs: number }>

type Publisher = Pick<Device, 'id' | 'profile' | 'topicName'>

/** What a profile's topic resolves to for one device. */
export function resolvedTopic(topic: string, { id, topicName }: Publisher): string {
  return topic.replaceAll('{id}', topicName ?? id)
}

/** The main topic of a device; null when it does not speak MQTT. */
export function topicOf(device: Publisher): string | null {
  const { mqtt } = device.profile
  return mqtt ? resolvedTopic(topicsOf(mqtt).get('')!.topic, device) : null
}

/** The node of a point for one device; null when the point is not told over OPC UA. */
export function nodeIdOf({ id, nodeName, profile }: Device, point: string): string | null {
  const written = Object.hasOwn(profile.points, point) ? profile.points[point]?.opcua : undefined
  return written ? written.node_id.replaceAll('{id}', nodeName ?? id) : null
}
