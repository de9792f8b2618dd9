import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import t from 'tap'
import { ORDER_CLASSES, type OrderClass } from '#devices/alarm-definition.ts'
import { OpeningHours } from '#rules/clocks/opening-hours.ts'
import { LEVELS, OrderClocks, type OrderFacts } from '#rules/clocks/order-clocks.ts'
import { CALENDARS, policyOf } from '#rules/clocks/policy.ts'
import type { Event } from '#rules/event.ts'
import type { Person } from '#rules/plan.ts'
import { at, orderSite, said, STAFF } from './order-site.ts'

const MIN = 60_000
const DAY = 1_440 * MIN
const ZONES = ['Asia/Shanghai', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe'] as const
/** Ten years with changes of the clocks, month ends and leap days in them. */
const minute = fc.integer({ min: Date.UTC(2023, 0, 1) / MIN, max: Date.UTC(2033, 0, 1) / MIN })
const CLOCKED = ORDER_CLASSES.filter((ofClass) => policyOf(ofClass) !== null)
const opened = (ofClass: OrderClass, startedAt: number, more: Partial<OrderFacts> = {}): OrderFacts => {
  const nothing = { acceptedAt: null, arrivedAt: null, restoredAt: null, toldAt: null, pauses: [] }
  const planned = ofClass === 'P6' ? { planned: { due: startedAt + 9 * DAY } } : {}
  return { class: ofClass, startedAt, ...nothing, ...planned, ...more }
}
const clocksOf = new Map(ZONES.map((zone) => [zone, new OrderClocks(zone)]))

t.test(
  'F19 each promise is a length of open time, in ten years and four zones; half of it comes before all',
  async (t) => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), fc.constantFrom(...CLOCKED), minute, (zone, ofClass, start) => {
        const clocks = clocksOf.get(zone)!
        const policy = policyOf(ofClass)!
        const hours = new OpeningHours(CALENDARS[policy.calendar], zone)
        const facts = opened(ofClass, start * MIN)
        return (['ack', 'arrive', 'restore'] as const).every((goal) => {
          const target = policy[goal]
          const [due, half] = [clocks.dueAt(facts, goal), clocks.shareAt(facts, goal, 0.5)]
          if (!target) return due === null
          if (due === null || half === null || half < facts.startedAt || half > due) return false
          if ('dueAt' in target) {
            const { hour, minute: past } = Temporal.Instant.fromEpochMilliseconds(due).toZonedDateTimeISO(zone)
            return [target.dueAt, target.nextDayAt].includes(hour * 60 + past) && due > facts.startedAt
          }
          if ('beforeMs' in target) return due === facts.planned!.due! - target.beforeMs
          if (target.elapsed) return due >= facts.startedAt + target.ms
          return hours.between(facts.startedAt, due) === target.ms
        })
      }),
      { numRuns: 1_500 },
    )
    t.pass('1,500 orders')
  },
)

t.test(
  'F19 a pause moves the end by what the calendar lost, and neither the next word nor anything before it',
  async (t) => {
    const pausable = CLOCKED.filter(
      (ofClass) => policyOf(ofClass)!.mayPause && !('dueAt' in policyOf(ofClass)!.restore!),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.constantFrom(...pausable),
        minute,
        fc.integer({ min: 0, max: 600 }),
        fc.integer({ min: 1, max: 20_000 }),
        (zone, ofClass, start, after, length) => {
          const clocks = clocksOf.get(zone)!
          const plain = opened(ofClass, start * MIN)
          const before = clocks.dueAt(plain, 'restore')!
          const from = Math.min(start * MIN + after * MIN, before - MIN)
          const pauses = [{ from, to: from + length * MIN }]
          const rested = { ...plain, pauses }
          const due = clocks.dueAt(rested, 'restore')!
          const policy = policyOf(ofClass)!
          const hours = new OpeningHours(CALENDARS[policy.calendar], zone)
          const { restore } = policy
          const isElapsed = 'beforeMs' in restore! || ('elapsed' in restore! && restore.elapsed === true)
          const lost = isElapsed ? length * MIN : hours.between(from, from + length * MIN)
          const moved = isElapsed ? due - before : hours.between(before, due)
          const isResting = clocks.dueAt({ ...plain, pauses: [{ from, to: null }] }, 'restore') === null
          const word = clocks.feedbackDueAt(plain) === clocks.feedbackDueAt(rested)
          return moved === lost && isResting && word && clocks.dueAt(rested, 'ack') === clocks.dueAt(plain, 'ack')
        },
      ),
      { numRuns: 1_000 },
    )
    t.pass('1,000 pauses')
  },
)

t.test(
  'a level is never due before the clock that it speaks of, but two days before planned work that nobody took',
  async (t) => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), fc.constantFrom(...CLOCKED), minute, (zone, ofClass, start) => {
        const clocks = clocksOf.get(zone)!
        const facts = opened(ofClass, start * MIN)
        return LEVELS.every((level) => {
          const due = clocks.levelAt(facts, level)
          const isAhead = ofClass === 'P6' && level === 1
          return due === null || isAhead || due.at >= clocks.dueAt(facts, due.clock)!
        })
      }),
      { numRuns: 1_000 },
    )
    t.pass('1,000 orders')
  },
)

t.test(
  'an end that was promised is asked about a quarter of an hour before it, and its passing is silence',
  async (t) => {
    const site = orderSite('P3')
    site.says('6 10:00', 20)
    const order = site.of('order.opened')[0]!.order
    site.does('6 10:05', { type: 'order.accept', order, by: 'T1' })
    site.does('6 10:10', { type: 'order.update', order, by: 'T1', text: 'part comes', eta: at('6 12:00') })
    site.passes('6 11:44')
    t.strictSame(
      site.of('order.warned').filter(({ clock }) => clock === 'eta'),
      [],
    )
    site.passes('6 12:00')
    t.match(
      site.of('order.warned').filter(({ clock }) => clock === 'eta'),
      [{ to: 'T1', dueAt: at('6 12:00'), at: at('6 11:45') }],
    )
    t.strictSame(
      site.of('order.silent').map(({ at: when }) => said(when)),
      ['6 12:00'],
      'also where no word was due',
    )
    site.does('6 12:05', { type: 'order.update', order, by: 'T1', text: 'later' })
    site.passes('6 18:00')
    t.equal(site.of('order.silent').length, 1, 'what has passed binds nobody any more')
  },
)

type Step = 'wait' | 'restart' | 'step' | 'accept' | 'remove' | 'blind'
t.test(
  'F16 F62 levels come in order, once each, never early, whatever happens; an empty one is passed at once',
  async (t) => {
    const steps = fc.array(
      fc.tuple(
        fc.constantFrom<Step>('wait', 'restart', 'step', 'accept', 'remove', 'blind'),
        fc.integer({ min: 1, max: 7_200 }),
      ),
      { minLength: 1, maxLength: 15 },
    )
    fc.assert(
      fc.property(fc.constantFrom<OrderClass>('P0', 'P1', 'P8a'), steps, (ofClass, walk) => {
        let staff: Person[] = [...STAFF]
        let site = orderSite(ofClass, { staff })
        const all: Event[] = []
        const keep = () => all.push(...site.events.splice(0))
        site.says('6 06:30', 20)
        let now = at('6 06:30')
        for (const [step, seconds] of [...walk, ['wait', 400_000] as const]) {
          now += seconds * 1_000
          keep()
          const order = all.find((event) => event.type === 'order.opened')!.order
          if (step === 'wait') site.events.push(...site.flow.advance(now))
          if (step === 'step')
            site.events.push(
              ...site.flow.record({ type: 'clock.stepped', byMs: (seconds - 3_600) * 1_000, trace: 'C' }, now),
            )
          if (step === 'accept')
            site.events.push(
              ...site.flow.command({ type: 'order.accept', order, by: 'T1', id: `a${now}`, actor: 'x' }, now).events,
            )
          if (step === 'remove') staff = staff.filter(({ role }) => role !== (seconds % 2 ? 'chief' : 'manager'))
          if (step === 'restart' || step === 'remove' || step === 'blind') {
            keep()
            site = orderSite(ofClass, { staff }, site.flow)
          }
          if (step === 'blind') {
            const started = { type: 'gateway.started', epoch: 'e', after: null, wallOffsetMs: 0, trace: 'G' } as const
            site.events.push(...site.flow.begin({ ...started, blindFrom: now - seconds * 1_000 }, now, true))
          }
        }
        keep()
        return isLawful(all)
      }),
      { numRuns: 250 },
    )
    t.pass('250 walks')
  },
)

/** In order, once each, at or after what was due; a level with nobody is followed by the next in the same moment. */
function isLawful(events: readonly Event[]): boolean {
  let last = 0
  let emptyAt: number | null = null
  for (const event of events) {
    if (event.type !== 'order.escalated') continue
    if (event.level !== last + 1 || event.at < event.dueAt) return false
    if (emptyAt !== null && event.at !== emptyAt) return false
    emptyAt = event.to.length === 0 ? event.at : null
    last = event.level
  }
  return emptyAt === null
}

t.test(
  'what rises promises more from then on: nothing is due before it rose that was not due anyhow, nothing later than before',
  async (t) => {
    const classes = CLOCKED.filter((ofClass) => ofClass !== 'P6')
    const pair = fc.tuple(fc.nat(classes.length - 2), fc.nat(classes.length - 2)).map(([a, b]) => {
      const [graver, was] = a <= b ? [a, b + 1] : [b, a]
      return [classes[graver]!, classes[was]!] as const
    })
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), pair, minute, fc.nat(3 * 1_440), (zone, [graver, was], start, later) => {
        const clocks = clocksOf.get(zone)!
        const risenAt = (start + later) * MIN
        const before = opened(was, start * MIN)
        const after = opened(graver, start * MIN, { raises: [{ at: risenAt, was }] })
        const dues = (facts: OrderFacts) => [
          ...(['ack', 'arrive', 'restore'] as const).map((goal) => clocks.dueAt(facts, goal)),
          ...LEVELS.map((level) => clocks.levelAt(facts, level)?.at ?? null),
          clocks.feedbackDueAt(facts),
        ]
        const old = dues(before)
        return dues(after).every((due, i) => {
          const [now, then] = [due ?? Infinity, old[i] ?? Infinity]
          return now <= then && (now >= risenAt || now === then)
        })
      }),
      { numRuns: 1_000 },
    )
    t.pass('1,000 orders')
  },
)

t.test('a P2 that becomes a P1 at noon reaches level 3 four hours later, not at once', async (t) => {
  const site = orderSite('P2')
  site.says('6 06:00', 20)
  const { order, alarm, rule, asset, closesItself } = site.of('order.opened')[0]!
  const levels = () => site.of('order.escalated').map(({ level, at: time }) => `L${level} ${said(time)}`)
  site.passes('6 12:00')
  t.strictSame(levels(), ['L1 6 07:30', 'L2 6 11:00'], 'by the hours of its class')
  const joined = { type: 'order.joined', order, alarm, rule, asset, class: 'P1', closesItself, trace: 'x' } as const
  site.records('6 12:00', joined)
  // A restart on the way forgets nothing of it.
  const again = orderSite('P2', {}, site.flow)
  again.passes('6 15:59')
  t.strictSame(again.of('order.escalated'), [])
  again.passes('6 16:00')
  t.match(again.of('order.escalated'), [{ level: 3, clock: 'restore', dueAt: at('6 16:00') }])
})
