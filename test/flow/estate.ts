import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Test } from 'tap'
import { monotonicNow } from '#gateway/clock.ts'
import { plantSite } from '#gateway/commands/demo.ts'
import { type Gateway, startGateway } from '#gateway/gateway.ts'
import { type PlantProcess, startPlantProcess } from '#gateway/plant-process.ts'
import { systemRandom } from '#gateway/random.ts'
import type { Role } from '#gateway/role.ts'
import { loadSite } from '#gateway/site/load.ts'

/** A whole estate in one test: gateway, plant in a thread of its own, real sockets between them. */
export type Estate = Readonly<{
  gateway: Gateway
  plant: PlantProcess
  folder: string
  /** Reads a resource as an engineer. */
  get<T>(path: string): Promise<T>
  /** A command in somebody's name. */
  post(
    path: string,
    body: object,
    role?: Role,
    key?: string,
  ): Promise<{ status: number; body: Record<string, unknown> }>
  stop(): Promise<void>
}>

export async function startEstate(
  t: Pick<Test, 'teardown'>,
  siteText: string,
  { speed = 1, folder = newFolder(t), profile = '' } = {},
): Promise<Estate> {
  if (profile) {
    mkdirSync(join(folder, 'profiles'), { recursive: true })
    writeFileSync(join(folder, 'profiles', 'own.yaml'), profile)
  }
  const file = join(folder, 'site.yaml')
  writeFileSync(file, siteText)
  const { site, faults } = loadSite(file, { env: {}, cwd: folder })
  if (!site || faults.length > 0) throw new Error(`the test's own site is wrong: ${JSON.stringify(faults)}`)
  let plant!: PlantProcess
  const gateway = await startGateway({
    site,
    folder: join(folder, 'data'),
    http: { host: '127.0.0.1', port: 0 },
    speed,
    version: 'test',
    pid: process.pid,
    random: systemRandom(),
    log: pino({ level: 'silent' }),
    async plant(clock) {
      plant = await startPlantProcess(
        {
          site: plantSite(site),
          siteStart: clock.now(),
          monotonicStart: monotonicNow(),
          speed,
          ports: 'free',
          seed: 7,
        },
        () => {},
      )
      return plant
    },
  })
  const tokens = new Map<Role, string>()
  async function tokenOf(role: Role): Promise<string> {
    if (!tokens.has(role)) tokens.set(role, (await gateway.createToken(role)).token)
    return tokens.get(role)!
  }
  const base = `http://${gateway.http.host}:${gateway.http.port}/api/v1`
  let isStopped = false
  let keys = 0
  const estate: Estate = {
    gateway,
    plant,
    folder,
    async get<T>(path: string) {
      const response = await fetch(base + path, { headers: { authorization: `Bearer ${await tokenOf('engineer')}` } })
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
      return (await response.json()) as T
    },
    async post(path, body, role = 'admin', key = `test-key-${++keys}-${gateway.clock.now()}`) {
      const headers = {
        authorization: `Bearer ${await tokenOf(role)}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      }
      const response = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    },
    async stop() {
      if (isStopped) return
      isStopped = true
      await gateway.stop()
      await plant.stop()
    },
  }
  t.teardown(() => estate.stop())
  return estate
}

export function newFolder(t: Pick<Test, 'teardown'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Connects the plant's MQTT devices to the gateway's broker. */
export function connectBins(estate: Estate, devices: readonly string[]): void {
  const { host, port } = estate.gateway.mqtt()!
  const secrets = Object.fromEntries(devices.map((id) => [id, estate.gateway.secretOf(id)]))
  estate.plant.send({ type: 'mqtt', url: `mqtt://${host}:${port}`, secrets })
}
