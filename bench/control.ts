import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import modbusSerial from 'modbus-serial'
import { plantSite } from '#gateway/commands/demo.ts'
import { loadSite } from '#gateway/site/load.ts'
import { scaledClock } from '#plant/clock.ts'
import { startPlant } from '#plant/plant.ts'
import { seededRandom } from '#plant/random.ts'
import { freePorts, GATEWAY_READY, newFolder, startCaretaker, writeSite } from './estate.ts'
import { type Figure, percentile } from './figure.ts'

const DEVICES = 20
/** Six a minute are allowed on each. */
const WRITES_EACH = 5
const SETPOINT = 10
const HOST = '127.0.0.1'

/**
 * From the request of a client to its answer: decided, durable, conditions read afresh, written, read back, durable. All
 * pumps share one connection, and each is asked for again as soon as it has answered. Peer in the same run: modbus-serial
 * that writes and reads back on a connection of its own, nothing decided and nothing stored.
 */
export async function benchControl(): Promise<Figure[]> {
  const { folder, remove } = newFolder()
  const [port = 0] = await freePorts(1)
  const profile = readFileSync('devices/profiles/pump/booster-pump-set.yaml', 'utf8')
  mkdirSync(join(folder, 'profiles'))
  const busy = profile
    .replace('profile: booster-pump-set', 'profile: busy-pump-set')
    .replace('every: 1s', 'every: 20ms')
  writeFileSync(join(folder, 'profiles', 'busy.yaml'), busy)
  const pumps = Array.from({ length: DEVICES }, (_, i) => `P${i + 1}`)
  const file = writeSite(folder, [
    'site: { id: bench, name: Bench, timezone: UTC }',
    `connections: { plc: { protocol: modbus-tcp, host: ${HOST}, port: ${port}, timeout: 1s } }`,
    'assets:',
    ...pumps.map((id) => `  - { id: ${id}, kind: pump-set }`),
    'devices:',
    ...pumps.map((id, i) => `  - { id: ${id}, profile: busy-pump-set, connection: plc, unit_id: ${i + 1} }`),
    'staff: [{ id: T1, role: technician, regions: [site], skills: [water, electric], duty: ["00:00-24:00"] }]',
    'fallback: T1',
  ])
  const { site } = loadSite(file, { env: {}, cwd: folder })
  const clock = scaledClock({ siteStart: Date.now(), speed: 1 })
  const plant = await startPlant({
    site: plantSite(site!),
    clock,
    random: seededRandom(1),
    ports: 'declared',
    log: () => {},
  })
  const data = join(folder, 'data')
  const create = ['gateway/main.ts', 'token', 'create', '--role', 'engineer', '--data', data]
  const token = execFileSync(process.execPath, create, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
  const gateway = await startCaretaker(['run', file, '--data', data, '--http', '127.0.0.1:0'], GATEWAY_READY)
  let keys = 0
  const post = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${gateway.url}/api/v1/devices/${path}`, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': `bench-key-${++keys}` },
      body: JSON.stringify({ by: 'T1', ...body }),
    })
    return (await answer.json()) as { outcome?: string }
  }

  try {
    await sleep(3_000)
    for (const id of pumps) await post(`${id}/lease`, {})
    const took: number[] = []
    const bare: number[] = []
    const client = new modbusSerial.default()
    await client.connectTCP(HOST, { port })
    for (let round = 0; round < WRITES_EACH; round++) {
      for (const [i, id] of pumps.entries()) {
        const value = 0.5 + ((round + i) % 40) / 100
        const from = performance.now()
        const { outcome } = await post(`${id}/write`, { point: 'pressure_setpoint', value, reason: 'bench' })
        took.push(performance.now() - from)
        if (outcome !== 'verified') throw new Error(`a write on ${id} came to ${outcome}`)
        client.setID(i + 1)
        const bareFrom = performance.now()
        await client.writeRegister(SETPOINT, 600)
        await client.readHoldingRegisters(SETPOINT, 1)
        bare.push(performance.now() - bareFrom)
      }
    }
    client.destroy(() => {})
    const [ours, theirs] = [percentile(took, 0.95), percentile(bare, 0.95)]
    return [
      {
        name: `verified write under full polling, p95 of ${took.length}`,
        value: ours,
        unit: 'ms',
        goal: '≤ 250 ms',
        peer: `modbus-serial, write and read back alone: ${theirs.toFixed(1)} ms`,
        ratio: ours / theirs,
      },
      { name: '… median', value: percentile(took, 0.5), unit: 'ms' },
    ]
  } finally {
    await gateway.stop()
    await plant.stop()
    remove()
  }
}
