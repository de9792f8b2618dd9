import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadSite } from '#gateway/site/load.ts'
import { caretaker, startGatewayProcess } from '../fakes/gateway-process.ts'
import { until } from '../fakes/until.ts'

const DEMO = readFileSync('sites/demo/site.yaml', 'utf8')

t.test('exit codes: 0 well, 2 wrong usage, 78 wrong configuration', async (t) => {
  const folder = newFolder(t)
  const file = join(folder, 'site.yaml')
  writeFileSync(file, 'site: { id: x, name: X, timezone: Asia/Shangai }\nassets: []\ndevices: []\n')
  for (const [args, code, said] of [
    [['--version'], 0, /^\d+\.\d+\.\d+/],
    [['check', 'sites/demo/site.yaml'], 0, /56 devices, \d+ rules/],
    [['check', file], 78, /site\.yaml:1:35 unknown time zone "Asia\/Shangai"/],
    [['run', join(folder, 'absent.yaml')], 78, /absent\.yaml.* cannot be read/],
    [['chekc'], 2, /unknown command.*[\s\S]*check/],
    [['run'], 2, /missing required argument/],
    [['run', file, '--http', 'nonsense'], 2, /HOST:PORT/],
    [['token', 'create', '--role', 'king', '--data', folder], 2, /there is no role "king"/],
    [['verify', '--data', join(folder, 'nothing')], 1, /there is no store/],
  ] as const) {
    const { code: actual, out, error } = await caretaker(args)
    t.equal(actual, code, args.join(' '))
    t.match(out + error, said)
  }
})

t.test(
  'S04 a known or short secret, and a file that cannot be parsed, end with 78; anything else runs without the broken part',
  async (t) => {
    const folder = newFolder(t)
    const file = join(folder, 'site.yaml')
    const site = (channel: string) =>
      `site: { id: x, name: X, timezone: UTC }\nassets: [{ id: K1, kind: waste-bin }]\ndevices: []\nchannels: [${channel}]\n`
    for (const [text, starts] of [
      [site("{ id: w, type: webhook, url: 'http://127.0.0.1:1/', allow_private: true, secret: changeme }"), false],
      [site("{ id: w, type: webhook, url: 'http://127.0.0.1:1/', allow_private: true, secret: short }"), false],
      [
        site("{ id: w, type: webhook, url: 'http://127.0.0.1:1/', allow_private: true, secret: '${env:NOT_THERE}' }"),
        true,
      ],
      [site('{ id: w, type: carrier-pigeon }'), true],
      ['site: [', false],
      ['site: { name: no id }', false],
    ] as const) {
      writeFileSync(file, text)
      const { site: loaded, faults } = loadSite(file, { env: {}, cwd: folder })
      t.equal(loaded !== null, starts, text)
      t.ok(faults.length > 0)
      t.ok(faults.every((fault) => fault.line >= 1 && fault.column >= 1))
    }
    writeFileSync(
      file,
      site("{ id: w, type: webhook, url: 'http://127.0.0.1:1/', allow_private: true, secret: changeme }"),
    )
    t.equal((await caretaker(['run', file, '--data', join(folder, 'data')])).code, 78)
  },
)

t.test('a broken site file names every fault at once, each with its place', async (t) => {
  const folder = newFolder(t)
  const file = join(folder, 'site.yaml')
  const broken = DEMO.replace('kind: pump-set, room: PR1', 'knd: pump-set, room: PR1')
    .replace('profile: lift-controller', 'profile: lift-controler')
    .replace('connection: plc-pr2', 'connection: plc-pr3')
    .replace('floors: 25', 'floors: many')
  writeFileSync(file, broken)
  const { code, error } = await caretaker(['check', file])
  t.equal(code, 78)
  for (const said of [
    /unknown key "knd" \(did you mean "kind"\?\)/,
    /no profile "lift-controler" \(did you mean "lift-controller"\?\)/,
    /no connection "plc-pr3" \(did you mean "plc-pr[12]"\?\)/,
    /"floors" must be of type integer/,
  ])
    t.match(error, said)
  for (const line of error.trim().split('\n').slice(0, -1)) t.match(line, /site\.yaml:\d+:\d+ /)
  const { site } = loadSite(file, { env: {}, cwd: folder })
  t.ok(site!.devices.length >= 50, 'the healthy part runs')
})

t.test('F57 a torn configuration never takes effect: cut anywhere, the one in force stays', async (t) => {
  const folder = newFolder(t)
  const file = join(folder, 'site.yaml')
  const devices = (ids: readonly string[]) =>
    [
      'site: { id: x, name: X, timezone: UTC }',
      'assets:',
      ...ids.map((id) => `  - { id: ${id}, kind: waste-bin }`),
      "mqtt: { listen: '127.0.0.1:0' }",
      'devices:',
      ...ids.map((id) => `  - { id: ${id}, profile: bin-fill-sensor }`),
      '',
    ].join('\n')
  const [before, after] = [devices(['K1', 'K2']), devices(['K2', 'K3', 'K4'])]
  writeFileSync(file, before)
  const gateway = await startGatewayProcess(['run', file, '--data', join(folder, 'data'), '--http', '127.0.0.1:0'])
  t.teardown(() => gateway.child.kill('SIGKILL'))
  const token = (await caretaker(['token', 'create', '--role', 'engineer', '--data', join(folder, 'data')])).out.trim()
  const shown = async () => {
    const response = await fetch(`${gateway.url}/api/v1/devices`, { headers: { authorization: `Bearer ${token}` } })
    return ((await response.json()) as { items: { id: string }[] }).items
      .map(({ id }) => id)
      .filter((id) => id !== 'gateway')
  }
  // A cut that happens to be a whole, smaller configuration is not torn: those are left out.
  const cuts = Array.from({ length: after.length }, (_, i) => i).filter((i) => i % 23 === 5)
  let refused = 0
  for (const cut of cuts) {
    writeFileSync(file, after.slice(0, cut))
    if (loadSite(file, { env: {}, cwd: folder }).faults.length === 0) continue
    gateway.child.kill('SIGHUP')
    refused++
    await until(
      'refused with words',
      () => gateway.output().split('the configuration in force stays').length - 1 === refused,
    )
  }
  t.ok(refused > 5, `${refused} torn files were refused`)
  t.strictSame(await shown(), ['K1', 'K2'], 'the old one is live')
  writeFileSync(file, after)
  gateway.child.kill('SIGHUP')
  await until('read again', () => gateway.output().includes('was read again'), 10_000)
  for (const said of ['device K1 removed', 'device K3 added', 'device K4 added']) t.match(gateway.output(), said)
  t.strictSame(await shown(), ['K2', 'K3', 'K4'])
  t.strictSame(await gateway.end('SIGTERM'), { code: 0, signal: null })
})

function newFolder(t: { teardown(run: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-cli-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
