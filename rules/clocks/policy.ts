import type { OrderClass } from '#devices/alarm-definition.ts'
import type { DailyHours } from './day-stretches.ts'

const MIN = 60_000
const H = 60 * MIN
const D = 24 * H

/** When the clocks of a class run. All include weekends and holidays. */
export const CALENDARS = {
  /** 24 × 7 */
  always: 'always',
  day: [{ from: 7 * 60, to: 23 * 60 }],
  environment: [{ from: 6 * 60, to: 22 * 60 }],
  service: [{ from: 8 * 60, to: 20 * 60 }],
} as const satisfies Record<string, DailyHours | 'always'>
export type CalendarName = keyof typeof CALENDARS

/** What an order must reach in time. `feedback` is told to those concerned again and again until it is over. */
export const CLOCKS = ['ack', 'arrive', 'restore', 'feedback'] as const
export type Clock = (typeof CLOCKS)[number]
/** Those that are reached once, by one event. */
export type Goal = Exclude<Clock, 'feedback'>

/** By when planned work is to be done, and must be by law; on the wall, as calendars are. */
export type Planned = Readonly<{ due?: number; latest?: number }>

/** A length of time, by the calendar of the class or, `elapsed`, by day and night. */
export type Span = Readonly<{ ms: number; elapsed?: true }>
/** Due a span after the order was opened (`opens`: after the next opening of that calendar), or at an hour of the day. */
export type Target =
  | (Span & Readonly<{ opens?: CalendarName }>)
  | Readonly<{ openedBefore: number; dueAt: number; nextDayAt: number }>
  /** So long before the day of the plan; never before half of the time until then has passed. */
  | Readonly<{ beforeMs: number }>

/** A level is told when `clock` is still unmet so long after the order was opened, after the clock was due, or after (or before) the day of the plan. */
export type Trigger = Readonly<{
  clock: Goal
  since: 'opened' | 'due' | 'planned'
  /** Where somebody is to be freed: whoever may do it has not come. */
  rescuer?: true
}> &
  Span

export type Policy = Readonly<{
  calendar: CalendarName
  ack: Target | null
  arrive: Target | null
  restore: Target | null
  /** First after the opening, then after each word; day and night. */
  feedback: Readonly<{ firstMs: number; thenMs: number }> | null
  /** Head, manager, quality of the branch. */
  levels: readonly [readonly Trigger[], readonly Trigger[], readonly Trigger[]]
  mayPause: boolean
  /** After this the promise is broken; what is promised for `restore` is better than that. */
  latest?: Span
}>

const opened = (clock: Goal, ms: number): Trigger => ({ clock, since: 'opened', ms, elapsed: true })
const rescuer = (ms: number): Trigger => ({ ...opened('arrive', ms), rescuer: true })
const openedIn = (clock: Goal, ms: number): Trigger => ({ clock, since: 'opened', ms })
const due = (clock: Goal, ms = 0): Trigger => ({ clock, since: 'due', ms, elapsed: true })
const dueIn = (clock: Goal, ms: number): Trigger => ({ clock, since: 'due', ms })
const planned = (clock: Goal, ms: number): Trigger => ({ clock, since: 'planned', ms, elapsed: true })

/** The promises of each class. P6 (planned work) runs by the day of its plan; without one it has no clocks. */
export const POLICIES: Readonly<Record<OrderClass, Policy | null>> = {
  P0: {
    calendar: 'always',
    ack: { ms: 3 * MIN },
    arrive: { ms: 10 * MIN },
    restore: { ms: 60 * MIN },
    feedback: { firstMs: 5 * MIN, thenMs: 10 * MIN },
    levels: [
      [opened('ack', 3 * MIN)],
      [opened('ack', 10 * MIN), rescuer(30 * MIN)],
      [rescuer(45 * MIN), opened('restore', 60 * MIN)],
    ],
    mayPause: false,
  },
  P1: {
    calendar: 'always',
    ack: { ms: 5 * MIN },
    arrive: { ms: 30 * MIN },
    restore: { ms: 4 * H },
    feedback: { firstMs: 15 * MIN, thenMs: 60 * MIN },
    levels: [
      [opened('ack', 10 * MIN), opened('arrive', 30 * MIN)],
      [opened('arrive', 60 * MIN)],
      [opened('restore', 4 * H)],
    ],
    mayPause: false,
  },
  P2: {
    calendar: 'day',
    ack: { ms: 15 * MIN },
    arrive: { ms: 2 * H },
    restore: { ms: 8 * H },
    feedback: { firstMs: 4 * H, thenMs: 4 * H },
    levels: [
      [opened('ack', 30 * MIN), opened('arrive', 2 * H)],
      [opened('arrive', 4 * H)],
      [opened('restore', 24 * H)],
    ],
    mayPause: true,
  },
  P3: {
    calendar: 'environment',
    ack: { ms: 15 * MIN },
    arrive: { ms: 60 * MIN },
    restore: { ms: 2 * H },
    feedback: null,
    levels: [[openedIn('arrive', 60 * MIN)], [openedIn('restore', 4 * H)], [opened('restore', 24 * H)]],
    mayPause: true,
  },
  P4a: {
    calendar: 'always',
    ack: { ms: 10 * MIN },
    arrive: { ms: 30 * MIN },
    restore: { ms: 2 * H },
    feedback: { firstMs: 30 * MIN, thenMs: 4 * H },
    levels: [
      [opened('ack', 15 * MIN), opened('arrive', 40 * MIN)],
      [opened('arrive', 60 * MIN)],
      [opened('restore', 24 * H)],
    ],
    mayPause: true,
  },
  P4b: {
    calendar: 'service',
    ack: { ms: 30 * MIN },
    arrive: { ms: 2 * H },
    restore: { openedBefore: 16 * 60, dueAt: 20 * 60, nextDayAt: 12 * 60 },
    feedback: { firstMs: 24 * H, thenMs: 24 * H },
    levels: [[due('ack'), due('arrive')], [dueIn('restore', 4 * H)], [due('restore', 24 * H)]],
    mayPause: true,
  },
  P5: {
    calendar: 'always',
    ack: { ms: 2 * H, elapsed: true, opens: 'service' },
    arrive: null,
    restore: { ms: 3 * D },
    feedback: { firstMs: 24 * H, thenMs: 24 * H },
    levels: [[due('ack')], [opened('restore', 3 * D)], [opened('restore', 5 * D)]],
    mayPause: true,
    latest: { ms: 5 * D, elapsed: true },
  },
  P5q: {
    calendar: 'service',
    ack: { ms: 30 * MIN },
    arrive: null,
    restore: { ms: 4 * H },
    feedback: null,
    levels: [[openedIn('restore', 4 * H)], [opened('restore', 24 * H)], []],
    mayPause: true,
  },
  P6: {
    calendar: 'service',
    ack: { beforeMs: D },
    arrive: null,
    restore: { beforeMs: 0 },
    feedback: null,
    levels: [[planned('ack', -2 * D)], [planned('restore', 0)], [planned('restore', D)]],
    mayPause: true,
  },
  P7: {
    calendar: 'always',
    ack: null,
    arrive: null,
    restore: { ms: 3 * D },
    feedback: null,
    levels: [[opened('restore', 3 * D)], [opened('restore', 4 * D)], [opened('restore', 7 * D)]],
    mayPause: true,
  },
  P8a: {
    calendar: 'always',
    ack: { ms: 30 * MIN },
    arrive: { ms: 4 * H },
    restore: { ms: 24 * H },
    feedback: null,
    levels: [[opened('ack', 60 * MIN)], [opened('arrive', 8 * H)], [opened('restore', 48 * H)]],
    mayPause: true,
  },
  P8b: {
    calendar: 'service',
    ack: { ms: 60 * MIN },
    arrive: null,
    restore: { ms: 24 * H },
    feedback: null,
    levels: [[openedIn('ack', 4 * H)], [opened('restore', 3 * D)], []],
    mayPause: true,
  },
}

const HALF_AN_HOUR = 30 * MIN
/** Outside cities whoever frees people may need an hour: what hangs on him is half an hour later. */
const OUTSIDE_CITIES_P0: Policy = {
  ...POLICIES.P0!,
  restore: { ms: 60 * MIN + HALF_AN_HOUR },
  levels: [
    [opened('ack', 3 * MIN)],
    [opened('ack', 10 * MIN), rescuer(30 * MIN + HALF_AN_HOUR)],
    [rescuer(45 * MIN + HALF_AN_HOUR), opened('restore', 60 * MIN + HALF_AN_HOUR)],
  ],
}

/** What the promise of a class depends on beside the class: nothing stands by for the asset; it is a waste bin. */
export type Circumstance = 'no_standby' | 'bin'

const NO_STANDBY_P2: Policy = { ...POLICIES.P2!, calendar: 'always' }
const BIN_P8B: Policy = { ...POLICIES.P8b!, restore: { ms: 3 * D, elapsed: true } }

/** The promises of a class as they are in these circumstances, and at this site. */
export function policyOf(
  ofClass: OrderClass,
  circumstance: Circumstance | null = null,
  isOutsideCities = false,
): Policy | null {
  if (ofClass === 'P0' && isOutsideCities) return OUTSIDE_CITIES_P0
  if (ofClass === 'P2' && circumstance === 'no_standby') return NO_STANDBY_P2
  if (ofClass === 'P8b' && circumstance === 'bin') return BIN_P8B
  return POLICIES[ofClass]
}

export function circumstanceOf(asset: Readonly<{ kind: string; standby?: 'none' }> | undefined): Circumstance | null {
  if (asset?.standby === 'none') return 'no_standby'
  return asset?.kind === 'waste-bin' ? 'bin' : null
}
