import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { checkRoster } from '#gateway/commands/roster.ts'
import type { Edge } from '#gateway/commands/edge.ts'
import { loadSite } from '#gateway/site/load.ts'

const HEAD = `
site: { id: tiny, name: Tiny, timezone: Asia/Shanghai }
assets:
  - { id: P1, kind: pump-set }
  - { id: L1, kind: lift }
connections: { plc: { protocol: modbus-tcp, host: 127.0.0.1, port: 15021 } }
devices: [{ id: P1, profile: booster-pump-set, connection: plc, unit_id: 1 }]
`
const WELL = `
shifts: { day: ['07:00-19:00'], night: ['19:00-07:00'], split: ['08:00-12:00', '14:00-18:00'] }
rotations:
  crews: { cycle: [day, night, off], from: '2026-01-05' }
  office: { week: { mon-fri: split, sat: day }, holiday: off }
calendar: { holidays: ['2026-10-01/2026-10-03'], workdays: { '2026-10-10': tue } }
certificates: { lift: lift-officer }
roster_owner: manager
staff:
  - { id: PM, role: manager, regions: [site], skills: [], duty: ['00:00-24:00'] }
  - { id: T1, role: technician, regions: [site], skills: [water], rotation: crews, phase: 1, certificates: { rope: '2027-01-31' } }
  - { id: T2, role: technician, regions: [site], skills: [water], rotation: office }
  - { id: T3, role: technician, regions: [site], skills: [water], duty: [night, '12:00-13:00'] }
  - { id: LC, role: contractor, regions: [site], skills: [lift], duty: [day], assets: [lift, P1] }
`
/** `file` in a folder of its own. */
function load(t: { testdir(files: Record<string, string>): string }, text: string) {
  const cwd = t.testdir({ 'site.yaml': HEAD + text })
  return loadSite('site.yaml', { env: {}, cwd })
}

t.test('shifts, rotations, the calendar and certificates are read as people mean them', (t) => {
  const { site, faults } = load(t, WELL)
  t.same(faults, [])
  const { staff, calendar, certificates, rosterOwner } = site!.plan
  const of = (id: string) => staff.find((person) => person.id === id)!
  t.equal(rosterOwner, 'PM', 'a role is a person')
  t.same(calendar, { holidays: ['2026-10-01', '2026-10-02', '2026-10-03'], workdays: { '2026-10-10': 2 } })
  t.same(certificates, { lift: 'lift-officer' })
  const day = [{ from: 420, to: 1_140 }]
  const night = [{ from: 1_140, to: 1_860 }]
  const split = [
    { from: 480, to: 720 },
    { from: 840, to: 1_080 },
  ]
  t.same(of('T1').rotation, { id: 'crews', days: [day, night, []], from: '2026-01-04' }, 'a day ahead in the round')
  t.same(of('T1').certificates, { rope: '2027-01-31' })
  t.same(of('T2').rotation, {
    id: 'office',
    days: [split, split, split, split, split, day, []],
    from: null,
    holiday: [],
  })
  t.same(of('T3').duty, [...night, { from: 720, to: 780 }], 'a shift beside hours')
  t.same(of('LC').assets, ['L1', 'P1'], 'all of a kind, and one by name')
  t.end()
})

t.test('what is wrong with it is named by its place, and the rest runs', (t) => {
  const rows: [name: string, change: [string, string], code: string, line: RegExp][] = [
    ['an unknown shift', ['cycle: [day, night, off]', 'cycle: [dya, night, off]'], 'unknown_reference', /dya/],
    ['an unknown rotation', ['rotation: office', 'rotation: ofice'], 'unknown_reference', /ofice/],
    ['a shift in a shift', ["day: ['07:00-19:00']", 'day: [night]'], 'wrong_value', /day/],
    ['no hours at all', [', rotation: office', ''], 'missing_key', /duty/],
    ['a day that is none', ["from: '2026-01-05'", "from: '2026-02-30'"], 'wrong_value', /from/],
    [
      'a holiday that ends before it begins',
      ['2026-10-01/2026-10-03', '2026-10-03/2026-10-01'],
      'wrong_value',
      /holidays/,
    ],
    ['a certificate until no day', ['2027-01-31', '2027-02-31'], 'wrong_value', /rope/],
    ['an unknown asset', ['assets: [lift, P1]', 'assets: [lifts, P1]'], 'unknown_reference', /lifts/],
    ['an unknown owner', ['roster_owner: manager', 'roster_owner: manger'], 'unknown_reference', /manger/],
    ['a weekday that is none', ['mon-fri', 'mon-fry'], 'unknown_key', /mon-fry/],
  ]
  for (const [name, [from, to], code, said] of rows) {
    const { site, faults } = load(t, WELL.replace(from, to))
    t.ok(site, name)
    t.ok(
      faults.some((fault) => fault.code === code && said.test(JSON.stringify(fault.params)) && fault.line > 8),
      `${name}: ${JSON.stringify(faults)}`,
    )
  }
  t.end()
})

t.test('caretaker roster check says where nobody will be, and fails where not even a contractor is there', (t) => {
  const check = (text: string, at: string) => {
    const cwd = join(t.testdirName, `site-${Math.abs(at.length + text.length)}`)
    mkdirSync(cwd, { recursive: true })
    writeFileSync(join(cwd, 'site.yaml'), HEAD + text)
    const lines: string[] = []
    const edge = { env: {}, cwd, out: (line: string) => lines.push(line), error: (line: string) => lines.push(line) }
    const code = checkRoster(edge as unknown as Edge, 'site.yaml', { days: 1, at: Date.parse(at) })
    return { code, text: lines.join('\n') }
  }
  t.testdir({})
  const night = WELL.replace('duty: [night', "duty: ['00:00-24:00'")
  t.match(check(night, '2026-12-08T10:00:00+08:00'), { code: 0, text: /0 gaps without anybody/ })
  const gap = check(WELL, '2026-12-08T10:00:00+08:00')
  t.equal(gap.code, 1)
  t.match(gap.text, /site × water: nobody 2026-12-08 \d\d:\d\d – 2026-12-08 \d\d:\d\d/)
  t.end()
})
