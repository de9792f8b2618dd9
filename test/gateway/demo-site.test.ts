import t from 'tap'
import { loadSite } from '#gateway/site/load.ts'
import { dispatch } from '#rules/orders/dispatch.ts'

const HOUR_MS = 3_600_000
const { site, faults } = loadSite('sites/demo/site.yaml', { env: {}, cwd: process.cwd() })
const { plan, devices, buildings } = site!

t.test('the demonstration estate is the one that the stories are told of', (t) => {
  t.same(faults, [])
  const homes = (id: string) => plan.assets.get(id)!.homes.length
  t.equal(buildings.length, 6)
  t.same(
    ['PR1-L', 'PR1-H', 'PR2-L', 'PR2-H'].map((id) => [id, plan.assets.get(id)!.room, homes(id)]),
    [
      ['PR1-L', 'PR1', 144],
      ['PR1-H', 'PR1', 156],
      ['PR2-L', 'PR2', 144],
      ['PR2-H', 'PR2', 156],
    ],
  )
  t.equal(new Set([...plan.assets.values()].flatMap((asset) => asset.homes)).size, 600)
  const kinds = Map.groupBy(devices, ({ profile }) => profile.kind)
  t.same(
    [...kinds].map(([kind, of]) => [kind, of.length]),
    [
      ['pump-set', 4],
      ['lift', 12],
      ['waste-bin', 40],
    ],
  )
  t.equal(
    new Set([...plan.assets.values()].filter(({ kind }) => kind === 'waste-bin').map(({ room }) => room)).size,
    10,
  )
  const inside = plan.staff.filter(({ role }) => !['contractor', 'quality', 'monitor'].includes(role))
  t.same(
    inside.map(({ id }) => id),
    ['PM', 'CE', 'T1', 'T2', 'T3', 'G1', 'G2', 'S1', 'S2', 'A', 'C1', 'C2'],
  )
  for (const role of ['contractor', 'quality', 'monitor'])
    t.ok(
      plan.staff.some((person) => person.role === role),
      role,
    )
  t.end()
})

t.test('at any hour somebody can do each kind of work, and it does not all go to the manager', (t) => {
  const wanted = new Map(
    plan.rules.map(({ skill, asset }) => [skill + plan.assets.get(asset)!.region, { skill, asset }]),
  )
  for (const { skill, asset } of wanted.values()) {
    const { region } = plan.assets.get(asset)!
    const uncovered = Array.from({ length: 48 }, (_, half) => Date.UTC(2026, 11, 8) + (half * HOUR_MS) / 2).filter(
      (at) => dispatch(plan, { skill, region, passedOver: [] }, () => 0, at).assignee === plan.fallback,
    )
    t.same(uncovered, [], `${skill} in ${region}`)
  }
  t.end()
})
