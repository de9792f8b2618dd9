import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { caretaker, startGatewayProcess } from '../fakes/gateway-process.ts'
import { clientOf, smallEstate } from '../fakes/small-estate.ts'
import { until } from '../fakes/until.ts'

type Alarm = { id: string; rule: string; state: string; closedAt: string | null }

/** The register of the outlet pressure, in thousandths of a MPa. */
const OUTLET = 0

t.test(
  'F51 F57 from a question to a tested rule in force, without a restart: tried, tested, reloaded, changed, removed',
  { timeout: 120_000 },
  async (t) => {
    const estate = await smallEstate(t)
    const { data, pump } = estate
    const file = estate.runArguments[1]!
    const rules = join(dirname(file), 'rules', 'pumps.yaml')
    mkdirSync(dirname(rules))
    const gateway = await startGatewayProcess(estate.runArguments)
    t.teardown(() => gateway.child.kill('SIGKILL'))
    const ask = await clientOf(gateway, data, 'admin')
    const reload = (...more: string[]) => caretaker(['reload', '--data', data, ...more])
    const alarms = async () =>
      ((await ask('/api/v1/alarms')).body['items'] as Alarm[]).filter(({ rule }) => rule.startsWith('P1/suction'))
    const epochOf = async () => (await ask('/api/v1/site')).body['epoch']
    const epoch = await epochOf()
    const ruleAt = (limit: number) =>
      [
        'alarms:',
        '  - id: suction',
        '    for: { kind: pump-set }',
        '    name: Suction pressure high',
        '    point: inlet_pressure',
        `    limits: { hi: ${limit} }`,
        '    delay: { on: 1s, off: 1s }',
        '    priority: low',
        '    class: P3',
        '    skill: water',
        'tests:',
        '  - name: a second above the limit is an alarm',
        '    device: P1',
        '    every: 1s',
        '    given: [{ at: 0s, values: { inlet_pressure: 0.1 } }, { at: 10s, values: { inlet_pressure: 0.9 } }]',
        '    expect: [{ at: 11s, raised: suction.hi }]',
        '',
      ].join('\n')

    // The question: what would it have said today? Asked of the running gateway, on what it has recorded.
    const tryOn = (text: string) =>
      ask('/api/v1/rules/test', {
        method: 'POST',
        body: { rules: text, from: new Date(Date.now() - 600_000).toISOString(), compare: true },
        withinMs: 30_000,
      })
    await until(
      'the history would have raised it',
      async () => {
        const { body } = await tryOn(ruleAt(0.15))
        const report = body['report'] as { totals: { alarms: number } } | null
        return report !== null && report.totals.alarms === 1
      },
      60_000,
    )
    const tried = (await tryOn(ruleAt(0.15))).body as {
      tests: { holds: boolean }[]
      report: { findings: { rule: string; evidence: { point: string; value: number; limit: number } }[] }
      comparison: { onlyAfter: unknown[] }
    }
    t.match(tried.report.findings, [
      { rule: 'P1/suction.hi', evidence: { point: 'inlet_pressure', value: 0.2, limit: 0.15 } },
    ])
    t.equal(tried.comparison.onlyAfter.length, 1)
    t.strictSame(
      tried.tests.map(({ holds }) => holds),
      [true],
    )
    const wrong = await tryOn(ruleAt(0.15).replace('point: inlet_pressure', 'point: inlet_presure'))
    t.match(wrong.body['faults'], [{ code: 'unknown_reference', line: 5, params: { hint: 'inlet_pressure' } }])
    t.strictSame(await alarms(), [], 'a trial raises nothing')

    // Tested by its own series, and on the recorded hours beside the running gateway.
    writeFileSync(rules, ruleAt(0.15))
    const tested = await caretaker(['rules', 'test', rules, '--data', data])
    t.equal(tested.code, 0, tested.error)
    t.match(tested.out, /ok {6}a second above the limit is an alarm/)
    t.match(tested.out, /P1\/suction\.hi +1 +1/)

    // Shown, then in force.
    const shown = await reload('--dry-run')
    t.match(shown.out, /rule P1\/suction\.hi added/)
    t.match(await reload(), { code: 0, out: /in force, without a restart/ })
    await until('the alarm is raised', async () => (await alarms()).length === 1, 20_000)
    const [first] = await alarms()

    // F57: torn anywhere, nothing takes effect, and the words say where.
    const next = ruleAt(0.5)
    for (const cut of [20, 47, 90, 150, 260]) {
      writeFileSync(rules, next.slice(0, cut))
      t.match(await reload(), { code: 78, error: /pumps\.yaml:\d+:\d+ [^]*the configuration in force stays/ })
    }
    t.match(await alarms(), [{ id: first!.id, closedAt: null }])

    // F51: changed under its alarm, the alarm is kept, and the new limit lets it end.
    writeFileSync(rules, next)
    t.match(await reload(), { code: 0, out: /rule P1\/suction\.hi changed: watch\.limit 0\.15 → 0\.5/ })
    await until('the new limit judges', async () => (await alarms())[0]?.state === 'returned', 20_000)
    t.equal((await alarms())[0]!.id, first!.id)

    // F51: removed, it is closed.
    writeFileSync(rules, 'alarms: []\n')
    t.match((await ask('/api/v1/site/reload', { method: 'POST', body: { dryRun: false } })).body, {
      outcome: 'applied',
      changes: [{ kind: 'rule', id: 'P1/suction.hi', change: 'removed', needsRestart: false }],
    })
    await until('it is closed', async () => (await alarms())[0]?.closedAt !== null, 20_000)

    // A device cannot be changed so: refused with words, or by a start in place.
    writeFileSync(file, readFileSync(file, 'utf8').replace('unit_id: 1', 'unit_id: 2'))
    t.match(await reload(), { code: 1, out: /device P1 changed \(needs a restart\)/, error: /needs a restart/ })
    t.match((await ask('/api/v1/site/reload', { method: 'POST', body: {} })).body, { outcome: 'needs_restart' })
    t.equal(await epochOf(), epoch, 'one life all along')
    pump.unit(2).holding.set(OUTLET, 500)
    t.match(await reload('--restart'), { code: 0, out: /starts again in place/ })
    await until('started again', async () => (await epochOf().catch(() => epoch)) !== epoch, 20_000)
    t.match(await caretaker(['reload', '--data', join(dirname(file), 'nowhere')]), {
      code: 1,
      error: /no gateway is running/,
    })
    t.strictSame(await gateway.end('SIGTERM'), { code: 0, signal: null })
    const verified = await caretaker(['verify', '--data', data])
    t.equal(verified.code, 0, verified.out + verified.error)
  },
)
