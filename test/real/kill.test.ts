import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { deviceSecrets } from '#gateway/credentials.ts'
import { systemRandom } from '#gateway/random.ts'
import { verifyFolder } from '#gateway/store/verify.ts'
import { caretaker, startGatewayProcess } from '../fakes/gateway-process.ts'
import { acknowledged, sensor, storedSequences } from '../fakes/sensors.ts'
import { until } from '../fakes/until.ts'

/** `npm run soak kill-process` runs a hundred: a start costs two seconds of processor time. */
const KILLS = Number(process.env['CARETAKER_KILLS'] ?? 10)
const SENSORS = Array.from({ length: 20 }, (_, i) => `K${i + 1}`)

const timeout = KILLS * 20_000 + 60_000
t.test(`F01 ${KILLS} kills under load lose nothing acknowledged and double nothing`, { timeout }, async (t) => {
  const site = await siteFolder(t)
  const devices = SENSORS.map((id) => sensor(id, site))
  for (let kill = 0; kill < KILLS; kill++) {
    const gateway = await startGatewayProcess(site.runArguments)
    const before = acknowledged(devices)
    for (const device of devices) device.connect()
    // Each life ends somewhere else: after so many acknowledgements, in the midst of the next ones.
    const wanted = 5 + ((kill * 37) % 200)
    await until('enough is acknowledged', () => acknowledged(devices) - before >= wanted, 60_000)
    await gateway.end('SIGKILL')
    for (const device of devices) device.disconnect()
  }
  const last = await startGatewayProcess(site.runArguments)
  for (const device of devices) device.connect()
  await until('a last round', () => devices.every((device) => device.acknowledged.size > 0), 20_000)
  for (const device of devices) device.disconnect()
  t.strictSame(await last.end('SIGTERM'), { code: 0, signal: null })

  const stored = storedSequences(site.data)
  for (const { id, acknowledged: seqs } of devices) {
    const counts = stored.get(id) ?? new Map<number, number>()
    const lost = [...seqs].filter((seq) => !counts.has(seq))
    const doubled = [...counts].filter(([, count]) => count > 1).map(([seq]) => seq)
    t.strictSame(lost, [], `${id}: nothing of ${seqs.size} acknowledged messages is lost`)
    t.strictSame(doubled, [], `${id}: nothing is stored twice`)
  }
  const verdict = verifyFolder(site.data)
  t.strictSame(verdict.problems, [])
  t.ok(overflowsAreWhole(site.data), 'each alarm has its order, in the same transaction')
})

t.test('F15 SIGTERM in a burst: drained within 10 s, exit 0, nothing lost', async (t) => {
  const site = await siteFolder(t)
  const gateway = await startGatewayProcess(site.runArguments)
  const devices = SENSORS.map((id) => sensor(id, site))
  for (const device of devices) device.connect()
  await until('the burst is on', () => acknowledged(devices) > 500, 20_000)
  const start = performance.now()
  t.strictSame(await gateway.end('SIGTERM'), { code: 0, signal: null })
  t.ok(performance.now() - start < 10_000, 'within 10 s')
  for (const device of devices) device.disconnect()
  const stored = storedSequences(site.data)
  for (const { id, acknowledged: seqs } of devices) {
    t.strictSame(
      [...seqs].filter((seq) => !stored.get(id)?.has(seq)),
      [],
      `${id}: all ${seqs.size} are there`,
    )
  }
  t.ok(verifyFolder(site.data).ok)
})

t.test('a second instance on the same folder is refused with words; kill -9 frees the folder', async (t) => {
  const site = await siteFolder(t)
  const gateway = await startGatewayProcess(site.runArguments)
  const second = await caretaker(site.runArguments)
  t.equal(second.code, 1)
  t.match(second.error, new RegExp(`process ${gateway.pid}\\) is running on the data folder`))
  const token = await caretaker(['token', 'create', '--role', 'engineer', '--data', site.data])
  t.equal(token.code, 0, 'a token is made beside the running gateway')
  const bearer = token.out.trim().split('\n').at(-1)!
  const alarms = await fetch(`${gateway.url}/api/v1/alarms`, { headers: { authorization: `Bearer ${bearer}` } })
  t.equal(alarms.status, 200)
  await gateway.end('SIGKILL')
  const third = await startGatewayProcess(site.runArguments)
  t.strictSame(await third.end('SIGTERM'), { code: 0, signal: null })
  const verified = await caretaker(['verify', '--data', site.data])
  t.equal(verified.code, 0)
  t.match(verified.out, /all well/)
})

type SiteFolder = Readonly<{
  data: string
  mqttPort: number
  runArguments: readonly string[]
  secretOf(device: string): string
}>

async function siteFolder(t: Pick<Test, 'teardown'>): Promise<SiteFolder> {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-kill-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const mqttPort = await freePort()
  const file = join(folder, 'site.yaml')
  writeFileSync(
    file,
    [
      'site: { id: kill, name: Kill, timezone: Asia/Shanghai }',
      `mqtt: { listen: '127.0.0.1:${mqttPort}' }`,
      'assets:',
      ...SENSORS.map((id) => `  - { id: ${id}, kind: waste-bin }`),
      'devices:',
      ...SENSORS.map((id) => `  - { id: ${id}, profile: bin-fill-sensor }`),
      'staff: [{ id: C1, role: cleaner, regions: [site], skills: [cleaning], duty: ["00:00-24:00"] }]',
      'fallback: C1',
    ].join('\n'),
  )
  const data = join(folder, 'data')
  mkdirSync(data)
  return {
    data,
    mqttPort,
    runArguments: ['run', file, '--data', data, '--http', '127.0.0.1:0'],
    secretOf: deviceSecrets(data, systemRandom()),
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

function overflowsAreWhole(folder: string): boolean {
  const db = new DatabaseSync(join(folder, 'journal.db'), { readOnly: true })
  const alarms = db
    .prepare("select count(*) as n from alarms where json_extract(doc, '$.order') is not null")
    .get() as { n: number }
  const all = db.prepare('select count(*) as n from alarms').get() as { n: number }
  db.close()
  return all.n > 0 && alarms.n === all.n
}
