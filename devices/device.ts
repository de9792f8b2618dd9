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
}>

/** A Modbus TCP connection: one socket, one request in flight, possibly several units. */
export type Connection = Readonly<{ id: string; protocol: 'modbus-tcp'; host: string; port: number; timeoutMs: number }>

/** The topic a device's profile resolves to; null when it does not speak MQTT. */
export function topicOf(device: Pick<Device, 'id' | 'profile'>): string | null {
  return device.profile.mqtt ? device.profile.mqtt.topic.replaceAll('{id}', device.id) : null
}
