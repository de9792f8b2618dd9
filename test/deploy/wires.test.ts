import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, globSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { parse } from 'yaml'
import { type Profile, readProfile } from '#devices/profile.ts'
import type { Value } from '#devices/reading.ts'
import { startGateway } from '#gateway/gateway.ts'
import { type LinePoint, lineWriter } from '#gateway/historian/batch-lines.ts'
import { influx1 } from '#gateway/historian/influx1.ts'
import { systemRandom } from '#gateway/random.ts'
import { loadSite } from '#gateway/site/load.ts'
import { startInfluxd, withoutInfluxd } from '#test/fakes/influxd.ts'
import { until } from '#test/fakes/until.ts'

type Target = { query: string; datasource: { uid: string } }
type Panel = { id: number; title: string; type: string; gridPos: Record<string, number>; targets: Target[] } & {
  datasource: { uid: string }
}
type Dashboard = {
  uid: string
  panels: Panel[]
  templating: { list: { query: string; name: string; datasource: { uid: string } }[] }
}
const dashboard = JSON.parse(readFileSync('deploy/grafana/dashboards/caretaker.json', 'utf8')) as Dashboard
const queries = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ query }) => ({ title, query })))
const profiles = globSync('devices/profiles/**/*.yaml').map(
  (file) => readProfile(readFileSync(file, 'utf8'), file).profile!,
)

t.test('the dashboard asks the data source that is provisioned, for points that profiles have', async (t) => {
  const provisioned = (path: string) =>
    parse(readFileSync(`deploy/grafana/provisioning/${path}`, 'utf8')) as Record<string, Record<string, unknown>[]>
  const [source] = provisioned('datasources/influxdb.yaml')['datasources']!
  const [provider] = provisioned('dashboards/caretaker.yaml')['providers']!
  const compose = parse(readFileSync('compose.yaml', 'utf8')) as {
    services: Record<string, { environment: Record<string, string>; volumes: string[] }>
  }
  const { environment, volumes } = compose.services['grafana']!
  t.equal(
    (source!['jsonData'] as { dbName: string }).dbName,
    compose.services['influxdb']!.environment['DOCKER_INFLUXDB_INIT_BUCKET'],
  )
  for (const [, name] of JSON.stringify(source).matchAll(/\$(\w+)/g))
    t.ok(environment[name!], `${name} reaches Grafana`)
  const { path } = provider!['options'] as { path: string }
  t.ok(volumes.includes(`./deploy/grafana/dashboards:${path}:ro`))
  t.equal(environment['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'], `${path}/caretaker.json`)

  t.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length)
  for (const { title, datasource, targets, gridPos } of dashboard.panels) {
    t.ok(targets.length > 0, title)
    for (const asked of [datasource, ...targets.map((target) => target.datasource)]) t.equal(asked.uid, source!['uid'])
    t.ok(gridPos['x']! + gridPos['w']! <= 24, `${title}: fits`)
  }
  for (const { title, query } of queries) {
    const [, field, measurement] = /^SELECT \w+\("(\w+)"\) FROM "([\w-]+)"/.exec(query) ?? []
    const profile = profiles.find(({ kind }) => kind === measurement)
    t.ok(profile, `${title}: ${measurement} is a kind of device`)
    t.ok(profile!.points[field!], `${title}: ${field} is a point of it`)
    const tags = ['area', 'device', 'profile', 'site']
    const [where = '', group = ''] = query.split('GROUP BY').map((part) => part.replace(/^.* WHERE /, ''))
    const named = [...`${where} ${group}`.matchAll(/"([^"]+)"/g)].map(([, name]) => name!)
    t.ok(named.includes('site') && named.includes('device'), `${title}: of one site, by device`)
    t.same(
      named.filter((name) => !tags.includes(name)),
      [],
      `${title}: by tags that lines have`,
    )
  }
})

t.test('each panel finds data in a real InfluxDB', { skip: withoutInfluxd() }, async (t) => {
  const influxd = await startInfluxd()
  t.teardown(() => influxd.stop())
  const at = Date.UTC(2026, 0, 5, 8)
  const series = new Map(
    profiles.map((profile) => [profile.profile, { kind: profile.kind, area: 'site', profile: profile.profile }]),
  )
  const lines = lineWriter('yard', series)(profiles.flatMap((profile) => readingsOf(profile, at)))
  const target = influx1({ type: 'influx1', url: influxd.url, database: 'caretaker' })
  const { signal } = new AbortController()
  await target.prepare(signal)
  await target.write(lines, signal)
  const filled = (query: string) =>
    query
      .replace('$timeFilter', `time >= ${at - 60_000}ms AND time < ${at + 60_000}ms`)
      .replace('$__interval', '10s')
      .replace('$site', '.*')
  for (const { title, query } of queries) {
    const rows = await influxd.query('caretaker', filled(query))
    t.ok(
      rows.some((row) => typeof Object.values(row).at(-1) === 'number' && typeof row['device'] === 'string'),
      `${title}: ${JSON.stringify(rows[0])}`,
    )
  }
  const sites = await influxd.query('caretaker', dashboard.templating.list[0]!.query)
  t.ok(sites.length > 0 && sites.every(({ value }) => value === 'yard'), 'the list of sites')
})

/** What the profile's own first example says, as readings; it is known to decode. */
function readingsOf(profile: Profile, at: number): LinePoint[] {
  return Object.entries(profile.examples[0]!.expect).map(([point, value]) => ({
    device: profile.profile,
    point,
    value: value as Value,
    quality: 'good',
    at,
  }))
}

const mosquitto = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
  .map((folder) => join(folder, 'mosquitto'))
  .find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
/** Debian packages mosquitto and mosquitto-clients. */
const TOOLS = { passwords: 'mosquitto_passwd', publish: 'mosquitto_pub' } as const
const required = process.env['CARETAKER_REQUIRE_SERVERS'] === '1'

t.test(
  'a real Mosquitto with the bridge of the example carries a device to the gateway',
  { skip: mosquitto || required ? false : 'mosquitto is not installed' },
  async (t) => {
    const folder = t.testdir({
      bridges: {},
      'site.yaml': `site: { id: yard, name: Yard, timezone: UTC }
assets: [{ id: K1-kitchen, kind: waste-bin }]
mqtt: { listen: '127.0.0.1:0' }
devices: [{ id: K1-kitchen, profile: bin-fill-sensor }]
`,
    })
    const { site } = loadSite('site.yaml', { env: {}, cwd: folder })
    const gateway = await startGateway({
      site: site!,
      folder: join(folder, 'data'),
      http: { host: '127.0.0.1', port: 0 },
      speed: 1,
      version: '0.0.0',
      pid: process.pid,
      random: systemRandom(),
      log: pino({ level: 'silent' }),
    })
    t.teardown(() => gateway.stop())
    await until('the broker of the gateway listens', () => gateway.mqtt() !== null)

    const [port, passwords] = [await freePort(), join(folder, 'passwords')]
    writeFileSync(
      join(folder, 'bridges', 'K1-kitchen.conf'),
      readFileSync('deploy/mosquitto/bridges/bin-sensor.conf.example', 'utf8')
        .replace('gateway:1883', `127.0.0.1:${gateway.mqtt()!.port}`)
        .replace('WRITE-THE-PASSWORD-HERE', gateway.secretOf('K1-kitchen')),
    )
    writeFileSync(
      join(folder, 'mosquitto.conf'),
      readFileSync('deploy/mosquitto/mosquitto.conf', 'utf8')
        .replace('listener 1883', `listener ${port} 127.0.0.1`)
        .replace('/tmp/passwords', passwords)
        .replace('/mosquitto/config/bridges', join(folder, 'bridges')) +
        // Started by root it becomes somebody else, who may not read a folder that is root's alone.
        (process.getuid?.() === 0 ? '\nuser root\n' : ''),
    )
    await ended(spawn(TOOLS.passwords, ['-b', '-c', passwords, 'sensors', 'quay-lamp-seven'], { stdio: 'ignore' }))
    const broker = spawn(mosquitto ?? 'mosquitto', ['-c', join(folder, 'mosquitto.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    broker.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    t.teardown(async () => {
      broker.kill('SIGTERM')
      await ended(broker)
    })
    await until('the bridge stands', () => {
      if (broker.exitCode !== null) throw new Error(said)
      return gateway.health().sources.some(({ devices }) => devices.some(({ device }) => device === 'K1-kitchen'))
    })
    const publish = (seq: number, password = 'quay-lamp-seven') => {
      const payload = JSON.stringify({ seq, fill: 41.5, battery: 90, tilted: false })
      const address = `mqtt://sensors:${password}@127.0.0.1:${port}/bins/K1-kitchen/state`
      return ended(spawn(TOOLS.publish, ['-L', address, '-q', '1', '-m', payload], { stdio: 'ignore' }))
    }
    t.not(await publish(1, 'wrong'), 0, 'strangers are refused')
    const { token } = await gateway.createToken('engineer')
    const value = async () => {
      const response = await fetch(`http://127.0.0.1:${gateway.http.port}/api/v1/devices`, {
        headers: { authorization: `Bearer ${token}` },
      })
      return JSON.stringify(await response.json())
    }
    // What is published before the bridge has signed in is not kept: the sensor says it again, as it would anyway.
    let [seq, shown] = [1, '']
    const deadline = Date.now() + 15_000
    while (!shown.includes('41.5') && Date.now() < deadline) {
      await publish(seq++)
      shown = await value()
    }
    t.match(shown, '41.5', said)
  },
)

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
