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
