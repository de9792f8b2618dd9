import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { lockFolder } from '#gateway/store/lock.ts'
import { Queries } from '#gateway/store/queries.ts'
import { verifyFolder } from '#gateway/store/verify.ts'
import { startGatewayProcess } from '../fakes/gateway-process.ts'
import { lifeFolder, runLife } from '../fakes/life-run.ts'
import { acknowledged, type Sensor, storedSequences } from '../fakes/sensors.ts'
import { clientOf, smallEstate } from '../fakes/small-estate.ts'
import { LIFE_POINTS, LIFE_STARTS, lifeStore, readingsOfBatch, timeOfBatch } from '../fakes/store-life.ts'
import { tamperWith, underStrace, withoutStrace } from '../fakes/strace.ts'
import { until } from '../fakes/until.ts'

const skip = withoutStrace()
const GROUPS = 40

t.test('F04 after a failed fsync nothing is gone on with: the files are opened again', { skip }, async (t) => {
  for (const place of [1, 4, 9, 14, 22, 33, 48, 60, 75, 90]) {
    const folder = lifeFolder(t)
    const { said, calls, status } = life(folder, `fsync,fdatasync:error=EIO:when=${place}`)
    const from = calls.findIndex((call) => call.includes('(INJECTED'))
    if (from < 0) t.fail(`no fsync ${place}`)
    const hasReopened = calls.slice(from).some((call) => /openat\(.*\.db-wal"/.test(call))
    const failures = said.filter((line) => line.startsWith('failed'))
    if (failures.length > 0) {
      t.match(failures[0], /disk I\/O error/)
      t.ok(hasReopened, `fsync ${place}: closed and opened again`)
    }
    t.equal(status === 0 || said.every((line) => !line.startsWith('acknowledged')), true, 'it goes on, or never began')
    assertNothingLost(t, folder, said)
  }
})

t.test('F04 while fsync fails nothing is acknowledged', { skip }, async (t) => {
  for (const place of [20, 55]) {
    const folder = lifeFolder(t)
    const { said } = life(folder, `fsync,fdatasync:error=EIO:when=${place}+`)
    const failed = said.findIndex((line) => line.startsWith('failed'))
    t.ok(failed > 0, 'some was acknowledged before')
    t.strictSame(
      said.slice(failed).filter((line) => line.startsWith('acknowledged')),
      [],
    )
    assertNothingLost(t, folder, said)
  }
})

const SPOILT = [
  { name: 'F04 fsync fails', inject: 'fsync,fdatasync:error=EIO', says: /disk I\/O error/ },
  {
    name: 'F06 the disk becomes read-only',
    inject: 'pwrite64,ftruncate:error=EROFS',
    says: /disk I\/O error|readonly/,
  },
]
t.test(
  'F04 F06 fsync fails, the disk becomes read-only: degraded, screens answer, no crash loop, and it heals',
  { skip, timeout: 120_000 },
  (t) => Promise.all(SPOILT.map((spoilt) => spoil(t, spoilt))).then(() => {}),
)

async function spoil(t: Test, { name, inject, says }: (typeof SPOILT)[number]): Promise<void> {
  const { data, runArguments, pump, sensors } = await smallEstate(t)
  const gateway = await startGatewayProcess(runArguments)
  t.teardown(() => gateway.child.kill('SIGKILL'))
  const ask = await clientOf(gateway, data)
  const status = async () => (await ask('/api/v1/health')).body
  for (const sensor of sensors) sensor.connect()
  await until('all is well', async () => (await status())['status'] === 'ok' && acknowledged(sensors) > 50, 15_000)

  const tampered = await tamperWith(gateway.pid, { inject })
  await until('it is said', async () => (await status())['trouble'], 10_000)
  const before = acknowledged(sensors)
  const said = gateway.output().length
  for (const sensor of sensors) sensor.disconnect()
  for (const sensor of sensors) sensor.connect()
  const end = performance.now() + 4_000
  await until('screens answer all the time', async () => {
    for (const path of ['/', '/api/v1/alarms', '/api/v1/devices', '/api/v1/points/P1/outlet_pressure/series']) {
      const answer = await ask(path)
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    }
    return performance.now() > end
  })
  const health = await status()
  t.equal(health['status'], 'degraded', name)
  t.match(health['trouble'], says)
  t.ok(tampered.injected() > 0)
  t.equal(acknowledged(sensors), before, `${name}: nothing is acknowledged meanwhile`)
  const refused = await ask('/api/v1/alarms/none/ack', { method: 'POST', body: { by: 'C1' }, withinMs: 35_000 })
  t.equal(refused.status, 503, 'a command is refused with words')
  t.match(refused.body, { code: 'store_failed' })
  t.ok(gateway.output().slice(said).split('\n').length < 200, 'it does not try all the time')
  await tampered.end()

  for (const sensor of sensors) sensor.disconnect()
  await until('it is well again', async () => (await status())['status'] === 'ok', 60_000)
  for (const sensor of sensors) sensor.connect()
  await until('acknowledged again', () => acknowledged(sensors) > before + 20, 15_000)
  for (const sensor of sensors) sensor.disconnect()
  t.ok(pump.unit(1).asked.length > 5, 'polled')
  t.strictSame(await gateway.end('SIGTERM'), { code: 0, signal: null }, 'the same process all the time')
  assertStored(t, data, sensors)
}

t.test('F06 a folder that cannot be written to is not taken for one in use', { skip }, async (t) => {
  const folder = lifeFolder(t)
  lockFolder(folder, 1).release()
  const script = `import { lockFolder } from '#gateway/store/lock.ts'
    try { lockFolder(${JSON.stringify(folder)}, 2) } catch (error) { console.log(error.code, JSON.stringify(error.params)) }`
  const command = [process.execPath, '--input-type=module-typescript', '-e', script]
  const [strace, ...args] = underStrace(
    command,
    { inject: 'pwrite64,openat:error=EROFS', files: [join(folder, 'lock.db'), join(folder, 'gateway.pid')] },
    `${folder}.calls`,
  )
  t.teardown(() => rmSync(`${folder}.calls`, { force: true }))
  const { stdout } = spawnSync(strace!, args, { encoding: 'utf8', env: bare() })
  t.match(stdout, /^store_failed \{"detail":".*(unable to open|readonly|I\/O|EROFS)/)
})

function bare(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...env } = process.env
  return env
}

function life(folder: string, inject: string): ReturnType<typeof runLife> {
  const files = ['readings.db', 'journal.db'].flatMap((file) => [join(folder, file), join(folder, `${file}-wal`)])
  return runLife(folder, { inject, trace: 'fsync,fdatasync,openat', files, groups: GROUPS, inThread: true })
}

function assertNothingLost(t: Test, folder: string, said: readonly string[]): void {
  const acknowledged = said.filter((line) => line.startsWith('acknowledged')).length
  // Where the first opening failed there may be no file yet.
  if (acknowledged === 0) return
  const core = lifeStore(folder)
  t.ok(core.load('p').events.length >= acknowledged, `${acknowledged} groups acknowledged`)
  core.close()
  t.strictSame(verifyFolder(folder).problems, [])
  const queries = new Queries(folder)
  const newest = 2 * acknowledged
  for (const [index, { device, point }] of LIFE_POINTS.entries()) {
    const found = queries.readingsOf(device, point, LIFE_STARTS, timeOfBatch(newest) + 1)
    const wanted = Array.from({ length: newest }, (_, i) => readingsOfBatch(i + 1)[index]!.value)
    if (JSON.stringify(found.map(({ value }) => value)) !== JSON.stringify(wanted)) t.fail(`${device}.${point} differs`)
  }
  queries.close()
}

function assertStored(t: Test, data: string, sensors: readonly Sensor[]): void {
  const stored = storedSequences(data)
  for (const { id, acknowledged: seqs } of sensors) {
    const counts = stored.get(id) ?? new Map<number, number>()
    t.strictSame(
      [...seqs].filter((seq) => counts.get(seq) !== 1),
      [],
      `${id}: ${seqs.size} are there, each once`,
    )
  }
  t.strictSame(verifyFolder(data).problems, [])
}
