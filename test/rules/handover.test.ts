import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import t from 'tap'
import { lastChange, nextChange } from '#rules/handover/changes.ts'
import { at, orderSite, person, said } from './order-site.ts'

const DAY = [7 * 60, 19 * 60]
const NIGHT = [19 * 60, 31 * 60]
const STAFF = [
  person('T1', 'technician', ['water'], DAY),
  person('T2', 'technician', ['water'], NIGHT),
  person('MR', 'monitor'),
  person('CE', 'chief'),
  person('PM', 'manager'),
]
const handovers = [{ id: 'repairs', name: 'Repairs', who: ['technician'], at: [7 * 60, 19 * 60] }]
const site = (changes: Parameters<typeof orderSite>[1] = {}) => orderSite('P1', { staff: STAFF, handovers, ...changes })
type Estate = ReturnType<typeof site>
const opened = (estate: Estate) =>
  estate.of('handover.opened').map((sheet) => {
    return `${sheet.outgoing.join('+')} → ${sheet.incoming.join('+')} ${said(sheet.changeAt)} at ${said(sheet.at)}`
  })
const sheetId = (estate: Estate) => estate.of('handover.opened').at(-1)!.handover

t.test('a quarter of an hour before each change there is a sheet for who leaves and who comes', async (t) => {
  const estate = site()
  estate.says('6 06:00', 1)
  estate.passes('7 07:00')
  t.strictSame(opened(estate), [
    'T2 → T1 6 07:00 at 6 06:45',
    'T1 → T2 6 19:00 at 6 18:45',
    'T2 → T1 7 07:00 at 7 06:45',
  ])
})

t.test('both sides sign; what is open stands there as it was then', async (t) => {
  const estate = site()
  estate.says('6 18:00', 20)
  const order = estate.of('order.opened')[0]!.order
  const eta = at('6 21:00')
  estate.does('6 18:10', { type: 'order.accept', order, by: 'T1' })
  estate.does('6 18:20', { type: 'order.update', order, by: 'T1', text: 'pump', eta })
  estate.does('6 18:30', { type: 'lockout.hang', asset: 'A', by: 'T1', reason: 'open' })
  estate.passes('6 18:50')
  const handover = sheetId(estate)
  const sign = (time: string, by: string, more = {}) =>
    estate.does(time, { type: 'handover.sign', handover, by, ...more })
  t.equal(sign('6 18:55', 'MR'), 'not_on_shift')
  t.equal(sign('6 18:55', 'X'), 'unknown_person')
  t.equal(sign('6 18:55', 'T1', { side: 'incoming' }), 'not_on_shift')
  t.equal(sign('6 18:55', 'T1', { note: 'the key is in the box' }), 'done')
  t.equal(sign('6 18:56', 'T1'), 'already_signed')
  const [alarm, lockout] = [estate.of('alarm.raised')[0]!.alarm, estate.of('lockout.hung')[0]!.lockout]
  t.match(estate.of('handover.signed'), [
    {
      side: 'outgoing',
      by: 'T1',
      note: 'the key is in the box',
      items: { orders: [order], standing: [alarm], shelved: [], lockouts: [lockout], promises: [{ order, eta }] },
    },
  ])
  t.equal(sign('6 19:05', 'T2'), 'done')
  t.equal(sign('6 19:06', 'T2'), 'unknown_handover', 'it is signed by both')
  estate.passes('6 20:00')
  t.strictSame(estate.of('handover.overdue'), [])
})

t.test(
  'not signed a quarter of an hour after the change: the head hears of it, once; it may still be signed',
  async (t) => {
    const estate = site({ paging: { roads: ['card'], room: 'MR' } })
    estate.says('6 18:00', 1)
    estate.passes('6 18:50')
    const handover = sheetId(estate)
    estate.does('6 18:55', { type: 'handover.sign', handover, by: 'T1' })
    estate.passes('6 19:14')
    t.strictSame(estate.of('handover.overdue'), [])
    estate.passes('6 23:00')
    t.match(estate.of('handover.overdue'), [{ handover, missing: ['incoming'], to: ['CE'], at: at('6 19:15') }])
    t.match(estate.of('page.sent'), [{ purpose: 'handover', person: 'CE', subject: handover }])
    t.equal(
      estate.does('6 23:01', { type: 'handover.sign', handover, by: 'CE', side: 'incoming' }),
      'done',
      'the head steps in',
    )
    estate.passes('7 07:00')
    t.strictSame(estate.of('handover.lapsed'), [])
  },
)

t.test('a sheet that nobody signed lapses with the next', async (t) => {
  const estate = site()
  estate.says('6 18:00', 1)
  estate.passes('7 06:45')
  t.match(estate.of('handover.lapsed'), [{ missing: ['outgoing', 'incoming'], at: at('7 06:45') }])
  t.equal(estate.of('handover.opened').length, 2)
})

t.test('where the same people stay, nothing is handed over', async (t) => {
  const estate = site({ handovers: [{ id: 'room', name: 'Room', who: ['MR'], at: [8 * 60] }] })
  estate.says('6 07:00', 1)
  estate.passes('8 12:00')
  t.equal(estate.of('handover.opened').length, 0)
  t.equal(estate.of('handover.skipped').length, 3)
})

t.test('what is silenced stands apart; what is over does not stand there', async (t) => {
  const estate = site()
  estate.says('6 18:00', 20)
  const alarm = estate.of('alarm.raised')[0]!.alarm
  estate.does('6 18:10', { type: 'alarm.shelve', alarm, by: 'CE', reason: 'x', forMs: 4 * 3_600_000, oneShot: false })
  estate.passes('6 18:50')
  estate.does('6 18:55', { type: 'handover.sign', handover: sheetId(estate), by: 'T1' })
  t.match(estate.of('handover.signed').at(-1)!.items, { standing: [], shelved: [alarm] })
  estate.says('6 18:56', 1)
  estate.does('6 19:01', { type: 'handover.sign', handover: sheetId(estate), by: 'T2' })
  t.match(estate.of('handover.signed').at(-1)!.items, { standing: [], shelved: [] })
})

t.test('F62 of the changes that passed while the gateway was down only the last is handed over', async (t) => {
  const before = site()
  before.says('6 06:00', 1)
  before.passes('6 07:30')
  const again = orderSite('P1', { staff: STAFF, handovers }, before.flow)
  again.returns('8 19:05', '6 07:30')
  t.strictSame(opened(again), ['T1 → T2 8 19:00 at 8 19:05'])
  again.passes('8 19:15')
  t.equal(again.of('handover.overdue').length, 1)
})

t.test('a post that is added later begins with its next change, years of others are not looked through', async (t) => {
  const before = site({ handovers: [] })
  before.says('6 06:00', 1)
  before.passes('2006 10:00')
  const again = orderSite('P1', { staff: STAFF, handovers }, before.flow)
  again.passes('2006 18:45')
  t.strictSame(
    again.events.flatMap((event) => ('changeAt' in event ? [`${event.type} ${event.changeAt}`] : [])),
    [`handover.skipped ${at('2006 07:00')}`, `handover.opened ${at('2006 19:00')}`],
    'the sheet of the evening, none of the morning',
  )
})

t.test('the last change is the one before the next, whatever the clocks do', async (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom('Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe'),
      fc.integer({ min: 0, max: 5_260_000 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 1_439 }), { minLength: 1, maxLength: 3 }),
      (zone, minute, minutes) => {
        const now = Date.UTC(2023, 0, 1) + minute * 60_000
        const last = lastChange(minutes, zone, now)
        const next = nextChange(minutes, zone, now)
        return last <= now && nextChange(minutes, zone, last) === next && lastChange(minutes, zone, next - 1) === last
      },
    ),
    { numRuns: 50 },
  )
  t.pass('50 moments')
})

t.test(
  'F16 the wall clock is set: a sheet is due by the new time, and a far day that was wrong is forgotten',
  async (t) => {
    const step = (estate: Estate, time: string, byMs: number) =>
      estate.records(time, { type: 'clock.stepped', byMs, trace: 'C' })
    const estate = site()
    estate.says('6 18:00', 1)
    estate.passes('6 18:50')
    t.equal(opened(estate).length, 1)
    step(estate, '6 18:50', -10 * 60_000)
    estate.passes('6 19:20')
    t.strictSame(estate.of('handover.overdue'), [], 'on the wall it is 19:10')
    estate.passes('6 19:30')
    t.match(estate.of('handover.overdue'), [{ dueAt: at('6 19:25'), at: at('6 19:25') }])

    const wrong = site()
    wrong.says('6 18:00', 1)
    step(wrong, '6 18:01', 10_000 * 3_600_000)
    wrong.passes('6 18:02')
    step(wrong, '6 18:03', -10_000 * 3_600_000)
    wrong.passes('6 18:45')
    t.match(wrong.of('handover.opened').at(-1), { changeAt: at('6 19:00'), at: at('6 18:45') })
  },
)

t.test('F18 F19 changes come in order, each day each once, through ten years and changes of the clocks', async (t) => {
  const zones = ['Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe'] as const
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: 0, max: 5_260_000 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 1_439 }), { minLength: 1, maxLength: 3 }),
      (zone, minute, minutes) => {
        const from = Date.UTC(2023, 0, 1) + minute * 60_000
        let last = from
        const days = new Map<string, number>()
        for (let i = 0; i < minutes.length * 3; i++) {
          const next = nextChange(minutes, zone, last)
          if (next <= last || next - last > 26 * 3_600_000) return false
          const day = Temporal.Instant.fromEpochMilliseconds(next).toZonedDateTimeISO(zone).toPlainDate().toString()
          days.set(day, (days.get(day) ?? 0) + 1)
          last = next
        }
        return [...days.values()].every((count) => count <= minutes.length)
      },
    ),
    { numRuns: 300 },
  )
  t.pass('300 rows of changes')
})
