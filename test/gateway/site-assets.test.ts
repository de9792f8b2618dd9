import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { homesIn } from '#gateway/notices/audience.ts'
import { loadSite } from '#gateway/site/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'caretaker-assets-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

function loaded(assets: string) {
  const file = join(folder, 'site.yaml')
  writeFileSync(
    file,
    `site: { id: s, name: S, timezone: Asia/Shanghai }\nbuildings: [{ id: B1, floors: 2, homes_per_floor: 2 }]\ndevices: []\nassets:\n${assets}`,
  )
  return loadSite(file, { env: {}, cwd: folder })
}

t.test('an asset says what it is part of and what feeds it', async (t) => {
  const { site, faults } = loaded(`
  - { id: PR1, kind: room }
  - { id: MAINS, kind: power }
  - { id: PR1-P1, kind: pump, parent: PR1, fed_by: [MAINS], serves: { buildings: [B1] } }
`)
  t.strictSame(faults, [])
  t.match(site!.plan.assets.get('PR1-P1'), { parent: 'PR1', fedBy: ['MAINS'], homes: { length: 4 } })
})

for (const [name, assets, said] of [
  [
    'a parent that is not there',
    '  - { id: P1, kind: pump, parent: ROOM2 }\n  - { id: ROOM1, kind: room }',
    { line: 5, params: { kind: 'asset', id: 'ROOM2', hint: 'ROOM1' } },
  ],
  [
    'a feeder that is not there',
    '  - { id: P1, kind: pump, fed_by: [X] }',
    { line: 5, params: { kind: 'asset', id: 'X' } },
  ],
  [
    'a building that is not there',
    '  - { id: P1, kind: pump, serves: { buildings: [B2] } }',
    { line: 5, params: { kind: 'building', id: 'B2' } },
  ],
  [
    'a circle of two',
    '  - { id: A, kind: pump, parent: B }\n  - { id: B, kind: pump, parent: A }',
    { line: 5, code: 'wrong_value' },
  ],
] as const)
  t.test(`${name} is told by its place`, async (t) => t.match(loaded(assets).faults[0], said))

t.test('nothing of a lift is writable, whatever a profile of another kind says of its unit', async (t) => {
  const site = (device: string, assets: string) => {
    const file = join(folder, 'site.yaml')
    const connections = 'connections: { plc: { protocol: modbus-tcp, host: 127.0.0.1, port: 1502 } }'
    const head = 'site: { id: s, name: S, timezone: Asia/Shanghai }'
    writeFileSync(file, `${head}\n${connections}\nassets: [${assets}]\ndevices:\n${device}`)
    return loadSite(file, { env: {}, cwd: folder })
  }
  const pump = (more: string) => `  - { id: P, profile: booster-pump-set, connection: plc, ${more} }\n`
  const lift = '  - { id: L, profile: lift-controller, connection: plc, unit_id: 1 }\n'
  const own = '{ id: P, kind: pump-set }, { id: L, kind: lift }'
  const table: readonly [name: string, device: string, assets: string, isRefused: boolean][] = [
    ['a pump beside a lift', pump('unit_id: 2') + lift, own, false],
    ['a pump that stands for a lift', pump('unit_id: 2, asset: L'), own, true],
    ['a part of a lift', pump('unit_id: 2'), '{ id: P, kind: pump-set, parent: L }, { id: L, kind: lift }', true],
    ['fire equipment', pump('unit_id: 2'), '{ id: P, kind: fire-pump }', true],
    ["the lift's own unit", pump('unit_id: 1') + lift, own, true],
  ]
  for (const [name, device, assets, isRefused] of table) {
    const { site: loaded, faults } = site(device, assets)
    t.equal(loaded!.plan.controls!.length, isRefused ? 0 : 1, name)
    t.strictSame(
      faults.map(({ code }) => code),
      isRefused ? ['safety_read_only'] : [],
      name,
    )
    t.ok(
      loaded!.devices.some(({ id }) => id === 'P'),
      'and it is watched all the same',
    )
  }
})

t.test('S42 thousands of places are looked up in an estate that is counted out once', async (t) => {
  let counted = 0
  const building = (id: string) => ({
    id,
    homes_per_floor: 4,
    entrances: [{ id: `${id}-E1`, homes: [1, 2] }],
    get floors() {
      counted++
      return 25
    },
  })
  const zones = [{ id: 'high', name: 'high', buildings: ['B1', 'B2'], floors: [13, 25] as [number, number] }]
  const site = { buildings: [building('B1'), building('B2')], zones }
  const whole = homesIn(site, ['site'])!
  t.equal(whole.length, 200)
  counted = 0
  const each = [...whole, ...whole, ...whole].map((home) => `home:${home}`)
  t.strictSame(homesIn(site, each), whole)
  t.ok(counted < 100, `asked ${counted} times how high they are`)
  for (const [places, homes] of [
    [['zone:high'], 104],
    [['entrance:B1-E1'], 50],
    [['building:B2', 'home:B2-0101', 'home:B1-0101'], 101],
    [['home:B1-2601'], null],
    [['entrance:B1-E2'], null],
    [['zone:low', 'site'], null],
  ] as const)
    t.equal(homesIn(site, places)?.length ?? null, homes, places.join())
})
