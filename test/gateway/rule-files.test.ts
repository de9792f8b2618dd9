import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { differenceOf, needsRestart, sayDifference } from '#gateway/site/difference.ts'
import { jsonSchemaOf } from '#gateway/site/json-schema.ts'
import { loadSite } from '#gateway/site/load.ts'
import { sayConfigFault } from '#gateway/texts.ts'

const SITE = `
site: { id: x, name: X, timezone: UTC }
assets:
  - { id: P1, kind: pump-set }
  - { id: P2, kind: pump-set }
  - { id: K1, kind: waste-bin }
connections: { plc: { protocol: modbus-tcp, host: 127.0.0.1, port: 502 } }
mqtt: { listen: '127.0.0.1:0' }
devices:
  - { id: P1, profile: booster-pump-set, connection: plc, unit_id: 1 }
  - { id: P2, profile: booster-pump-set, connection: plc, unit_id: 2 }
  - { id: K1, profile: bin-fill-sensor }
`
const OWN = `
alarms:
  - { for: P2, id: outlet-pressure, name: Own, point: outlet_pressure, limits: { lo: 0.2 }, priority: low, class: P3, skill: water }
`

function load(t: Pick<Test, 'teardown'>, rules: Readonly<Record<string, string>>, more = '') {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-rules-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'site.yaml'), SITE + more)
  mkdirSync(join(folder, 'rules'))
  for (const [name, text] of Object.entries(rules)) writeFileSync(join(folder, 'rules', name), text)
  const { site, faults } = loadSite('site.yaml', { env: {}, cwd: folder })
  const limits = Object.fromEntries(
    site!.plan.rules.flatMap(({ id, watch }) => (watch.kind === 'limit' ? [[id, watch.limit]] : [])),
  )
  return { site: site!, limits, said: faults.map((fault) => sayConfigFault('en', fault)) }
}

t.test('a rule file changes one limit and leaves the rest of the alarm as the profile has it', async (t) => {
  const plain = load(t, {})
  const { site, limits, said } = load(t, {
    'pumps.yaml': 'alarms:\n  - { for: P1, id: outlet-pressure, limits: { lolo: 0.1 }, delay: { on: 5s } }\n',
  })
  t.strictSame(said, [])
  t.match(limits, { 'P1/outlet-pressure.lo': 0.3, 'P1/outlet-pressure.lolo': 0.1, 'P2/outlet-pressure.lo': 0.3 })
  const [before, after] = [plain.site, site].map(({ plan }) =>
    plan.rules.find(({ id }) => id === 'P1/outlet-pressure.lo'),
  )
  const { definition, step, ...rest } = after!
  t.strictSame({ ...rest, onDelayMs: 15_000 }, before, 'but for its delay nothing else is different')
  t.match({ definition, step }, { definition: 'P1/outlet-pressure.lo', step: 0 }, 'and that it has a graver side now')
  t.equal(after!.onDelayMs, 5_000)
  t.not(site.hash, plain.site.hash)
})

t.test('the nearest word counts: profile, kind, site file, device', async (t) => {
  const rule = (target: string, lo: number) => `  - { for: ${target}, id: outlet-pressure, limits: { lo: ${lo} } }\n`
  const [ofProfile, ofKind, ofDevice] = [
    rule('{ profile: booster-pump-set }', 0.41),
    rule('{ kind: pump-set }', 0.42),
    rule('P2', 0.43),
  ]
  for (const [text, more, p1, p2] of [
    [ofProfile, '', 0.41, 0.41],
    [ofKind + ofProfile, '', 0.42, 0.42],
    [ofKind, OWN, 0.42, 0.2],
    [ofDevice + ofKind, OWN, 0.42, 0.43],
  ] as const) {
    const { limits, said } = load(t, { 'a.yaml': `alarms:\n${text}` }, more)
    t.strictSame(said, [])
    t.match(limits, { 'P1/outlet-pressure.lo': p1, 'P2/outlet-pressure.lo': p2 }, text)
  }
})

t.test('another kind of condition takes the place of the one before', async (t) => {
  const { site, said } = load(t, {
    'a.yaml': 'alarms:\n  - { for: P1, id: outlet-pressure, when: outlet_pressure < 0.3 && pump1_running }\n',
  })
  t.strictSame(said, [])
  const rules = site.plan.rules.filter(({ id }) => id.startsWith('P1/outlet-pressure'))
  t.strictSame(
    rules.map(({ id, watch }) => [id, watch.kind]),
    [['P1/outlet-pressure', 'when']],
  )
})

t.test('every kind of condition may take the place of limits, on the point that the profile names', async (t) => {
  for (const [condition, kind] of [
    ['rate: { over: 10m, fall: 0.1 }', 'rate'],
    ['stuck: { for: 10m, driver: pump1_running }', 'stuck'],
    ['absent: { for: 10m }', 'absence'],
    ['changes: { over: 10m, above: 20 }', 'changes'],
    ['disagrees: { with: outlet_pressure, of: P3, by: 0.1 }', 'disagreement'],
    ['moving_normal: { deviations: 5 }', 'moving-normal'],
    ['point: pump1_running, duty: { over: 1h, starts: 6 }', 'duty'],
    ['limits: { lo: 0.3 }, window: { of: avg, over: 5m }', 'limit'],
  ] as const) {
    const { site, said } = load(
      t,
      { 'a.yaml': `alarms:\n  - { for: P1, id: outlet-pressure, ${condition} }\n` },
      '  - { id: P3, asset: P1, profile: booster-pump-set, connection: plc, unit_id: 3 }\n',
    )
    t.strictSame(said, [], condition)
    const rules = site.plan.rules.filter(({ id }) => id.startsWith('P1/outlet-pressure'))
    t.strictSame(new Set(rules.map(({ watch }) => watch.kind)), new Set([kind]))
  }
})

t.test('an alarm is disabled with a reason, and a safety alarm never', async (t) => {
  const { site, said } = load(t, {
    'a.yaml': [
      'alarms:',
      '  - { for: { kind: pump-set }, id: one-pump-failed, disabled: true, reason: a single pump }',
      '  - { for: P1, id: outlet-pressure, disabled: true }',
      '  - { for: P1, id: water-on-floor, disabled: true, reason: it is a nuisance }',
      '  - { for: P1, id: outlet-presure, disabled: true, reason: misspelt }',
    ].join('\n'),
  })
  t.strictSame(
    said.map((line) => line.slice(0, line.indexOf(' '))),
    ['rules/a.yaml:3:5', 'rules/a.yaml:4:46', 'rules/a.yaml:5:20'],
  )
  t.match(said[2], 'did you mean "outlet-pressure"')
  const ids = site.plan.rules.map(({ id }) => id)
  t.notOk(ids.includes('P1/one-pump-failed'))
  t.notOk(ids.includes('P2/one-pump-failed'))
  t.ok(ids.includes('P1/water-on-floor') && ids.includes('P1/outlet-pressure.lo'), 'what was refused stays in force')
  t.strictSame(site.disabled, [
    { device: 'P1', alarm: 'one-pump-failed', reason: 'a single pump' },
    { device: 'P2', alarm: 'one-pump-failed', reason: 'a single pump' },
  ])
  const gone = differenceOf(load(t, {}).site, site)
  t.ok(gone.some((change) => sayDifference(change) === 'rule P1/one-pump-failed removed: a single pump'))
})

t.test('F55 a rule that is wrong is told with its place; what stood before it stays, and the rest go on', async (t) => {
  const { limits, said } = load(t, {
    'a.yaml': [
      'alarms:',
      '  - { for: { kind: pump-sett }, id: outlet-pressure, limits: { lo: 0.4 } }',
      '  - { for: { kind: pump-set }, id: outlet-pressure, point: outlet_presure }',
      '  - { for: P1, id: tank, name: T, when: tank_levl > 3, priority: low, class: P3, skill: water }',
      '  - { for: P2, id: bare, point: tank_level, limits: { hi: 3 } }',
      '  - { for: P2, id: wrong, limits: { high: 3 } }',
      '  - { for: K1, id: overflow, limits: { hi: 80 } }',
      '  - { for: K1, id: overflow, limits: { hi: 70 } }',
    ].join('\n'),
    'torn.yaml': 'alarms:\n  - { for: P1, id',
    'tests.yaml': [
      'alarms: []',
      'tests:',
      '  - { name: a, device: P9, given: [{ at: 0s }], expect: [] }',
      '  - { name: b, device: P1, given: [{ at: 0s, values: { tank_levl: 1 } }], expect: [] }',
    ].join('\n'),
  })
  const expected: [string, RegExp][] = [
    ['rules/a.yaml:2:12', /no kind "pump-sett" \(did you mean "pump-set"\?\)/],
    ['rules/a.yaml:3:60', /no numeric point "outlet_presure" \(did you mean "outlet_pressure"\?\)/],
    ['rules/a.yaml:4:41', /no point "tank_levl" \(did you mean "tank_level"\?\)/],
    ...['name', 'priority', 'class', 'skill'].map((key): [string, RegExp] => [
      'rules/a.yaml:5:5',
      new RegExp(`key "${key}" is missing`),
    ]),
    ['rules/a.yaml:6:37', /unknown key "high"/],
    ['rules/a.yaml:8:20', /second time: overflow/],
    ['rules/tests.yaml:3:24', /no device "P9"/],
    ['rules/tests.yaml:4:67', /no point "tank_levl"/],
    ['rules/torn.yaml:2', /./],
  ]
  for (const [place, words] of expected)
    t.ok(
      said.some((line) => line.startsWith(place) && words.test(line)),
      `${place} ${words.source}: ${said.join(' | ')}`,
    )
  t.match(limits, { 'P1/outlet-pressure.lo': 0.3, 'K1/overflow.hi': 80 })
})

t.test('an editor gets a schema of rule files', async (t) => {
  const schema = JSON.parse(jsonSchemaOf('rules')) as { properties: Record<string, { items: { properties: object } }> }
  t.match(Object.keys(schema.properties), ['alarms', 'tests'])
  t.match(Object.keys(schema.properties['alarms']!.items.properties), ['for', 'id', 'name'])
})

t.test('F57 a difference says what changed from what to what, and never a secret', async (t) => {
  const { site } = load(t, {})
  const rules = load(t, { 'a.yaml': 'alarms:\n  - { for: P1, id: outlet-pressure, limits: { lo: 0.5 } }\n' }).site
  const changes = differenceOf(site, rules)
  t.strictSame(changes.map(sayDifference), ['rule P1/outlet-pressure.lo changed: watch.limit 0.3 → 0.5'])
  t.notOk(changes.some(needsRestart))
  const hook = { id: 'h', type: 'webhook', url: 'https://x.example/', secret: 'before' } as const
  const secret = differenceOf(
    { ...site, channels: [hook], mqtt: { ...site.mqtt!, secrets: new Map([['K1', 'one']]) } },
    { ...site, channels: [{ ...hook, secret: 'after' }], mqtt: { ...site.mqtt!, secrets: new Map([['K1', 'two']]) } },
  )
  t.strictSame(
    secret.map((change) => [sayDifference(change), needsRestart(change)]),
    [
      [`mqtt ${site.mqtt!.host}:${site.mqtt!.port} changed`, true],
      ['channel h changed', true],
    ],
  )
})

t.test('what changes beside rules is told apart: people and settings at once, the wires after a restart', async (t) => {
  const { site } = load(t, {})
  const person = { id: 'T1', role: 'technician', regions: [], skills: ['water'], duty: [] }
  for (const [changed, said, isCold] of [
    [{ plan: { ...site.plan, staff: [person] } }, 'person T1 added', false],
    [{ plan: { ...site.plan, fallback: 'T1' } }, 'setting fallback changed: value manager → T1', false],
    [
      { plan: { ...site.plan, settings: { ...site.plan.settings, allClearHoldMs: 1 } } },
      /^setting allClearHoldMs/,
      false,
    ],
    [{ plan: { ...site.plan, timeZone: 'Asia/Shanghai' } }, 'site x changed', true],
    [{ name: 'Y' }, 'site x changed', true],
    [{ devices: site.devices.slice(1) }, 'device P1 removed', true],
    [{ connections: [] }, 'connection plc removed', true],
    [{ charts: 'influx' as const }, 'history history changed', true],
    [{ laterAdded: 1 }, 'site x changed', true],
  ] as const) {
    const changes = differenceOf(site, { ...site, ...changed })
    t.match(changes.map(sayDifference), [said])
    t.strictSame(changes.map(needsRestart), [isCold], String(said))
  }
  const devices = site.devices.map((device) => ({ ...device, profile: { ...device.profile, alarms: [] } }))
  t.strictSame(differenceOf(site, { ...site, devices }), [], 'alarms of a profile are no matter of its wire')
})
