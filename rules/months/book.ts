import type { Event, EventType } from '../event.ts'
import {
  changeNotice,
  type CountedNotice,
  countedNotice,
  isNoticeStep,
  recalled,
  stored,
  type StoredNotice,
} from './counted-notice.ts'
import { change, counted, type CountedOrder, isStep } from './counted-order.ts'
import type { MonthFacts } from './figures.ts'
import type { Month, MonthCalendar } from './month-calendar.ts'

/** Somebody said a good word about somebody. */
type Praise = Readonly<{ praise: string; month: Month; person: string }>
export type MonthBookState = Readonly<{
  orders: readonly CountedOrder[]
  cases: readonly (readonly [case_: string, order: string, person: string])[]
  notices: readonly StoredNotice[]
  praises: readonly Praise[]
  wallOffsetMs: number
}>

const BESIDE_STEPS: ReadonlySet<string> = new Set<EventType>([
  'order.opened',
  'case.opened',
  'case.deducted',
  'case.judged',
  'praise.recorded',
])

/** It may change the figures of a month. */
export function isCounted(event: Event): boolean {
  return isStep(event) || isNoticeStep(event) || BESIDE_STEPS.has(event.type)
}

/** The orders of the months that are not forgotten yet, as the figures need them: a function of the events alone. */
export class MonthBook {
  readonly #calendar: MonthCalendar
  readonly #orders = new Map<string, CountedOrder>()
  readonly #cases = new Map<string, Readonly<{ order: string; person: string }>>()
  readonly #notices = new Map<string, CountedNotice>()
  #praises: readonly Praise[] = []
  wallOffsetMs = 0

  constructor(calendar: MonthCalendar) {
    this.#calendar = calendar
  }

  factsOf(month: Month): MonthFacts {
    const isOf = (each: Readonly<{ month: Month }>) => each.month === month
    return {
      orders: [...this.#orders.values()].filter(isOf),
      notices: [...this.#notices.values()].filter(isOf),
      praised: this.#praises.filter(isOf).map(({ person }) => person),
    }
  }

  /** What is counted of an order, a notice or a word of praise, to compare. */
  written(subject: string): string {
    const notice = this.#notices.get(subject)
    const isPraised = this.#praises.some(({ praise }) => praise === subject)
    return JSON.stringify([this.#orders.get(subject), notice && stored(notice), isPraised])
  }

  /** Of months before `from` nothing is taken in. */
  apply(event: Event, from: Month): void {
    const wall = event.at + this.wallOffsetMs
    switch (event.type) {
      case 'gateway.started':
        this.wallOffsetMs = event.wallOffsetMs
        return
      case 'clock.stepped':
        this.wallOffsetMs += event.byMs
        return
      case 'order.opened':
        if (this.#calendar.monthOf(wall) >= from) this.#orders.set(event.order, counted(event, wall, this.#calendar))
        return
      case 'case.opened':
        if (this.#orders.has(event.order))
          this.#cases.set(event.case, { order: event.order, person: event.assignee ?? '' })
        return
      case 'case.deducted':
      case 'case.judged': {
        const { order = '', person = '' } = this.#cases.get(event.case) ?? {}
        const known = this.#orders.get(order)
        if (known) known.points = { person, value: event.points }
        return
      }
      case 'praise.recorded': {
        const month = this.#calendar.monthOf(wall)
        const { praise, person } = event
        if (month >= from) this.#praises = [...this.#praises, { praise, month, person }]
        return
      }
      case 'notice.addressed': {
        const month = this.#calendar.monthOf(wall)
        if (!this.#notices.has(event.notice) && month >= from)
          this.#notices.set(event.notice, countedNotice(event.notice, month))
        return this.#changeNotice(event)
      }
      default:
        if (isNoticeStep(event)) return this.#changeNotice(event)
        if (isStep(event)) return this.#changeOrder(event, wall)
    }
  }

  #changeNotice(event: Event & Readonly<{ notice: string }>): void {
    const known = this.#notices.get(event.notice)
    if (known && isNoticeStep(event)) changeNotice(known, event)
  }

  #changeOrder(event: Event & Readonly<{ order: string }>, wall: number): void {
    const known = this.#orders.get(event.order)
    if (known && isStep(event)) change(known, event, wall)
  }

  /** Whatever began before this month. */
  forgetBefore(month: Month): void {
    for (const [id, order] of this.#orders) if (order.month < month) this.#orders.delete(id)
    for (const [id, notice] of this.#notices) if (notice.month < month) this.#notices.delete(id)
    this.#praises = this.#praises.filter((praise) => praise.month >= month)
    for (const [id, { order }] of this.#cases) if (!this.#orders.has(order)) this.#cases.delete(id)
  }

  snapshot(): MonthBookState {
    return {
      orders: [...this.#orders.values()].map((order) => ({ ...order })),
      cases: [...this.#cases].map(([id, { order, person }]) => [id, order, person] as const),
      notices: [...this.#notices.values()].map(stored),
      praises: this.#praises,
      wallOffsetMs: this.wallOffsetMs,
    }
  }

  restore({ orders, cases, notices, praises, wallOffsetMs }: MonthBookState): void {
    this.#orders.clear()
    this.#cases.clear()
    this.#notices.clear()
    for (const order of orders) this.#orders.set(order.order, { ...order })
    for (const [id, order, person] of cases) this.#cases.set(id, { order, person })
    for (const notice of notices) this.#notices.set(notice.notice, recalled(notice))
    this.#praises = praises
    this.wallOffsetMs = wallOffsetMs
  }
}
