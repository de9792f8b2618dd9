import { NETWORK_SERVERS } from '../lorawan/network-server.ts'

/** What stands behind a bridge: a LoRaWAN network server, Zigbee2MQTT, or any that publishes its devices' topics. */
export const NETWORKS = [...NETWORK_SERVERS, 'zigbee2mqtt', 'plain'] as const
export type Network = (typeof NETWORKS)[number]

/** One client of the broker that speaks for several devices. */
export type Bridge = Readonly<{ id: string; network: Network }>
