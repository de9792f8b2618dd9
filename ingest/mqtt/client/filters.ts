import type { NetworkServer } from '../../lorawan/network-server.ts'
import type { Network } from '../network.ts'
import type { Member } from '../speaker.ts'
import { covers } from '../topic-filter.ts'

const UPLINKS: Readonly<Record<NetworkServer, string>> = {
  'chirpstack-v4': 'application/+/device/+/event/up',
  'ttn-v3': 'v3/+/devices/+/up',
}

/**
 * What to subscribe to: the topics of the devices, and those by which a network names devices of its own. None lies within
 * another: a broker may send a message once for each that it fits [MQTT 3.1.1 §3.3.5].
 */
export function filtersOf(networks: readonly Network[], members: readonly Member[]): readonly string[] {
  const all = [
    ...networks.flatMap((network) => {
      if (network === 'plain') return []
      // One level: what the bridge says of itself lies deeper, and is long.
      return network === 'zigbee2mqtt' ? ['zigbee2mqtt/+'] : [UPLINKS[network]]
    }),
    ...members.flatMap(({ topics }) =>
      topics ? [...topics.states.keys(), ...(topics.availability ? [topics.availability.topic] : [])] : [],
    ),
  ]
  return [...new Set(all)].filter((filter) => !all.some((other) => other !== filter && covers(other, filter)))
}
