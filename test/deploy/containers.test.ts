import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parse } from 'yaml'
import { loadSite } from '#gateway/site/load.ts'
import { until } from '#test/fakes/until.ts'
import { programArguments, programEnvironment } from '../../bin/runtime.js'

const run = promisify(execFile)
const INSTALL = readFileSync('docs/install.md', 'utf8')
const ENV_COMMAND = /<!-- env -->\s*```sh\n([\s\S]*?)```/.exec(INSTALL)![1]!
const COMPOSE = readFileSync('compose.yaml', 'utf8')

type Container = {
  image?: string
  build?: string
  profiles?: string[]
  depends_on?: Record<string, { condition: string }>
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
  network_mode?: string
  healthcheck?: { test?: string[]; disable?: boolean }
  restart?: string
  read_only?: boolean
  tmpfs?: string[]
  cap_drop?: string[]
  security_opt?: string[]
}
const compose = parse(COMPOSE) as { services: Record<string, Container>; volumes: Record<string, unknown> }
const services = Object.entries(compose.services)

/** The keys of the compose specification that are used here: a typing error would be ignored or refused far away. */
const KEYS = new Set(
  'image build init restart stop_grace_period depends_on environment ports volumes read_only tmpfs cap_drop security_opt command entrypoint network_mode healthcheck profiles user'.split(
    ' ',
  ),
)

t.test('compose.yaml holds together: every name it uses is there', async (t) => {
  t.strictSame(Object.keys(compose), ['name', 'services', 'volumes'])
  t.strictSame(
    services.filter(([, { profiles }]) => !profiles).map(([name]) => name),
    ['gateway', 'plant', 'influxdb'],
    'what starts unasked',
  )
  const mounted = new Set<string>()
  for (const [name, service] of services) {
    t.strictSame(
      Object.keys(service).filter((key) => !KEYS.has(key)),
      [],
      `${name}: keys`,
    )
    t.match(service.image, /^[\w./-]+:(?!latest$)[\w.-]+$/, `${name}: a tag that means something`)
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const found = compose.services[other]
      t.ok(found, `${name} depends on ${other}`)
      t.notOk(found!.profiles, `${other} is always there`)
      t.equal(condition, 'service_healthy')
      t.ok(found!.healthcheck?.test ?? found!.build, `${other} says whether it is healthy`)
    }
    const network = /^service:(.+)$/.exec(service.network_mode ?? '')?.[1]
    if (network !== undefined) t.ok(compose.services[network], `${name} shares a network that is there`)
    for (const volume of service.volumes ?? []) {
      const [from = '', to = ''] = volume.split(':')
      t.match(to, /^\//, volume)
      if (from.startsWith('.')) t.ok(existsSync(from), `${volume}: is in the checkout`)
      else mounted.add(from)
    }
    for (const port of service.ports ?? []) t.match(port, /^127\.0\.0\.1:\d+:\d+$/, `${name}: on loopback only`)
    t.equal(service.restart, 'unless-stopped', name)
    t.ok(service.healthcheck ?? service.build, `${name}: health`)
    t.strictSame(service.security_opt, ['no-new-privileges:true'], name)
    if (service.image === 'caretaker:local')
      t.match(service, { read_only: true, tmpfs: ['/tmp'], cap_drop: ['ALL'] }, `${name}: nothing to write but /data`)
  }
  t.strictSame([...mounted].toSorted(), Object.keys(compose.volumes).toSorted(), 'each volume is declared and used')
})

t.test('no secret stands in the repository: the documented command makes what compose.yaml demands', async (t) => {
  const references = [...COMPOSE.matchAll(/(?<!\$)\$\{(\w+)(:\?)?/g)]
  t.ok(references.length > 0)
  for (const [, name, demand] of references) t.equal(demand, ':?', `${name} is demanded, not defaulted`)
  const values: string[] = []
  for (const name of ['one', 'two']) {
    const folder = t.testdir({ [name]: {} })
    execFileSync('bash', ['-c', ENV_COMMAND], { cwd: join(folder, name) })
    const file = join(folder, name, '.env')
    t.equal(statSync(file).mode & 0o777, 0o600)
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    const made = Object.fromEntries(lines.map((line) => line.split('=') as [string, string]))
    t.strictSame(Object.keys(made).toSorted(), [...new Set(references.map(([, key]) => key!))].toSorted())
    for (const value of Object.values(made)) t.match(value, /^[0-9a-f]{64}$/)
    values.push(...Object.values(made))
  }
  t.equal(new Set(values).size, values.length, 'random each time')
  t.match(readFileSync('.gitignore', 'utf8'), /^\.env$/m)
})

t.test('the site of compose.yaml writes to the InfluxDB that compose.yaml sets up', async (t) => {
  const { site, faults } = loadSite('deploy/compose/site.yaml', {
    env: { INFLUX_TOKEN: '0123456789abcdef'.repeat(4) },
    cwd: process.cwd(),
  })
  t.strictSame(faults, [])
  const { environment = {}, ports } = compose.services['influxdb']!
  t.match(site!.influx, [
    {
      type: 'influx2',
      url: `http://influxdb:${ports![0]!.split(':')[2]}`,
      org: environment['DOCKER_INFLUXDB_INIT_ORG'],
      bucket: environment['DOCKER_INFLUXDB_INIT_BUCKET'],
    },
  ])
  // A simulated estate listens on loopback: it must be the gateway's own.
  t.ok(site!.connections.every((connection) => 'host' in connection && connection.host === '127.0.0.1'))
  t.equal(compose.services['plant']!.network_mode, 'service:gateway')
})

const DOCKERFILE = readFileSync('Dockerfile', 'utf8')
const instructions = DOCKERFILE.replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', '')
  .split('\n')
  .filter((line) => line !== '')
const copies = instructions
  .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
  .flatMap((line) => line.split(' ').slice(1, -1))
/** The last stage alone: what runs. */
const running = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')))

const argumentsOf = (word: string) =>
  JSON.parse(new RegExp(`^${word}.*?(\\[.*\\])$`, 'm').exec(running.join('\n'))![1]!) as string[]

t.test('the Dockerfile copies what is there, and what .dockerignore lets through', async (t) => {
  const [first, ...rules] = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  t.equal(first, '*', 'everything stays out unless named')
  for (const source of new Set(copies)) {
    t.ok(existsSync(source), source)
    t.ok(rules.includes(`!${source}`), `${source} is let through`)
  }
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  const script = /npm run (\w+)/.exec(DOCKERFILE)![1]!
  t.match(manifest.scripts[script], /vite build web/, `npm run ${script} makes web/dist`)
  for (const wanted of [
    /^USER node$/m,
    /^VOLUME \/data$/m,
    /^ENTRYPOINT \[/m,
    /^CMD \[/m,
    /--omit=dev --omit=optional/,
  ])
    t.match(running.join('\n'), wanted)
  t.notMatch(running.join('\n'), /curl|wget|apt-get/)
})

/** A folder with what the lines copy into a stage, and the packages that `npm ci` would bring. */
function stage(t: { teardown(undo: () => void): unknown }, lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-image-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const line of lines.filter((line) => line.startsWith('COPY '))) {
    const sources = line
      .replace(/--from=\S+ /, '')
      .replaceAll('/app/', '')
      .split(' ')
      .slice(1, -1)
    // What .dockerignore keeps out of a copied folder is not there either.
    const filter = (path: string) => line.includes('--from=') || !/(^|\/)(dist|node_modules)$/.test(path)
    for (const source of sources.filter((path) => existsSync(path)))
      cpSync(source, join(folder, source), { recursive: true, filter })
  }
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'))
  return folder
}

t.test('what the first stage holds is enough to build the page', async (t) => {
  const folder = stage(t, instructions.slice(0, instructions.indexOf(running[0]!)))
  const vite = join(folder, 'node_modules', 'vite', 'bin', 'vite.js')
  const { NODE_OPTIONS: _, ...env } = process.env
  await run(process.execPath, [vite, 'build', 'web'], { cwd: folder, env })
  t.ok(existsSync(join(folder, 'web', 'dist', 'index.html')))
})

t.test('the image starts the program as `caretaker` does', async (t) => {
  const [node, ...program] = argumentsOf('ENTRYPOINT')
  t.equal(node, 'node')
  const wanted = programArguments('/app').map((argument) => argument.replace(/^file:\/\/\/app/, '.'))
  t.strictSame(program, [...wanted.slice(0, -1), 'gateway/main.ts'])
  const { MALLOC_ARENA_MAX } = programEnvironment({})
  t.match(running.join('\n'), `MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX} `)
})

t.test('what the image holds is enough: it starts, and its own health check finds it well', async (t) => {
  const folder = stage(t, running)
  const [, ...program] = argumentsOf('ENTRYPOINT')
  const { NODE_OPTIONS: _, ...env } = process.env
  for (const line of running.filter((line) => line.startsWith('RUN node ')))
    await run(process.execPath, line.split(' ').slice(2), { cwd: folder, env })
  t.ok(readdirSync(join(folder, 'dist', 'stripped')).length > 0, 'no thread loads the compiler')
  const child = spawn(process.execPath, [...program, 'run', 'sites/demo/site.yaml'], {
    cwd: folder,
    env: { ...env, CARETAKER_DATA: join(folder, 'data'), CARETAKER_HTTP: '127.0.0.1:0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await until('it listens', () => child.exitCode !== null || / on http:\S+:\d+/.test(output), 20_000)
  const port = / on http:\S+:(\d+)/.exec(output)?.[1]
  t.ok(port, port ? 'it listens' : output)
  const [, , code] = [...argumentsOf('HEALTHCHECK')]
  const check = (at: string) => run(process.execPath, ['-e', code!.replace('8080', at)], { env })
  await check(port!)
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  t.strictSame(await ended, [0, null])
  await t.rejects(check(port!), 'and unwell when it is gone')
})

t.test('S46 the service runs in a sandbox, as nobody in particular', async (t) => {
  const unit = readFileSync('deploy/systemd/caretaker.service', 'utf8')
  for (const wanted of [
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'PrivateTmp=yes',
    'CapabilityBoundingSet=',
    'RestartPreventExitStatus=78',
    'StateDirectory=caretaker',
    'User=caretaker',
  ])
    t.ok(unit.split('\n').includes(wanted), wanted)
  const program = /^ExecStart=.*\/opt\/caretaker\/(\S+)/m.exec(unit)![1]!
  t.ok(existsSync(program), program)
  t.match(INSTALL, 'deploy/systemd/caretaker.service')
})

t.test(
  'S46 systemd rates the exposure of the service at 3.0 or less',
  { skip: (await hasAnalyze()) ? false : 'systemd-analyze is not installed' },
  async (t) => {
    const file = 'deploy/systemd/caretaker.service'
    const { stdout } = await run('systemd-analyze', ['security', '--offline=true', '--threshold=30', file])
    t.match(stdout, /exposure level for caretaker\.service: [0-2]\.\d/)
  },
)

async function hasAnalyze(): Promise<boolean> {
  return run('systemd-analyze', ['security', '--help']).then(
    ({ stdout }) => stdout.includes('--offline'),
    () => false,
  )
}
