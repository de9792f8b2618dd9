import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deviceSecrets } from '#gateway/credentials.ts'
import { systemRandom } from '#gateway/random.ts'
import { caretaker, type GatewayProcess } from './gateway-process.ts'
import { FakeModbus } from './modbus-unit.ts'
import { type Sensor, sensor } from './sensors.ts'

const BINS = ['K1', 'K2', 'K3', 'K4']

export type SmallEstate = Readonly<{
  data: string
  runArguments: readonly string[]
  /** A pump set at the far end of the wire, read every second. */
  pump: FakeModbus
  sensors: readonly Sensor[]
}>

/** One pump set and four bins for a gateway in a process of its own; `more` are lines of its site file. */
export async function smallEstate(
  t: { teardown(run: () => unknown): void },
  more: readonly string[] = [],
): Promise<SmallEstate> {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-faults-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const pump = await FakeModbus.start()
  t.teardown(() => pump.stop())
  const { holding } = pump.unit(1)
  for (const [address, word] of [500, 200, 250, 0, 0, 0, 0, 0, 5].entries()) holding.set(address, word)
  const mqttPort = await freePort()
  const file = join(folder, 'site.yaml')
  writeFileSync(
    file,
    [
      'site: { id: small, name: Small, timezone: Asia/Shanghai }',
      `mqtt: { listen: '127.0.0.1:${mqttPort}' }`,
      'connections:',
      `  plc: { protocol: modbus-tcp, host: 127.0.0.1, port: ${pump.port}, timeout: 1s }`,
      'assets:',
      '  - { id: P1, kind: pump-set }',
      ...BINS.map((id) => `  - { id: ${id}, kind: waste-bin }`),
      'devices:',
      '  - { id: P1, profile: booster-pump-set, connection: plc, unit_id: 1 }',
      ...BINS.map((id) => `  - { id: ${id}, profile: bin-fill-sensor }`),
      'staff: [{ id: C1, role: cleaner, regions: [site], skills: [cleaning], duty: ["00:00-24:00"] }]',
      'fallback: C1',
      ...more,
    ].join('\n'),
  )
  const data = join(folder, 'data')
  mkdirSync(data)
  const secretOf = deviceSecrets(data, systemRandom())
  return {
    data,
    runArguments: ['run', file, '--data', data, '--http', '127.0.0.1:0'],
    pump,
    sensors: BINS.map((id) => sensor(id, { mqttPort, secretOf })),
  }
}

type Answer = Readonly<{ status: number; body: Record<string, unknown> }>

/** A client of a running gateway, as `role`. An answer that does not come within `withinMs` is an error. */
export async function clientOf(
  gateway: GatewayProcess,
  data: string,
  role = 'admin',
): Promise<(path: string, options?: { method?: string; body?: object; withinMs?: number }) => Promise<Answer>> {
  const made = await caretaker(['token', 'create', '--role', role, '--data', data])
  if (made.code !== 0) throw new Error(made.error)
  const token = made.out.trim().split('\n').at(-1)!
  let commands = 0
  return async (path, { method = 'GET', body, withinMs = 5_000 } = {}) => {
    const response = await fetch(gateway.url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body ? { 'content-type': 'application/json', 'idempotency-key': `test-command-${++commands}` } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(withinMs),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    return { status: response.status, body: isJson ? (JSON.parse(text) as Record<string, unknown>) : { text } }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
