import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { sayConfigFault } from '#gateway/texts.ts'
import { loadSite } from '#gateway/site/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'caretaker-alarms-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

/** Two tanks probes on one tank, and one on another; the alarm stands in line 14. */
function loaded(alarm: string) {
  const file = join(folder, 'site.yaml')
  const lines = [
    'site: { id: s, name: S, timezone: Asia/Shanghai }',
    'mqtt: { listen: "127.0.0.1:0" }',
    'assets:',
    '  - { id: T1, kind: tank }',
    '  - { id: T2, kind: tank }',
    'devices:',
    '  - { id: A, profile: water-tank-mqtt, asset: T1 }',
    '  - { id: B, profile: water-tank-mqtt, asset: T1 }',
    '  - { id: C, profile: water-tank-mqtt, asset: T2 }',
    'alarms:',
    `  - { for: A, id: pair, name: Pair, priority: low, class: P3, skill: water, ${alarm} }`,
  ]
  writeFileSync(file, lines.join('\n'))
  return loadSite(file, { env: {}, cwd: folder })
}

t.test('a pair may be of two devices of one asset, and of no other', async (t) => {
  const { site, faults } = loaded('point: level, disagrees: { with: level, of: B, by: 0.1 }')
  t.strictSame(faults, [])
  t.match(site!.plan.rules.find(({ id }) => id === 'A/pair')?.watch, {
    kind: 'disagreement',
    other: { device: 'B', point: 'level' },
    by: 0.1,
  })
  const table: [alarm: string, said: RegExp][] = [
    [
      'point: level, disagrees: { with: level, of: C, by: 0.1 }',
      /^site\.yaml:11:\d+ there is no device of this asset "C"/,
    ],
    [
      'point: level, disagrees: { with: levl, of: B, by: 0.1 }',
      /^site\.yaml:11:\d+ there is no point "levl" .did you mean "level"/,
    ],
  ]
  for (const [alarm, said] of table)
    t.match(
      loaded(alarm).faults.map((fault) => sayConfigFault('en', fault).replace(`${folder}/`, '')),
      [said],
      alarm,
    )
})

t.test('limits by the hour are those of the time zone of the site', async (t) => {
  const { site, faults } = loaded(
    'point: level, limits: { hi: 3 }, schedule: [{ days: [sat], from: "22:00", to: "06:00", limits: { hi: 2 } }]',
  )
  t.strictSame(faults, [])
  t.match(site!.plan.rules.find(({ id }) => id === 'A/pair.hi')?.watch, {
    limit: 3,
    schedule: { timeZone: 'Asia/Shanghai', spans: [{ days: [6], from: 1_320, to: 1_800, limit: 2 }] },
  })
})

t.test('on_missing: alarm makes a rule of the same rank, named for it', async (t) => {
  const { site, faults } = loaded('point: level, limits: { hi: 3 }, on_missing: alarm')
  t.strictSame(faults, [])
  t.match(
    site!.plan.rules.find(({ id }) => id === 'A/pair.missing'),
    {
      name: { en: 'Pair: no data', 'zh-CN': 'Pair：数据缺失' },
      class: 'P3',
      watch: { kind: 'absence', only: ['level'] },
    },
  )
})
