import { readFileSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { startGateway } from '#gateway/gateway.ts'
import { systemRandom } from '#gateway/random.ts'
import { defaultAnswers } from '#gateway/site/interview.ts'
import { loadSite } from '#gateway/site/load.ts'
import { starterFiles } from '#gateway/site/starter.ts'
import { vitalsOf } from '#gateway/vitals.ts'

const SIZE = { batches: 3, events: 2, readingsBytes: 4_096, journalBytes: 8_192, walBytes: 1_024 }
const still = { now: () => 1_000, wallOffsetMs: () => -5, speed: 60 }

t.test('the gateway tells what it remembers, what room is left, which time it goes by, and what it is', async (t) => {
  const folder = t.testdir({ 'site.yaml': starterFiles(defaultAnswers('yard', 'Asia/Shanghai'))['site.yaml']! })
  const { site } = loadSite('site.yaml', { env: {}, cwd: folder })
  const data = join(folder, 'data')
  const gateway = await startGateway({
    site: site!,
    folder: data,
    http: { host: '127.0.0.1', port: 0 },
    speed: 1,
    version: '9.8.7',
    pid: process.pid,
    random: systemRandom(),
    log: pino({ level: 'silent' }),
  })
  t.teardown(() => gateway.stop())
  const { token } = await gateway.createToken('engineer')
  const url = `http://127.0.0.1:${gateway.http.port}`
  const headers = { authorization: `Bearer ${token}` }

  const open = (await (await fetch(`${url}/api/v1/health`)).json()) as object
  t.strictSame(Object.keys(open).toSorted(), ['site', 'status', 'time', 'version'], 'strangers learn no more')

  const health = (await (await fetch(`${url}/api/v1/health`, { headers })).json()) as Record<string, never>
  const { bavail, blocks, bsize } = await statfs(data)
  const { store, disk, clock, versions, uptimeMs } = health as unknown as {
    store: typeof SIZE
    disk: { freeBytes: number; totalBytes: number }
    clock: { now: string; wallOffsetMs: number; speed: number }
    versions: Record<string, string>
    uptimeMs: number
  }
  t.ok(store.batches <= 1, 'what the gateway says of itself')
  t.ok(store.events >= 2, 'gateway.started, site.loaded, token.created')
  for (const [bytes, file] of [
    [store.readingsBytes, 'readings.db'],
    [store.journalBytes, 'journal.db'],
  ] as const) {
    t.ok(bytes > 0 && bytes % 4_096 === 0, `${file}: ${bytes}`)
    t.ok(bytes >= statSync(join(data, file)).size, file)
  }
  t.equal(disk.totalBytes, blocks * bsize)
  t.ok(Math.abs(disk.freeBytes - bavail * bsize) < 0.05 * disk.totalBytes, 'others use the disk too')
  t.match(clock, { now: /^20\d\d-.*\+08:00$/, wallOffsetMs: Number, speed: 1 })
  const pinned = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version
  t.not(pinned, '9.8.7')
  t.strictSame(versions, { caretaker: '9.8.7', node: process.versions.node, sqlite: process.versions['sqlite'] })
  t.ok(uptimeMs > 0 && uptimeMs < 60_000, `${uptimeMs} ms`)

  const text = await (await fetch(`${url}/metrics`, { headers })).text()
  for (const line of [
    /^caretaker_store_entries\{log="readings"\} [01]$/m,
    /^caretaker_store_entries\{log="journal"\} [1-9]\d*$/m,
    /^caretaker_store_bytes\{log="journal"\} [1-9]\d*$/m,
    /^caretaker_disk_free_bytes [1-9][\d.e+]*$/m,
    new RegExp(`^caretaker_disk_total_bytes ${blocks * bsize}$`, 'm'),
    /^caretaker_site_time_seconds \d{10}(\.\d+)?$/m,
    /^caretaker_wall_offset_seconds -?\d/m,
    /^caretaker_site_speed 1$/m,
    /^caretaker_uptime_seconds \d/m,
    /^caretaker_build_info\{version="9\.8\.7",node="24\.[\d.]+",sqlite="3\.[\d.]+"\} 1$/m,
  ])
    t.match(text, line)
})

t.test('where nobody can tell how much room is left, nobody says zero', async (t) => {
  const vitals = vitalsOf({
    folder: join(t.testdir(), 'gone'),
    read: { counts: async () => SIZE },
    clock: still,
    version: '1.2.3',
  })
  t.match(await vitals(), { store: SIZE, disk: null, clock: { now: 1_000, wallOffsetMs: -5, speed: 60 } })
})
