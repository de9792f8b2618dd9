import { withoutMosquitto } from '#test/fakes/mosquitto.ts'
import type { Figure } from './figure.ts'
import { fetchNodeRed, type NodeRed, nodeRedRoad } from './mqtt/node-red-road.ts'
import { ownRoad } from './mqtt/own-road.ts'
import { BINS, type Rate, rateOf } from './mqtt/road.ts'
import { subscriberRoad } from './mqtt/subscriber-road.ts'

/**
 * Messages of fifty bin sensors that became durable, through the embedded broker. Peer: mosquitto and an mqtt.js client
 * that keeps nothing; publishers are the same for both. `seconds` for each of four measurements.
 */
export async function benchMqtt(seconds: number): Promise<Figure[]> {
  const missing = withoutMosquitto()
  const peerOf = async (qos: 0 | 1): Promise<Rate | null> =>
    missing === false ? rateOf(await subscriberRoad(qos), qos, seconds) : null
  const peerName = 'mosquitto → mqtt.js, nothing stored'
  const against = (own: number, peer: Rate | null) =>
    peer === null
      ? { peer: `${peerName}: skipped, ${String(missing)}` }
      : { peer: `${peerName}: ${shown(peer.storedPerSecond)}`, ratio: own / peer.storedPerSecond }

  const acknowledged = await rateOf(await ownRoad(), 1, seconds)
  const acknowledgedPeer = await peerOf(1)
  const flowing = await rateOf(await ownRoad(), 0, seconds)
  const flowingPeer = await peerOf(0)
  return [
    {
      name: `MQTT QoS 1, ${BINS.length} connections: judged, synced, then acknowledged`,
      value: Math.round(acknowledged.donePerSecond),
      unit: '/s',
      goal: '≥ 0.5 ×',
      ...against(acknowledged.donePerSecond, acknowledgedPeer),
    },
    {
      name: `MQTT QoS 0, ${BINS.length} connections: judged and synced`,
      value: Math.round(flowing.storedPerSecond),
      unit: '/s',
      goal: '≥ 1.5 ×',
      ...against(flowing.storedPerSecond, flowingPeer),
    },
    { name: '… refused (flood) beside them', value: Math.round(flowing.droppedPerSecond), unit: '/s' },
  ]
}

/**
 * The whole road MQTT → rule → durable, at QoS 1. Peers: Node-RED with the same rule that writes a line for each
 * message, and with a flow batched by hand; neither syncs what it writes. `seconds` for each of three measurements.
 */
export async function benchNodeRed(seconds: number): Promise<Figure[]> {
  const own = (await rateOf(await ownRoad(), 1, seconds)).storedPerSecond
  const ours = { value: Math.round(own), unit: '/s' }
  const name = 'MQTT → rule → durable, against Node-RED'
  const [each, batched] = ['a line for each message', 'batched by hand']
  const missing = withoutMosquitto()
  const fetched = missing === false ? await fetchNodeRed() : { missing }
  if ('missing' in fetched)
    return [
      { name: `${name}: ${each}`, ...ours, goal: '≥ 10 ×', peer: `skipped, ${fetched.missing}` },
      { name: `${name}: ${batched}`, ...ours, goal: '≥ 2 ×', peer: `skipped, ${fetched.missing}` },
    ]
  try {
    const eachPerSecond = await nodeRedRate(fetched, 'each', seconds)
    const batchedPerSecond = await nodeRedRate(fetched, 'batched', seconds)
    return [
      { name: `${name}: ${each}`, ...ours, goal: '≥ 10 ×', ...notSynced(own, eachPerSecond) },
      { name: `${name}: ${batched}`, ...ours, goal: '≥ 2 ×', ...notSynced(own, batchedPerSecond) },
    ]
  } finally {
    fetched.remove()
  }
}

async function nodeRedRate(nodeRed: NodeRed, flow: 'each' | 'batched', seconds: number): Promise<number> {
  return (await rateOf(await nodeRedRoad(nodeRed, flow), 1, seconds)).storedPerSecond
}

function notSynced(own: number, peer: number): Pick<Figure, 'peer' | 'ratio'> {
  return { peer: `Node-RED, never synced: ${shown(peer)}`, ratio: own / peer }
}

function shown(perSecond: number): string {
  return `${Math.round(perSecond).toLocaleString('en')}/s`
}
