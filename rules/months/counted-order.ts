import type { OrderClass } from '#devices/alarm-definition.ts'
import type { Level } from '../clocks/order-clocks.ts'
import type { Event, EventOf, EventType } from '../event.ts'
import { graver } from '../orders/order.ts'
import type { OrderEnd } from '../orders/states.ts'
import { type OrderSource, SOURCES } from './month-figures.ts'
import type { Month, MonthCalendar } from './month-calendar.ts'

/**
 * What the figures of a month need of one order; what never happened is left out, for a month has ten thousand of them.
 * Times are site time, but for the end of the day, which is the wall's.
 */
export type CountedOrder = {
  readonly order: string
  readonly month: Month
  readonly source: OrderSource
  /** Of a complaint, where it is known: of which home. */
  readonly home?: string
  class: OrderClass
  readonly openedAt: number
  readonly dayEndsAt: number
  /** First said that he has it, first on the way or there, first there. */
  acceptedAt?: number
  startedAt?: number
  arrivedAt?: number
  /** As things stand: what is opened again is neither. */
  restoredAt?: number
  verifiedAt?: number
  isSameDay?: true
  endedAt?: number
  /** An end that is no repair. */
  void?: Exclude<OrderEnd, 'no_objection'>
  /** Who has it, and who said that it is done. */
  person?: string
  doer?: string
  reopened?: number
  silent?: number
  /** `person`: who had it then. */
  levels?: readonly Readonly<{ level: Level; person: string; isGatewayDown?: true }>[]
  /** What its case costs, and whom. */
  points?: Readonly<{ person: string; value: number }>
  rating?: Readonly<{ person: string; stars: number }>
}

const STEPS = [
  'order.joined',
  'order.dispatched',
  'order.transferred',
  'order.accepted',
  'order.departed',
  'order.arrived',
  'order.started',
  'order.finished',
  'order.verified',
  'order.unverified',
  'order.reopened',
  'order.merged',
  'order.false_alarm',
  'order.cancelled',
  'order.closed',
  'order.rated',
  'order.escalated',
  'order.silent',
] as const satisfies readonly EventType[]
type Step = EventOf<(typeof STEPS)[number]>
const IS_STEP: ReadonlySet<string> = new Set(STEPS)

/** It may change what is counted of its order. */
export function isStep(event: Event): event is Step {
  return IS_STEP.has(event.type)
}

/** What is said of an order that people opened; the others have none of it. */
type Opened = EventOf<'order.opened'> & Readonly<{ source?: string; home?: string }>

export function counted(event: Opened, wall: number, calendar: MonthCalendar): CountedOrder {
  const { order, class: ofClass, at: openedAt, home } = event
  return {
    order,
    month: calendar.monthOf(wall),
    source: sourceOf(event),
    ...(ofClass === 'P5' && home !== undefined ? { home } : {}),
    class: ofClass,
    openedAt,
    dayEndsAt: calendar.dayEndOf(wall),
  }
}

function sourceOf({ source, class: ofClass }: Opened): OrderSource {
  if (ofClass === 'P6') return 'planned'
  return SOURCES.find((known) => known === source) ?? 'sensor'
}

/** Takes in one event of its own order; `wall` is its time there. */
export function change(order: CountedOrder, event: Step, wall: number): void {
  const { at } = event
  switch (event.type) {
    case 'order.joined':
      order.class = graver(order.class, event.class)
      return
    case 'order.dispatched':
      order.person = event.assignee
      return
    case 'order.transferred':
      order.person = event.to
      return
    case 'order.accepted':
      order.person = event.by
      order.acceptedAt ??= at
      return
    case 'order.departed':
    case 'order.started':
      order.startedAt ??= at
      return
    case 'order.arrived':
      order.startedAt ??= at
      order.arrivedAt ??= at
      return
    case 'order.finished':
      order.doer = event.by
      order.restoredAt ??= at
      return
    case 'order.verified':
      return verified(order, at, wall)
    case 'order.unverified':
      return unverified(order)
    case 'order.reopened':
      order.reopened = (order.reopened ?? 0) + 1
      delete order.restoredAt
      delete order.endedAt
      delete order.void
      return unverified(order)
    case 'order.merged':
      order.void = 'merged'
      return
    case 'order.false_alarm':
      order.void = 'false_alarm'
      return
    case 'order.cancelled':
      order.void = 'cancelled'
      return
    case 'order.closed':
      order.endedAt = at
      // Somebody who looked closed what no reading could verify.
      if (order.void === undefined) verified(order, at, wall)
      return
    case 'order.rated':
      order.rating = { person: order.doer ?? order.person ?? '', stars: event.stars }
      return
    case 'order.escalated': {
      const isGatewayDown = event.late?.isGatewayDown === true
      const level = { level: event.level, person: order.person ?? '', ...(isGatewayDown ? { isGatewayDown } : {}) }
      order.levels = [...(order.levels ?? []), level]
      return
    }
    case 'order.silent':
      order.silent = (order.silent ?? 0) + 1
      return
    default:
  }
}

function verified(order: CountedOrder, at: number, wall: number): void {
  if (order.verifiedAt !== undefined) return
  order.verifiedAt = at
  order.restoredAt ??= at
  if (wall < order.dayEndsAt) order.isSameDay = true
}

function unverified(order: CountedOrder): void {
  delete order.verifiedAt
  delete order.isSameDay
}

/** The highest level that it came to by its own; 0 for none. */
export function highestLevel({ levels = [] }: CountedOrder): number {
  return Math.max(0, ...levels.filter(({ isGatewayDown }) => !isGatewayDown).map(({ level }) => level))
}
