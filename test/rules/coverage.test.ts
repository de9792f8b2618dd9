import t from 'tap'
import { RosterBook } from '#rules/roster/book.ts'
import { coverageOf, needsOf } from '#rules/roster/coverage.ts'
import { at, DAY, NIGHT, person, planOf, RosterSite, rule, said } from './roster-site.ts'

const ALWAYS = [{ from: 0, to: 1_440 }]
const CE = person('CE', { role: 'chief', skills: [], duty: DAY })
const T2 = person('T2', { skills: ['water'], duty: NIGHT })
const T1 = person('T1', { skills: ['water'], duty: DAY })
const T3 = person('T3', { certificates: { officer: '2026-12-20' } })
const LIFTCO = person('LiftCo', { role: 'contractor', duty: ALWAYS, assets: ['L1'] })
const MORE = { certificates: { lift: 'officer' }, rosterOwner: 'CE' }

t.test('where nobody will be: by region, skill and certificate, in the hours in which an order would wait', (t) => {
  const pump = rule('P1', { skill: 'water', class: 'P1' })
  const bin = rule('K1', { skill: 'cleaning', class: 'P3' })
  const lift = rule('L1')
  const rows: [name: string, staff: ReturnType<typeof person>[], from: string, to: string, gaps: string[]][] = [
    ['day and night, nothing', [T1, T2], '8 00:00', '9 00:00', ['lift 8 00:00-9 00:00', 'cleaning 8 06:00-8 22:00']],
    [
      'a skill by day only',
      [T3],
      '8 00:00',
      '9 00:00',
      ['cleaning 8 06:00-8 22:00', 'lift 8 00:00-8 07:00', 'lift 8 19:00-9 00:00', 'water 8 00:00-9 00:00'],
    ],
    [
      'a contractor at night',
      [T3, LIFTCO, T1, T2],
      '8 00:00',
      '9 00:00',
      ['cleaning 8 06:00-8 22:00', 'lift* 8 00:00-8 07:00', 'lift* 8 19:00-9 00:00'],
    ],
    [
      'the end of a certificate',
      [T3, T1, T2],
      '20 12:00',
      '21 12:00',
      ['lift 20 19:00-21 12:00', 'cleaning 20 12:00-20 22:00', 'cleaning 21 06:00-21 12:00'],
    ],
    [
      'without the certificate',
      [person('T9', { duty: ALWAYS }), T1, T2],
      '8 00:00',
      '9 00:00',
      ['lift 8 00:00-9 00:00', 'cleaning 8 06:00-8 22:00'],
    ],
    [
      'another region',
      [person('T9', { regions: ['south'], duty: ALWAYS }), T1, T2],
      '8 00:00',
      '9 00:00',
      ['lift 8 00:00-9 00:00', 'cleaning 8 06:00-8 22:00'],
    ],
    [
      'all covered',
      [
        T3,
        person('T8', { duty: NIGHT, certificates: { officer: '2027-01-01' } }),
        T1,
        T2,
        person('C1', { skills: ['cleaning'], duty: [{ from: 360, to: 1_320 }] }),
      ],
      '8 00:00',
      '9 00:00',
      [],
    ],
  ]
  for (const [name, staff, from, to, gaps] of rows) {
    const plan = planOf(staff, { ...MORE, rules: [pump, bin, lift] })
    const found = coverageOf(plan, new RosterBook(plan), at(from), at(to)).flatMap((row) => row.gaps)
    t.same(
      found.map((gap) => `${gap.skill}${gap.contractor ? '*' : ''} ${said(gap.from)}-${said(gap.to)}`).toSorted(),
      gaps.toSorted(),
      name,
    )
  }
  const plan = planOf([T1], { ...MORE, rules: [pump, bin, lift] })
  t.same(
    needsOf(plan).map(({ skill, certificate, calendars }) => [skill, certificate, ...calendars]),
    [
      ['cleaning', null, 'environment'],
      ['lift', 'officer', 'always'],
      ['water', null, 'always'],
    ],
  )
  t.end()
})

t.test('Story 1: on Monday at 17:30 the owner of the roster hears that nobody looks after the lifts at night', (t) => {
  const plan = planOf([CE, T1, T2, T3, LIFTCO], { ...MORE, rules: [rule('L1'), rule('P1', { skill: 'water' })] })
  const site = new RosterSite(plan, '7 12:00')
  site.passes('7 17:29')
  t.same(site.of('roster.checked'), [])
  site.passes('7 17:30')
  const [told] = site.of('roster.checked')
  t.match(told, { to: 'CE', day: '2026-12-07', at: at('7 17:30') })
  t.same(
    told!.gaps.map(({ skill, certificate, from, to, contractor }) => [
      skill,
      certificate,
      said(from),
      said(to),
      contractor,
    ]),
    [
      ['lift', 'officer', '8 00:00', '8 07:00', true],
      ['lift', 'officer', '8 19:00', '9 00:00', true],
    ],
  )
  site.passes('9 12:00')
  t.same(
    site.of('roster.checked').map((checked) => said(checked.at)),
    ['7 17:30', '8 17:30'],
    'once a day',
  )
  t.end()
})

t.test(
  'F16, F62: a step of the clock, a restart and a day without the gateway: each day is told once, late if need be',
  (t) => {
    const plan = planOf([CE, T3], MORE)
    const site = new RosterSite(plan, '7 12:00')
    site.passes('7 18:00')
    site.steps('7 18:01', -3_600_000)
    site.passes('7 19:30')
    t.equal(site.of('roster.checked').length, 1, 'half past five came again, and was told')
    site.restarts(plan)
    site.passes('9 09:00')
    t.equal(site.of('roster.checked').length, 2)
    const late = new RosterSite(plan, '7 20:00')
    late.passes('7 20:01')
    t.equal(late.of('roster.checked').length, 1, 'begun in the evening: told at once')
    const quiet = new RosterSite(planOf([CE, T3], { certificates: { lift: 'officer' } }), '7 12:00')
    quiet.passes('30 12:00')
    t.same(quiet.of('roster.checked'), [], 'without an owner there is nobody to tell')
    const other = new RosterSite(plan, '7 12:00')
    other.restarts(planOf([CE, T3]))
    other.passes('8 18:00')
    t.same(other.of('roster.checked'), [], 'nor after the owner was taken out')
    t.end()
  },
)

t.test(
  'a contractor is no staff, also where no certificate is asked for; and where it is listed for nothing it is nobody',
  (t) => {
    const marks = (contractor: ReturnType<typeof person>) => {
      const plan = planOf([T3, contractor], { rules: [rule('L1')] })
      const rows = coverageOf(plan, new RosterBook(plan), at('8 00:00'), at('9 00:00'))
      return rows.flatMap(({ gaps }) => gaps.map((gap) => gap.contractor ?? false))
    }
    t.same(marks(LIFTCO), [true, true])
    t.same(marks({ ...LIFTCO, assets: [] }), [false, false])
    t.end()
  },
)

t.test('a leave that is granted makes a gap, and a swap closes it', (t) => {
  const plan = planOf([CE, T3, person('T8', { duty: [], certificates: { officer: '2027-01-01' } })], {
    ...MORE,
    rules: [rule('L1', { class: 'P2' })],
  })
  const site = new RosterSite(plan, '7 08:00')
  const span = { from: at('8 07:00'), to: at('8 19:00') }
  site.does('7 09:00', { type: 'roster.grant_leave', person: 'T3', reason: 'leave', ...span })
  site.passes('7 17:30')
  const gaps = () =>
    site
      .of('roster.checked')
      .at(-1)!
      .gaps.map(({ from, to }) => `${said(from)}-${said(to)}`)
  t.same(gaps(), ['8 07:00-8 23:00'])
  site.does('7 18:00', { type: 'roster.add_duty', person: 'T8', instead: 'T3', from: at('9 07:00'), to: at('9 23:00') })
  site.passes('8 17:30')
  t.same(gaps(), [])
  t.end()
})

t.test('certificates are spoken of 30 and 7 days before they end and on the last day, once each', (t) => {
  const site = new RosterSite(planOf([CE, T3], MORE), '1 00:00')
  site.passes('25 00:00')
  const told = () =>
    site
      .of('roster.certificate_expiring')
      .map(({ person: who, days, at: when, to }) => `${who} ${days} ${said(when)} ${to}`)
  t.same(
    told(),
    ['T3 30 1 00:00 CE', 'T3 7 13 09:00 CE', 'T3 0 20 09:00 CE'],
    'the first one late: the gateway began then',
  )
  site.restarts(planOf([CE, T3], MORE))
  site.does('25 01:00', {
    type: 'roster.record_certificate',
    person: 'T3',
    certificate: 'officer',
    until: '2026-12-28',
  })
  site.passes('25 02:00')
  t.same(told().slice(3), ['T3 7 25 01:00 CE'], 'a new one is spoken of anew, by the last that is due')
  t.end()
})
