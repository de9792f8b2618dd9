import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadSite } from '#gateway/site/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'caretaker-steps-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

function loaded(limits: string) {
  const file = join(folder, 'site.yaml')
  writeFileSync(
    file,
    `site: { id: s, name: S, timezone: Asia/Shanghai }
settings: { operators: 2 }
connections: { plc: { protocol: modbus-tcp, host: 127.0.0.1, port: 15022 } }
assets: [{ id: P1, kind: pump-set }, { id: L1, kind: lift }]
devices:
  - { id: P1, profile: booster-pump-set, connection: plc, unit_id: 1 }
  - { id: L1, profile: lift-controller, connection: plc, unit_id: 2 }
alarms:
  - { for: P1, id: pressure, name: Pressure, point: outlet_pressure, limits: ${limits}, priority: medium, class: P2, skill: water }
`,
  )
  const { site, faults } = loadSite(file, { env: {}, cwd: folder })
  if (!site || faults.length > 0) throw new Error(JSON.stringify(faults))
  return site
}

t.test('two limits on one side are two steps of one alarm, the farther one is a priority graver', async (t) => {
  const table: [limits: string, sides: string[]][] = [
    ['{ lo: 0.3, lolo: 0.15 }', ['lo: pressure.lo 0 medium', 'lolo: pressure.lo 1 high']],
    ['{ hi: 0.9, hihi: 1.1 }', ['hihi: pressure.hi 1 high', 'hi: pressure.hi 0 medium']],
    ['{ lolo: 0.15 }', ['lolo: – – medium']],
    ['{ lo: 0.3, hi: 0.9 }', ['hi: – – medium', 'lo: – – medium']],
  ]
  for (const [limits, expected] of table) {
    const sides = loaded(limits)
      .plan.rules.filter(({ id }) => id.startsWith('P1/pressure.'))
      .map(({ id, definition, step, priority }) => {
        const [, side] = id.split('.')
        return `${side}: ${definition?.replace('P1/', '') ?? '–'} ${step ?? '–'} ${priority}`
      })
    t.same(sides.toSorted(), expected.toSorted(), limits)
  }
})

t.test('a profile says when somebody works on it; the site says how many hear of alarms', async (t) => {
  const { plan } = loaded('{ lo: 0.3 }')
  const mode = plan.rules.find(({ id }) => id === 'L1/mode.inspection')
  t.match(mode, { mode: 'inspection', asset: 'L1', watch: { kind: 'when' } })
  t.equal(plan.settings.alarms?.operators, 2)
})
