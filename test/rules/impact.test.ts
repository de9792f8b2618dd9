import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadSite } from '#gateway/site/load.ts'
import { type Impact, impactModel, type Left, outageOf } from '#rules/impact/impact.ts'
import { entranceOf } from '#rules/impact/place.ts'

const folder = mkdtempSync(join(tmpdir(), 'caretaker-impact-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

function loaded(text: string) {
  const file = join(folder, 'site.yaml')
  writeFileSync(file, `site: { id: s, name: S, timezone: Asia/Shanghai }\ndevices: []\n${text}`)
  return loadSite(file, { env: {}, cwd: folder })
}

/** Two staircases with two homes a floor and two lifts each; pumps of two parts, fed by one of two transformers. */
const ESTATE = `
buildings:
  - { id: B1, floors: 3, homes_per_floor: 4, entrances: [{ id: B1-E1, homes: [1, 2] }, { id: B1-E2, homes: [3, 4] }] }
  - { id: B2, floors: 2, homes_per_floor: 1 }
zones: [{ id: high, buildings: [B1, B2], floors: [2, 3] }]
risers: [{ id: R1, building: B1, homes: [1] }]
assets:
  - { id: L1, kind: lift, serves: { entrances: [B1-E1], need: [stretcher] } }
  - { id: L2, kind: lift, serves: { entrances: [B1-E1], floors: [1, 2] } }
  - { id: L3, kind: goods-lift, serves: { entrances: [B1-E2], service: lift } }
  - { id: L4, kind: lift, serves: { entrances: [B1-E2] } }
  - { id: PUMPS, kind: pump-set, fed_by: [T1, T2, TANK], serves: { zones: [high] } }
  - { id: P1, kind: pump, parent: PUMPS }
  - { id: P2, kind: pump, parent: PUMPS }
  - { id: DOOR, kind: door, parent: PUMPS }
  - { id: T1, kind: transformer }
  - { id: T2, kind: transformer }
  - { id: TANK, kind: tank }
  - { id: PIPE, kind: pipe, serves: { risers: [R1], homes: [B2-0101] } }
`
const { site, faults } = loaded(ESTATE)

/** `lift outage: 0301 …; stretcher lift: …`, homes without their building where that is B1. */
function said({ losses, needs }: Impact): string {
  const homes = (ids: readonly string[]) => ids.map((id) => id.replace('B1-', '')).join(' ')
  return [
    ...losses.map((loss) => `${loss.service} ${loss.effect}: ${homes(loss.homes)}`),
    ...needs.map((loss) => `${loss.need} ${loss.service}: ${homes(loss.homes)}`),
  ].join('; ')
}

t.strictSame(faults, [])
const impact = impactModel(site!.plan.assets)
const down = (...ids: string[]) => new Map<string, Left>(ids.map((id) => [id, 'down']))

const E1 = '0101 0102 0201 0202'
const E2 = '0103 0104 0203 0204 0303 0304'
const HIGH = '0201 0202 0203 0204 0301 0302 0303 0304 B2-0201'
for (const [failed, expected] of [
  [[], ''],
  [['L1'], `lift redundancy_lost: ${E1}; lift outage: 0301 0302; stretcher lift: ${E1}`],
  [['L2'], `lift redundancy_lost: ${E1}`],
  [['L1', 'L2'], `lift outage: ${E1} 0301 0302`],
  [['L3'], `lift redundancy_lost: ${E2}`],
  [['L3', 'L4'], `lift outage: ${E2}`],
  [['P1'], `pump-set reduced: ${HIGH}`],
  [['P1', 'P2'], `pump-set outage: ${HIGH}`],
  [['DOOR'], ''],
  [['T1'], `pump-set redundancy_lost: ${HIGH}`],
  [['T1', 'T2'], `pump-set outage: ${HIGH}`],
  [['TANK'], `pump-set outage: ${HIGH}`],
  [['T1', 'P2'], `pump-set reduced: ${HIGH}`],
  [['PIPE'], 'pipe outage: 0101 0201 0301 B2-0101'],
  [['nothing'], ''],
] as const)
  t.test(`without ${failed.join(' and ') || 'a fault'}`, async (t) => {
    t.equal(said(impact(down(...failed))), expected)
  })

t.test('low pressure of the whole set is not an outage, though nothing stands in for it', async (t) => {
  t.equal(said(impact(new Map([['PUMPS', 'reduced']]))), `pump-set reduced: ${HIGH}`)
})

t.test('who is told: those who lose the service, and those who lose it for what they need', async (t) => {
  const { services, needs } = outageOf(impact(down('L1')), impact(down('L1')))
  t.strictSame([...services.keys()], ['B1-0301', 'B1-0302'])
  t.strictSame([...services.get('B1-0301')!], ['lift'])
  t.strictSame([...needs.keys()].join(' ').replaceAll('B1-', ''), E1)
  t.strictSame(needs.get('B1-0101'), ['stretcher'])
  const both = outageOf(impact(down('L2')), impact(down('L1', 'L2', 'P1', 'P2')))
  t.strictSame(
    [...both.services.keys()],
    E1.split(' ').map((home) => `B1-${home}`),
  )
  t.ok(
    [...both.services.values()].every((services) => services.size === 1),
    'of the lift, not of the water',
  )
})

t.test('assets that feed each other in a circle end, and fall together', async (t) => {
  const circle = loaded(`
buildings: [{ id: B1, floors: 1, homes_per_floor: 1 }]
assets:
  - { id: A, kind: main, fed_by: [B], serves: { buildings: [B1] } }
  - { id: B, kind: main, fed_by: [A] }`)
  t.equal(said(impactModel(circle.site!.plan.assets)(down('B'))), 'main outage: 0101')
})

t.test('a home lies at the entrance with its number', async (t) => {
  const { entrances = [] } = site!.plan
  for (const [home, entrance] of [
    ['B1-0302', 'B1-E1'],
    ['B1-0103', 'B1-E2'],
    ['B2-0101', 'B2'],
    ['B9-0101', 'B9'],
  ] as const)
    t.equal(entranceOf(home, entrances), entrance)
})

for (const [name, more, fault] of [
  [
    'an entrance that is not there',
    'assets: [{ id: A, kind: lift, serves: { entrances: [B1-E3] } }]',
    { params: { kind: 'entrance', hint: 'B1-E1' } },
  ],
  [
    'a riser that is not there',
    'assets: [{ id: A, kind: pipe, serves: { risers: [R] } }]',
    { params: { kind: 'riser' } },
  ],
  [
    'a home that is not there',
    'assets: [{ id: A, kind: pipe, serves: { homes: [B1-0301] } }]',
    { params: { kind: 'home', id: 'B1-0301' } },
  ],
  [
    'a riser of no building',
    'assets: []\nrisers: [{ id: R, building: B7, homes: [1] }]',
    { code: 'unknown_reference', params: { id: 'B7' } },
  ],
] as const)
  t.test(`${name} is told by its place`, async (t) => {
    const buildings =
      'buildings: [{ id: B1, floors: 2, homes_per_floor: 2, entrances: [{ id: B1-E1, homes: [1] }, { id: B1-E2, homes: [2] }] }]'
    t.match(loaded(`${buildings}\n${more}`).faults[0], { ...fault, line: Number })
  })

t.test('a home at no entrance, or at two, and an entrance named twice, are told by their place', async (t) => {
  const entrances = '[{ id: E1, homes: [1, 2] }, { id: E1, homes: [2] }]'
  const { faults: found } = loaded(
    `buildings: [{ id: B1, floors: 1, homes_per_floor: 3, entrances: ${entrances} }]\nassets: []`,
  )
  t.strictSame(found.map(({ code }) => code).toSorted(), ['duplicate_id', 'wrong_value', 'wrong_value'])
})

t.test('when telephones rest, and what may be spent, stands in the site file', async (t) => {
  const { site: own, faults } = loaded(
    "settings: { quiet_hours: '21:30-07:00', sms_price: 0.05, sms_cap: 600 }\nbuildings: []\nassets: []",
  )
  t.strictSame(faults, [])
  t.strictSame(own!.plan.settings.reach, { quietFrom: 1_290, quietTo: 420, partPrice: 5, cap: 60_000 })
  t.strictSame(site!.plan.settings.reach, {}, 'unless said, those of the trade')
})
