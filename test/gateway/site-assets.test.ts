import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
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
