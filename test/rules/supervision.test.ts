import t from 'tap'
import type { OrderClass } from '#devices/alarm-definition.ts'
import { OrderClocks, type OrderFacts } from '#rules/clocks/order-clocks.ts'
import { coreOf } from '#rules/core.ts'
import type { Command, CommandBody } from '#rules/command.ts'
import type { Event, EventOf, EventType } from '#rules/event.ts'
import type { Person, Plan } from '#rules/plan.ts'

const MIN = 60_000
const H = 60 * MIN
/** `6 21:40` is the sixth of January 2026 on the wall of a site in Shanghai. */
const at = (text: string) => {
  const [day, time] = text.split(' ') as [string, string]
  const [hour, minute, second = 0] = time.split(':').map(Number) as [number, number, number?]
  return Date.UTC(2026, 0, Number(day), hour - 8, minute, second)
}
const said = (ms: number | null | undefined) => {
  if (ms == null) return '-'
  const wall = new Date(ms + 8 * H)
  return `${wall.getUTCDate()} ${wall.toISOString().slice(11, 16)}`
}
const clocks = new OrderClocks('Asia/Shanghai')
const opened = (ofClass: OrderClass, time: string, changes: Partial<OrderFacts> = {}): OrderFacts => ({
  class: ofClass,
  startedAt: at(time),
  acceptedAt: null,
  arrivedAt: null,
  restoredAt: null,
  toldAt: null,
  pauses: [],
  ...changes,
})

t.test('each class keeps its promises by its own calendar', async (t) => {
  for (const [ofClass, time, ack, arrive, restore, feedback, levels] of [
    ['P0', '6 03:00', '6 03:03', '6 03:10', '6 04:00', '6 03:05', '6 03:03 6 03:10 6 03:45'],
    ['P1', '6 06:30', '6 06:35', '6 07:00', '6 10:30', '6 06:45', '6 06:40 6 07:30 6 10:30'],
    ['P2', '6 10:00', '6 10:15', '6 12:00', '6 18:00', '6 14:00', '6 10:30 6 14:00 7 10:00'],
    ['P2', '6 22:50', '7 07:05', '7 08:50', '7 14:50', '7 02:50', '7 07:05 7 08:50 7 22:50'],
    ['P2', '6 23:30', '7 07:15', '7 09:00', '7 15:00', '7 03:30', '7 07:30 7 11:00 8 07:00'],
    ['P3', '6 21:40', '6 21:55', '7 06:40', '7 07:40', '-', '7 06:40 7 09:40 7 21:40'],
    ['P4a', '6 23:59', '7 00:09', '7 00:29', '7 01:59', '7 00:29', '7 00:14 7 00:59 7 23:59'],
    ['P4b', '6 15:59', '6 16:29', '6 17:59', '6 20:00', '7 15:59', '6 16:29 7 12:00 7 20:00'],
    ['P4b', '6 16:00', '6 16:30', '6 18:00', '7 12:00', '7 16:00', '6 16:30 7 16:00 8 12:00'],
    ['P4b', '6 03:00', '6 08:30', '6 10:00', '6 20:00', '7 03:00', '6 08:30 7 12:00 7 20:00'],
    ['P5', '6 10:05', '6 12:05', '-', '9 10:05', '7 10:05', '6 12:05 9 10:05 11 10:05'],
    ['P5', '6 19:30', '6 21:30', '-', '9 19:30', '7 19:30', '6 21:30 9 19:30 11 19:30'],
    ['P5', '6 20:00', '7 10:00', '-', '9 20:00', '7 20:00', '7 10:00 9 20:00 11 20:00'],
    ['P5q', '6 19:45', '7 08:15', '-', '7 11:45', '-', '7 11:45 7 19:45 -'],
    ['P7', '6 09:00', '-', '-', '9 09:00', '-', '9 09:00 10 09:00 13 09:00'],
    ['P8a', '6 02:00', '6 02:30', '6 06:00', '7 02:00', '-', '6 03:00 6 10:00 8 02:00'],
    ['P8b', '6 18:15', '6 19:15', '-', '8 18:15', '-', '7 10:15 9 18:15 -'],
    ['P6', '6 09:00', '-', '-', '-', '-', '- - -'],
  ] as const) {
    const facts = opened(ofClass, time)
    t.strictSame(
      {
        ack: said(clocks.dueAt(facts, 'ack')),
        arrive: said(clocks.dueAt(facts, 'arrive')),
        restore: said(clocks.dueAt(facts, 'restore')),
        feedback: said(clocks.feedbackDueAt(facts)),
        levels: ([1, 2, 3] as const).map((level) => said(clocks.levelAt(facts, level)?.at)).join(' '),
      },
      { ack, arrive, restore, feedback, levels },
      `${ofClass} at ${time}`,
    )
  }
})

t.test('a pause moves what it stops, by the time that its calendar lost, and nothing else', async (t) => {
  const pauses = [{ from: at('6 22:00'), to: at('7 08:00') }]
  const rested = opened('P2', '6 16:00', { acceptedAt: at('6 16:05'), pauses })
  t.equal(said(clocks.dueAt(rested, 'restore')), '7 10:00', '2 of its 10 hours were open: 24:00 becomes 8 + 2')
  t.equal(said(clocks.feedbackDueAt(rested)), '6 20:00', 'word is due as before')
  const resting = opened('P2', '6 16:00', { pauses: [{ from: at('6 22:00'), to: null }] })
  t.equal(clocks.dueAt(resting, 'restore'), null)
  t.equal(clocks.levelAt(resting, 3), null, 'nobody is told of what rests')
  t.match(clocks.read(resting, at('9 00:00')), [
    { clock: 'ack', state: 'overdue' },
    { clock: 'arrive', state: 'overdue' },
    { clock: 'restore', state: 'paused', dueAt: null },
    { clock: 'feedback', state: 'overdue' },
  ])
})

const always = [{ from: 0, to: 1_440 }]
const person = (id: string, role: string, skills: string[] = []): Person => ({
  id,
  role,
  regions: ['r'],
  skills,
  duty: always,
})
const STAFF = [
  person('T1', 'technician', ['water']),
  person('CE', 'chief'),
  person('EH', 'chief-of-cleaning'),
  person('PM', 'manager'),
  person('Q', 'quality'),
]

function site(
  ofClass: OrderClass,
  { staff = STAFF, ...changes }: Partial<Plan> = {},
  after?: ReturnType<typeof coreOf>,
) {
  const plan: Plan = {
    site: 'x',
    timeZone: 'Asia/Shanghai',
    rules: [
      {
        id: 'A/hi',
        device: 'A',
        asset: 'A',
        name: 'A',
        watch: { kind: 'limit', point: 'v', side: 'hi', limit: 10, deadband: 0 },
        onDelayMs: 0,
        offDelayMs: 0,
        latch: false,
        safety: false,
        priority: 'high',
        class: ofClass,
        skill: 'water',
        closesItself: false,
        validityMs: 1_000 * H,
      },
    ],
    assets: new Map([['A', { id: 'A', name: 'A', kind: 'pump', room: 'R', region: 'r', homes: [] }]]),
    staff,
    fallback: 'PM',
    channels: [],
    settings: {
      incidentWindowMs: 10 * MIN,
      publishAfterMs: H,
      publishConfirmedAfterMs: H,
      allClearHoldMs: H,
      acceptWithinMs: 1_000 * H,
    },
    ...changes,
  }
  const flow = coreOf(plan)
  if (after) flow.restore(JSON.parse(JSON.stringify(after.snapshot())))
  const events: Event[] = []
  let commands = 0
  const of = <T extends EventType>(type: T) => events.filter((event): event is EventOf<T> => event.type === type)
  return {
    flow,
    of,
    says(time: string, value: number) {
      const receivedAt = at(time)
      const reading = { device: 'A', point: 'v', value, quality: 'good', at: receivedAt } as const
      events.push(...flow.judge({ source: 's', receivedAt, readings: [reading] }, ++commands))
    },
    does(time: string, body: Omit<CommandBody, 'order'> & Record<string, unknown>): string {
      const command = { order: of('order.opened')[0]?.order ?? 'W3', ...body, id: `c${++commands}`, actor: 'x' }
      const answer = flow.command(command as unknown as Command, at(time))
      events.push(...answer.events)
      return answer.refusal?.refused ?? 'done'
    },
    passes: (time: string) => events.push(...flow.advance(at(time))),
    records: (time: string, draft: Parameters<typeof flow.record>[0]) => events.push(...flow.record(draft, at(time))),
    returns(time: string, blindFrom: string) {
      const started = { type: 'gateway.started', epoch: 'e', after: null, wallOffsetMs: 0, trace: 'G' } as const
      events.push(...flow.begin({ ...started, blindFrom: at(blindFrom) }, at(time), true))
    },
    levels: () =>
      of('order.escalated').map(({ level, clock, to, at: when }) => `L${level} ${clock} ${said(when)} ${to.join('+')}`),
  }
}

t.test('three levels are told in order, once each, of the clock that ran out', async (t) => {
  const estate = site('P1')
  estate.says('6 06:30', 20)
  estate.passes('7 06:30')
  t.strictSame(estate.levels(), ['L1 ack 6 06:40 CE', 'L2 arrive 6 07:30 PM', 'L3 restore 6 10:30 Q'])
  t.strictSame(
    estate.of('order.warned').map(({ clock, percent, to, at: when }) => `${clock} ${percent} ${to} ${said(when)}`),
    [
      'ack 50 T1 6 06:32',
      'ack 80 T1 6 06:34',
      'arrive 50 T1 6 06:45',
      'arrive 80 T1 6 06:54',
      'restore 50 T1 6 08:30',
      'restore 80 T1 6 09:42',
    ],
    'the assignee alone is warned',
  )
  t.strictSame(
    estate.of('order.silent').map(({ at: when }) => said(when)),
    ['6 06:45'],
    'silence is told once',
  )
})

t.test('what was done in time is told to nobody, and each word begins the wait for the next', async (t) => {
  const estate = site('P1')
  estate.says('6 06:30', 20)
  t.equal(estate.does('6 06:31', { type: 'order.accept', by: 'T1' }), 'done')
  t.equal(estate.does('6 06:40', { type: 'order.update', by: 'T1', text: 'on my way' }), 'done')
  t.equal(estate.does('6 06:55', { type: 'order.arrive', by: 'T1' }), 'done')
  t.equal(estate.does('6 06:56', { type: 'order.start', by: 'T1' }), 'done')
  estate.passes('6 08:00')
  t.strictSame(estate.levels(), [])
  t.strictSame(
    estate.of('order.silent').map(({ at: when }) => said(when)),
    ['6 07:40'],
  )
  t.equal(estate.does('6 08:00', { type: 'order.finish', by: 'T1' }), 'done')
  estate.passes('8 00:00')
  t.strictSame(estate.levels(), [])
})

t.test('a level without anybody is passed at once, and the last never falls on nobody', async (t) => {
  const noHead = site('P1', { staff: STAFF.filter(({ id }) => id !== 'CE') })
  noHead.says('6 06:30', 20)
  noHead.passes('6 06:45')
  t.strictSame(noHead.levels(), ['L1 ack 6 06:40 ', 'L2 ack 6 06:40 PM'])
  const nobody = site('P1', { staff: [STAFF[0]!], fallback: 'T1' })
  nobody.says('6 06:30', 20)
  nobody.passes('6 06:45')
  t.strictSame(nobody.levels(), ['L1 ack 6 06:40 ', 'L2 ack 6 06:40 ', 'L3 ack 6 06:40 T1'])
})

t.test('each skill may have a head of its own; the site says who stands where', async (t) => {
  const supervisors = { head: ['chief'], heads: { water: ['EH'] }, manager: ['PM'], quality: ['Q'] }
  const estate = site('P1', { supervisors })
  estate.says('6 06:30', 20)
  estate.passes('6 06:45')
  t.strictSame(estate.levels(), ['L1 ack 6 06:40 EH'])
})

t.test('F62 two levels fell due while the gateway was dead: each is told once, in order, as late', async (t) => {
  const estate = site('P1')
  estate.says('6 06:30', 20)
  estate.passes('6 06:35')
  const again = site('P1', {}, estate.flow)
  again.returns('6 08:00', '6 06:36')
  t.strictSame(again.levels(), ['L1 ack 6 08:00 CE', 'L2 arrive 6 08:00 PM'])
  t.match(again.of('order.escalated'), [
    { late: { byMs: 80 * MIN, isGatewayDown: true } },
    { late: { byMs: 30 * MIN, isGatewayDown: true } },
  ])
  t.strictSame(
    again.of('order.warned').map(({ clock, percent, dueAt }) => `${clock} ${percent} ${said(dueAt)}`),
    ['arrive 80 6 07:00'],
    'one warning for two that were missed, with the time that is truly left',
  )
  again.passes('6 09:00')
  t.equal(again.of('order.escalated').length, 2, 'and not again')
})

t.test('F16 a restart or a step of the clock at any minute brings no level early, late, or twice', async (t) => {
  for (let minute = 1; minute < 70; minute += 3) {
    const time = `6 ${String(6 + Math.floor((30 + minute) / 60)).padStart(2, '0')}:${String((30 + minute) % 60).padStart(2, '0')}`
    const before = site('P1')
    before.says('6 06:30', 20)
    before.passes(time)
    before.records(time, { type: 'clock.stepped', byMs: minute % 2 === 0 ? H : -24 * H, trace: 'C' })
    const after = site('P1', {}, before.flow)
    after.passes('6 11:00')
    t.strictSame(
      [...before.levels(), ...after.levels()],
      ['L1 ack 6 06:40 CE', 'L2 arrive 6 07:30 PM', 'L3 restore 6 10:30 Q'],
      `at minute ${minute}`,
    )
  }
})

t.test('after a step of the clock a calendar follows the wall', async (t) => {
  const estate = site('P3')
  estate.says('6 20:40', 20)
  estate.records('6 20:41', { type: 'clock.stepped', byMs: H, trace: 'C' })
  estate.passes('8 00:00')
  t.equal(estate.levels()[0], 'L1 arrive 7 05:40 CE', 'it is an hour later than it seemed: 22:00 comes at 21:00')
})

t.test('P0 and P1 never pause; others rest with a reason and a day on which somebody looks again', async (t) => {
  const grave = site('P1')
  grave.says('6 06:30', 20)
  grave.does('6 06:31', { type: 'order.accept', by: 'T1' })
  const pause = { type: 'order.pause', by: 'T1', reason: 'parts', until: at('7 09:00') } as const
  t.equal(grave.does('6 06:32', pause), 'never_pauses')
  const estate = site('P2')
  estate.says('6 10:00', 20)
  estate.does('6 10:05', { type: 'order.accept', by: 'T1' })
  t.equal(estate.does('6 10:10', { ...pause, until: at('6 10:10') }), 'pause_too_long')
  t.equal(estate.does('6 10:10', pause), 'done')
  estate.passes('7 08:59')
  t.strictSame(estate.of('order.resumed'), [])
  estate.passes('7 09:00')
  t.match(estate.of('order.resumed'), [{ by: 'caretaker', at: at('7 09:00') }])
})

t.test('who declines or hands over says why; the next one has it', async (t) => {
  const staff = [...STAFF, person('T2', 'technician', ['water'])]
  const estate = site('P1', { staff })
  estate.says('6 06:30', 20)
  t.equal(estate.does('6 06:31', { type: 'order.decline', by: 'T2', reason: 'no' }), 'not_assignee')
  t.equal(estate.does('6 06:31', { type: 'order.decline', by: 'T1', reason: 'at another pump' }), 'done')
  t.equal(estate.of('order.dispatched').at(-1)!.assignee, 'T2')
  t.equal(estate.does('6 06:32', { type: 'order.accept', by: 'T2' }), 'done')
  t.equal(estate.does('6 06:33', { type: 'order.transfer', by: 'T2', to: 'Q', reason: 'r' }), 'not_qualified')
  t.equal(estate.does('6 06:33', { type: 'order.transfer', by: 'T2', to: 'X', reason: 'r' }), 'unknown_person')
  t.equal(estate.does('6 06:33', { type: 'order.transfer', by: 'T2', to: 'T1', reason: 'shift ends' }), 'done')
  t.equal(estate.does('6 06:34', { type: 'order.arrive', by: 'T1' }), 'wrong_state', 'whoever gets it accepts it first')
  t.equal(estate.does('6 06:34', { type: 'order.accept', by: 'T1' }), 'done')
})
