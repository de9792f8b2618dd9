import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Reading } from '#devices/reading.ts'
import { Backtest } from '#gateway/backtest/backtest.ts'
import { eachMoment, type Series } from '#gateway/backtest/moments.ts'
import { compared, type Finding, type Report } from '#gateway/backtest/report.ts'
import { runBacktest } from '#gateway/backtest/run.ts'
import { runRuleTests } from '#gateway/backtest/trying.ts'
import { lookBackMsOf } from '#gateway/backtest/look-back.ts'
import { folderStretches } from '#gateway/backtest/stretches.ts'
import { planOf, pointsOf, trialOf } from '#gateway/backtest/trial.ts'
import { openHistorySink } from '#gateway/history-files/store-ports.ts'
import { loadSite } from '#gateway/site/load.ts'
import { Run } from '#gateway/store/history/run.ts'
import { coreOf } from '#rules/core.ts'
import type { Event } from '#rules/event.ts'
import { caretaker } from '../fakes/gateway-process.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** 08:00 in Shanghai. */
const MORNING = Date.UTC(2026, 5, 1)
const SITE = `
site: { id: x, name: X, timezone: Asia/Shanghai }
buildings: [{ id: B1, floors: 2, homes_per_floor: 2 }]
assets:
  - { id: P1, kind: pump-set, serves: { buildings: [B1] } }
  - { id: P2, kind: pump-set, room: R2 }
connections: { plc: { protocol: modbus-tcp, host: 127.0.0.1, port: 502 } }
devices:
  - { id: P1, profile: booster-pump-set, connection: plc, unit_id: 1 }
  - { id: P2, profile: booster-pump-set, connection: plc, unit_id: 2 }
`
const RULES = 'alarms:\n  - { for: { kind: pump-set }, id: outlet-pressure, limits: { lo: 0.35 } }\n'

function folderWith(t: Pick<Test, 'teardown'>, rules = RULES, more = '') {
  const folder = mkdtempSync(join(tmpdir(), 'caretaker-backtest-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'rules'))
  writeFileSync(join(folder, 'site.yaml'), SITE + more)
  writeFileSync(join(folder, 'rules', 'pumps.yaml'), rules)
  const { site, faults } = loadSite('site.yaml', { env: {}, cwd: folder })
  if (!site || faults.length > 0) throw new Error(JSON.stringify(faults))
  return { folder, site }
}

/** Pressure each second for `hours`; low for ten minutes from each of the given minutes on. */
function pressures(device: string, hours: number, lowFrom: readonly number[]): Series {
  const run = new Run()
  for (let second = 0; second < hours * 3_600; second++) {
    const isLow = lowFrom.some((minute) => second >= minute * 60 && second < (minute + 10) * 60)
    run.push(MORNING + second * 1_000, isLow ? 0.2 : 0.6, 0)
  }
  return { device, point: 'outlet_pressure', run }
}

const whole = (series: readonly Series[], from: number, to: number) => ({
  from,
  to,
  series: series.length,
  read: () => [{ series, share: 1 }],
  close() {},
})

t.test('moments come in the order of time, each device with all that it said in it', async () => {
  const times = fc.uniqueArray(fc.integer({ min: 0, max: 50 }), { maxLength: 30 })
  const point = fc.record({ device: fc.constantFrom('A', 'B', 'C'), point: fc.constantFrom('x', 'y', 'z'), times })
  fc.assert(
    fc.property(fc.uniqueArray(point, { selector: ({ device, point: name }) => device + name }), (points) => {
      const series = points.map(({ device, point: name, times: own }) => {
        const run = new Run()
        for (const at of own.toSorted((a, b) => a - b)) run.push(at, at, 0)
        return { device, point: name, run }
      })
      const told: string[] = []
      const moments: [number, string][] = []
      eachMoment(series, (device, at, readings) => {
        moments.push([at, device])
        for (const reading of readings) told.push(`${reading.at} ${reading.device} ${reading.point} ${reading.value}`)
      })
      const all = points.flatMap(({ device, point: name, times: own }) =>
        own.map((at) => `${at} ${device} ${name} ${at}`),
      )
      const isOrdered = moments.every(([at], i) => i === 0 || moments[i - 1]![0] <= at)
      const isTogether = new Set(moments.map(String)).size === moments.length
      return isOrdered && isTogether && JSON.stringify(told.toSorted()) === JSON.stringify(all.toSorted())
    }),
    { seed: 6, numRuns: 300 },
  )
})

t.test('a backtest judges as the live core does: the same conditions at the same moments', async (t) => {
  const { site } = folderWith(t)
  const plan = planOf(trialOf(site, ['P1/outlet-pressure', 'P2/outlet-pressure']))
  const series = [pressures('P1', 3, [30, 100]), pressures('P2', 3, [35])]
  const conditions = (events: readonly Event[]) =>
    events.flatMap((event) =>
      event.type === 'condition.became' ? [[event.at, event.rule, event.state, event.since]] : [],
    )
  const live = coreOf({ ...plan, staff: site.plan.staff })
  const lived: Event[] = []
  let id = 0
  eachMoment(series, (device, at, readings) =>
    lived.push(...live.judge({ source: device, receivedAt: at, readings }, ++id)),
  )
  const tried: Event[] = []
  const backtest = new Backtest({ plan, from: MORNING, watch: (event) => void tried.push(event) })
  eachMoment(series, (_, at, readings) => backtest.take(at, readings))
  t.ok(conditions(lived).length >= 6)
  t.strictSame(conditions(tried), conditions(lived))
})

t.test('a backtest says alarms, orders, notices, night calls, and what fell in planned work', async (t) => {
  const { site } = folderWith(t)
  const plan = planOf(trialOf(site, ['P1/outlet-pressure', 'P2/outlet-pressure']))
  // At 09:00, 13:00 and 23:00 of the site; the last one on the asset that no home depends on.
  const series = [pressures('P1', 24, [60, 300]), pressures('P2', 24, [900])]
  const report = runBacktest(plan, whole(series, MORNING, MORNING + 24 * HOUR), {
    planned: [
      { from: MORNING + 5 * HOUR, to: MORNING + 6 * HOUR, asset: 'P1' },
      { from: MORNING + 15 * HOUR, to: MORNING + 16 * HOUR, asset: 'P1' },
    ],
    progress() {},
  })
  t.strictSame(report.totals, { alarms: 3, orders: 3, notices: 2, nightCalls: 1, inPlannedWork: 1 })
  t.match(report.perRule, {
    'P1/outlet-pressure.lo': { alarms: 2, orders: 2, notices: 2, nightCalls: 0, inPlannedWork: 1 },
    'P2/outlet-pressure.lo': { alarms: 1, orders: 1, notices: 0, nightCalls: 1, inPlannedWork: 0 },
  })
  t.strictSame(
    report.findings.map(({ rule, occurredAt, raisedAt, clearedAt, planned }) => [
      rule,
      (occurredAt - MORNING) / MINUTE,
      (raisedAt - MORNING) / MINUTE,
      (clearedAt! - MORNING) / MINUTE,
      planned,
    ]),
    [
      ['P1/outlet-pressure.lo', 60, 60.25, 71, false],
      ['P1/outlet-pressure.lo', 300, 300.25, 311, true],
      ['P2/outlet-pressure.lo', 900, 900.25, 911, false],
    ],
  )
  t.match(report.findings[0]!.evidence, { point: 'outlet_pressure', value: 0.2, limit: 0.35 })
})

t.test('the history of a folder is told in stretches, with an hour before the range that is not counted', async (t) => {
  const { folder, site } = folderWith(t)
  const sink = await openHistorySink(join(folder, 'data'))
  const { run } = pressures('P1', 8, [60, 300])
  const readings: Reading[] = Array.from(run.times, (at, i) => ({
    device: 'P1',
    point: 'outlet_pressure',
    value: run.valueAt(i),
    quality: 'good',
    at,
  }))
  await sink.write(readings)
  await sink.close()
  const plan = planOf(trialOf(site, ['P1/outlet-pressure']))
  const within = (from: number, to: number) => {
    const range = { from, to, lookBackMs: lookBackMsOf(plan) }
    const stretches = folderStretches(join(folder, 'data'), pointsOf(plan), range)
    const report = runBacktest(plan, stretches, { planned: [], progress() {} })
    stretches.close()
    return report
  }
  t.equal(within(0, Infinity).readings, readings.length)
  t.equal(within(0, Infinity).totals.alarms, 2)
  const later = within(MORNING + 65 * MINUTE, MORNING + 4 * HOUR)
  t.equal(later.totals.alarms, 0, 'it stood when the range began')
  t.throws(() => folderStretches(join(folder, 'none'), pointsOf(plan), { from: 0, to: 1 }), { code: 'no_store' })
})

t.test('rules that look back are told what was for as long as they look back, and of both devices', async (t) => {
  const alarm = (text: string) =>
    `  - { for: P1, id: own-${text.length}, name: X, priority: low, class: P3, skill: water, delay: { on: 0s, off: 0s }, ${text} }\n`
  for (const [text, hours] of [
    ['point: outlet_pressure, limits: { lo: 0.3 }, window: { of: avg, over: 3h }', 3],
    ['point: outlet_pressure, limits: { lo: 0.3 }', 1],
    ['point: outlet_pressure, moving_normal: { short: 10m, normal: 5h }', 5 + 1 / 6],
    ['point: outlet_pressure, stuck: { for: 1h, driver: \'avg(inlet_pressure, "2h") > 0.1\' }', 2],
    ['when: pump1_running, enabled_when: \'rate(outlet_pressure, "7h") < 0.1\'', 7],
    ['point: outlet_pressure, limits: { lo: 0.3 }, delay: { on: 90m }', 1.5],
  ] as const) {
    const written = alarm(text).replace(/delay: { on: 0s, off: 0s }, (?=.*delay)/, '')
    const { site } = folderWith(t, `alarms:\n${written}`)
    const plan = planOf(trialOf(site, [`P1/own-${text.length}`]))
    t.ok(Math.abs(lookBackMsOf(plan) - hours * HOUR) < 1, text)
  }
  const pair = alarm('point: outlet_pressure, disagrees: { with: outlet_pressure, of: P3, by: 0.1 }')
  const { site } = folderWith(
    t,
    `alarms:\n${pair}`,
    '  - { id: P3, asset: P1, profile: booster-pump-set, connection: plc, unit_id: 3 }\n',
  )
  const plan = planOf(trialOf(site, [site.ruleFiles[0]!.alarms[0]!]))
  t.strictSame(
    [...pointsOf(plan)],
    [
      ['P1', new Set(['outlet_pressure'])],
      ['P3', new Set(['outlet_pressure'])],
    ],
  )
  const report = runBacktest(
    plan,
    whole([pressures('P1', 2, [60]), pressures('P3', 2, [])], MORNING, MORNING + 2 * HOUR),
    { planned: [], progress() {} },
  )
  t.equal(report.totals.alarms, 1, 'one alarm while the two say different things')
})

t.test('two versions are compared by when their alarms stood', async (t) => {
  const finding = (rule: string, raisedAt: number, clearedAt: number | null) =>
    ({ rule, raisedAt, clearedAt }) as unknown as Finding
  const report = (...findings: Finding[]) => ({ findings }) as unknown as Report
  const [same, later, gone, fresh] = [
    finding('a', 10, 20),
    finding('a', 15, null),
    finding('a', 1, 5),
    finding('b', 10, 20),
  ]
  t.strictSame(compared(report(gone, same), report(later, fresh)), {
    onlyBefore: [gone],
    onlyAfter: [fresh],
    inBoth: 1,
  })
})

t.test('a small series by hand: each moment that differs is told', async (t) => {
  const low = '{ at: 60s, values: { outlet_pressure: 0.2 } }'
  const good = (at: number) => `{ at: ${at}s, values: { outlet_pressure: 0.6 } }`
  for (const [given, expect, missing, unexpected] of [
    [[good(0), low], '[{ at: 75s, raised: outlet-pressure.lo }]', [], []],
    [[good(0), low], '[{ at: 75s, raised: outlet-pressure }]', [], []],
    [[good(0), low], '[{ at: 95s, raised: outlet-pressure }]', [95_000], [75_000]],
    [[good(0), low], '[]', [], []],
    [
      [good(0), low, good(100)],
      '[{ at: 75s, raised: outlet-pressure.lo }, { at: 160s, cleared: outlet-pressure.lo }]',
      [],
      [],
    ],
    [[good(0), low, good(70)], '[{ at: 120s, raised: outlet-pressure }]', [120_000], []],
    // Nothing is heard for longer than a value holds: no delay ends.
    [[low.replace('60s', '0s'), '{ at: 5s, silent: true }', good(200)], '[]', [], []],
    [
      ['{ at: 0s, values: { outlet_pressure: { bad: out_of_range } } }', low],
      '[{ at: 75s, raised: outlet-pressure }]',
      [],
      [],
    ],
  ] as const) {
    const test = `tests:\n  - { name: n, device: P1, given: [${given.join(', ')}], expect: ${expect} }\n`
    const { site } = folderWith(t, RULES + test)
    const [file] = site.ruleFiles
    const [result] = runRuleTests(file!.tests, trialOf(site, file!.alarms))
    t.strictSame(
      [result!.missing.map(({ at }) => at), result!.unexpected.map(({ at }) => at)],
      [missing, unexpected],
      `${given.join(' ')} ${expect}`,
    )
    t.equal(result!.holds, missing.length + unexpected.length === 0)
  }
})

t.test('caretaker rules test: a table or JSON, and an exit code for CI', { timeout: 120_000 }, async (t) => {
  const { folder } = folderWith(t)
  const rules = join(folder, 'rules', 'pumps.yaml')
  const { run } = pressures('P1', 2, [60])
  const rows = Array.from(run.times, (at, i) => [at, run.valueAt(i)] as const)
  const [csv, lines] = [join(folder, 'a.csv'), join(folder, 'a.lp')]
  writeFileSync(csv, ['time,device,point,value', ...rows.map(([at, v]) => `${at},P1,outlet_pressure,${v}`)].join('\n'))
  writeFileSync(lines, rows.map(([at, v]) => `pump,device=P1 outlet_pressure=${v} ${at}\n`).join(''))
  for (const data of [csv, lines]) {
    const { code, out } = await caretaker(['rules', 'test', rules, '--data', data])
    t.equal(code, 0)
    t.match(out, /7,200 readings of 1 series/)
    t.match(out, /P1\/outlet-pressure\.lo +1 +1 +1 +0 +0/)
    t.match(out, /outlet_pressure 0\.2 \(limit 0\.35\)/)
  }
  const old = join(folder, 'old.yaml')
  writeFileSync(old, RULES.replace('0.35', '0.1'))
  const shown = await caretaker(['rules', 'test', rules, '--data', csv, '--against', old, '--json', '--at-most', '0'])
  t.equal(shown.code, 1, 'more alarms than were allowed')
  const { report, comparison } = JSON.parse(shown.out) as { report: Report; comparison: { onlyAfter: Finding[] } }
  t.equal(report.totals.alarms, 1)
  t.equal(comparison.onlyAfter.length, 1)
  writeFileSync(
    rules,
    `${RULES}tests: [{ name: no, device: P1, given: [{ at: 0s, values: { outlet_pressure: 1 } }], expect: [{ at: 5s, raised: outlet-pressure }] }]\n`,
  )
  const failed = await caretaker(['rules', 'test', rules])
  t.equal(failed.code, 1)
  t.match(failed.out, /not ok {2}no\n +expected outlet-pressure raised at 5s, which did not come/)
  writeFileSync(rules, RULES.replace('pump-set', 'pumpset'))
  t.match(await caretaker(['rules', 'test', rules]), { code: 78, error: /pumps\.yaml:2:12 .*did you mean "pump-set"/ })
  writeFileSync(rules, RULES)
  t.match(await caretaker(['rules', 'test', rules]), { code: 2, error: /holds no tests/ })
})
