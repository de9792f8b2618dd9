import { ORDER_CLASSES, type OrderClass } from '#devices/alarm-definition.ts'
import { Conditions, type ConditionsState } from '../conditions.ts'
import type { Event, Truth } from '../event.ts'
import { nextOrderState, type OrderState } from './states.ts'

export type Order = {
  readonly order: string
  readonly incident: string
  readonly skill: string
  readonly region: string
  closesItself: boolean
  readonly trace: string
  class: OrderClass
  state: OrderState
  assignee: string | null
  /** Since when the present assignee has it, unaccepted. */
  dispatchedAt: number | null
  pausedUntil: number | null
  lastJoinedAt: number
  passedOver: string[]
  /** The alarms it answers for, each with the rule whose condition guards its closing. */
  alarms: { alarm: string; rule: string; asset: string }[]
}

type OrderBookState = Readonly<{
  orders: readonly Order[]
  conditions: ConditionsState
  wallOffsetMs: number
}>

/** State of the order stage: a function of the events alone. */
export class OrderBook {
  readonly #open = new Map<string, Order>()
  readonly #conditions = new Conditions()
  #wallOffsetMs = 0

  get(order: string): Order | undefined {
    return this.#open.get(order)
  }

  all(): Iterable<Order> {
    return this.#open.values()
  }

  ofRule(rule: string): Order[] {
    return [...this.#open.values()].filter((order) => order.alarms.some((alarm) => alarm.rule === rule))
  }

  ofAlarm(alarm: string): Order | undefined {
    return [...this.#open.values()].find((order) => order.alarms.some((known) => known.alarm === alarm))
  }

  loadOf(person: string): number {
    return [...this.#open.values()].filter((order) => order.assignee === person).length
  }

  /** What the wall clock says at this site time: duty follows the calendar on the wall. */
  wallAt(at: number): number {
    return at + this.#wallOffsetMs
  }

  /** The worst that its source conditions say: one true is true, else one unknown is unknown. */
  sourceOf(order: Order): Truth {
    return this.#conditions.worstOf(order.alarms.map(({ rule }) => rule))
  }

  truthOf(rule: string): Truth {
    return this.#conditions.worstOf([rule])
  }

  isForPersonToTell(order: Order, at: number): boolean {
    return this.#conditions.isForPersonToTell(
      order.alarms.map(({ rule }) => rule),
      at,
    )
  }

  apply(event: Event): void {
    switch (event.type) {
      case 'condition.became':
        this.#conditions.apply(event)
        return
      case 'gateway.started':
        this.#wallOffsetMs = event.wallOffsetMs
        return
      case 'clock.stepped':
        this.#wallOffsetMs += event.byMs
        return
      case 'order.opened': {
        const { order, incident, skill, region, closesItself, trace, alarm, rule, asset } = event
        const alarms = [{ alarm, rule, asset }]
        const fresh = {
          state: 'new',
          assignee: null,
          dispatchedAt: null,
          pausedUntil: null,
          lastJoinedAt: event.at,
          passedOver: [],
        } as const
        this.#open.set(order, {
          order,
          incident,
          skill,
          region,
          closesItself,
          trace,
          class: event.class,
          ...fresh,
          passedOver: [],
          alarms,
        })
        return
      }
      case 'order.closed':
        this.#open.delete(event.order)
        return
      default:
        if ('order' in event) {
          const order = this.#open.get(event.order)
          if (order) change(order, event)
        }
    }
  }

  snapshot(): OrderBookState {
    return {
      orders: [...this.#open.values()].map((order) => structuredClone(order)),
      conditions: this.#conditions.snapshot(),
      wallOffsetMs: this.#wallOffsetMs,
    }
  }

  restore(state: OrderBookState): void {
    this.#wallOffsetMs = state.wallOffsetMs
    this.#open.clear()
    for (const order of state.orders) this.#open.set(order.order, structuredClone(order))
    this.#conditions.restore(state.conditions)
  }
}

function change(order: Order, event: Event): void {
  order.state = nextOrderState(order.state, event.type)
  switch (event.type) {
    case 'order.joined':
      if (!order.alarms.some((known) => known.alarm === event.alarm && known.rule === event.rule))
        order.alarms.push({ alarm: event.alarm, rule: event.rule, asset: event.asset })
      order.class = graver(order.class, event.class)
      // One alarm that needs a person is enough.
      order.closesItself &&= event.closesItself
      order.lastJoinedAt = event.at
      return
    case 'order.reopened':
      Object.assign(order, { assignee: null, dispatchedAt: null, pausedUntil: null, passedOver: [] })
      return
    case 'order.dispatched':
      if (order.assignee !== null) order.passedOver.push(order.assignee)
      order.assignee = event.assignee
      order.dispatchedAt = event.at
      return
    case 'order.declined':
      if (order.assignee !== null) order.passedOver.push(order.assignee)
      Object.assign(order, { assignee: null, dispatchedAt: null })
      return
    case 'order.transferred':
      Object.assign(order, { assignee: event.to, dispatchedAt: event.at })
      return
    case 'order.accepted':
      order.assignee = event.by
      order.dispatchedAt = null
      return
    case 'order.paused':
      order.pausedUntil = event.until
      return
    case 'order.resumed':
      order.pausedUntil = null
      return
    default:
  }
}

/** One incident takes the gravest class of its alarms. */
export function graver(a: OrderClass, b: OrderClass): OrderClass {
  return ORDER_CLASSES.indexOf(a) <= ORDER_CLASSES.indexOf(b) ? a : b
}
