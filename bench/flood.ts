import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { freePorts, GATEWAY_READY, newFolder, secretsOf, startCaretaker, writeSite } from './estate.ts'
import { type Figure, percentile } from './figure.ts'
import { startLoad } from './mqtt/load.ts'
import { binSite } from './mqtt/own-road.ts'
import { residentMb } from './start.ts'

const FLOOD_PER_SECOND = 5_000
const FLOODER = 'K0'
const OTHERS = Array.from({ length: 20 }, (_, i) => `K${i + 1}`)
const EVERY_MS = 250

/**
 * One device floods a gateway as a site runs it: how long the others wait for their acknowledgement, and what it costs
 * in memory. Peer: the same gateway in the seconds before. `seconds` of quiet, twice as many of the flood.
 */
export async function benchFlood(seconds: number): Promise<Figure[]> {
  const { folder, remove } = newFolder()
  const [port = 0] = await freePorts(1)
  const file = writeSite(folder, binSite([FLOODER, ...OTHERS], port))
  const data = join(folder, 'data')
  const passwordOf = secretsOf(folder)
  const gateway = await startCaretaker(['run', file, '--data', data, '--http', '127.0.0.1:0'], GATEWAY_READY)
  const others: MqttClient[] = []
  try {
    for (const id of OTHERS) {
      const identity = { clientId: id, username: id, password: passwordOf(id) }
      const how = { ...identity, protocolVersion: 4, reconnectPeriod: 0 } as const
      others.push(await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, how))
    }
    await waitsOf(others, gateway.pid, 1_000)
    const quiet = await waitsOf(others, gateway.pid, seconds * 1_000)
    const bins = [{ id: FLOODER, password: passwordOf(FLOODER) }]
    const load = await startLoad({ port, bins, qos: 0, perSecond: FLOOD_PER_SECOND })
    const from = performance.now()
    const flooded = await waitsOf(others, gateway.pid, seconds * 2_000)
    const { published } = await load.said()
    const perSecond = (published / (performance.now() - from)) * 1_000
    await load.stop()
    return [
      {
        name: `MQTT, one sends ${Math.round(perSecond).toLocaleString('en')}/s: publish → acknowledged of ${OTHERS.length} others, p99`,
        value: percentile(flooded.ms, 0.99),
        unit: 'ms',
        goal: '≤ 500 ms',
        peer: `the same in quiet: ${percentile(quiet.ms, 0.99).toFixed(1)} ms`,
        ratio: percentile(flooded.ms, 0.99) / percentile(quiet.ms, 0.99),
      },
      { name: '… memory it takes', value: flooded.mostMb - quiet.mostMb, unit: 'MB', goal: '≤ 50 MB' },
    ]
  } finally {
    for (const client of others) client.end(true)
    await gateway.stop()
    remove()
  }
}

let seq = 0

/** Each client publishes in its own time; every message is waited for. */
async function waitsOf(clients: readonly MqttClient[], pid: number, forMs: number) {
  const ms: number[] = []
  const until = performance.now() + forMs
  let mostMb = residentMb(pid)
  const watching = setInterval(() => (mostMb = Math.max(mostMb, residentMb(pid))), 100)
  await Promise.all(
    clients.map(async (client, i) => {
      await sleep(((i + 1) / clients.length) * EVERY_MS)
      while (performance.now() < until) {
        const saidAt = performance.now()
        const payload = JSON.stringify({ seq: ++seq, fill: 20 + (seq % 40), battery: 92 })
        await client.publishAsync(`bins/${OTHERS[i]}/state`, payload, { qos: 1 })
        ms.push(performance.now() - saidAt)
        await sleep(Math.max(0, saidAt + EVERY_MS - performance.now()))
      }
    }),
  )
  clearInterval(watching)
  return { ms, mostMb }
}
