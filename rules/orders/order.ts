import { ORDER_CLASSES, type OrderClass } from '#devices/alarm-definition.ts'
import type { Planned } from '../clocks/policy.ts'
import { Conditions, type ConditionsState } from '../conditions.ts'
import type { Event, Truth } from '../event.ts'
import { type Reported, reportedOf } from './intake.ts'
import { type PhotoKind, REOPEN_WITHIN_MS } from './procedure.ts'
import type { Plan } from '../plan.ts'
import { RosterBook, type RosterState } from '../roster/book.ts'
import type { Wanted } from '../roster/fit.ts'
import { type FalseAlarmProof, nextOrderState, type OrderState } from './states.ts'

export type Order = {
  readonly order: string
  readonly incident: string
  readonly skill: string
  readonly region: string
  closesItself: boolean
  readonly trace: string
  /** What it was opened for: an asset, or a home or place where that is none. */
  readonly asset: string
  readonly isOfAsset: boolean
  /** Where people opened it: who reported what, of whom somebody complains, and by when it is to be done. */
  reports: Reported[]
  readonly against: string | null
  readonly planned: Planned
  class: OrderClass
  state: OrderState
  assignee: string | null
  /** Who was asked first, and follows it to the end whoever does the work. */
  owner: string | null
  /** Since when the present assignee has it, unaccepted. */
  dispatchedAt: number | null
  pausedUntil: number | null
  lastJoinedAt: number
  passedOver: string[]
  /** Who said that it is repaired. */
  doer: string | null
  verifiedAt: number | null
  /** Somebody was reached, and it is solved. */
  isCalledBack: boolean
  photos: PhotoKind[]
  /** Somebody says that nothing was wrong; `actor` is the account that said so. */
  found: Readonly<{ by: string; actor: string | null; proof: FalseAlarmProof; reason: string }> | null
  endedAt: number | null
  /** The alarms it answers for, each with the rule whose condition guards its closing. */
  alarms: { alarm: string; rule: string; asset: string }[]
}

type OrderBookState = Readonly<{
  orders: readonly Order[]
  /** Ended a short while ago: can be rated, and opened again. */
  ended: readonly Order[]
  conditions: ConditionsState
  roster: RosterState
  wallOffsetMs: number
  watchedSince?: number
}>

/** State of the order stage: a function of the events alone. */
export class OrderBook {
  readonly #open = new Map<string, Order>()
  /** In the order in which they ended. */
  readonly #ended = new Map<string, Order>()
  readonly #conditions = new Conditions()
  /** Who is there; the stage that keeps the roster has one of its own. */
  readonly roster: RosterBook
  #wallOffsetMs = 0
  /** Since then somebody looks: what was normal before a blind interval proves nothing of it. */
  #watchedSince = 0

  constructor(plan: Pick<Plan, 'staff' | 'timeZone' | 'calendar'>) {
    this.roster = new RosterBook(plan)
  }

  get(order: string): Order | undefined {
    return this.#open.get(order)
  }

  /** Also those that ended a short while ago. */
  recall(order: string): Order | undefined {
    return this.#open.get(order) ?? this.#ended.get(order)
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

  /** Open orders by who has them. */
  loads(): Map<string, number> {
    const loads = new Map<string, number>()
    for (const { assignee } of this.#open.values())
      if (assignee !== null) loads.set(assignee, (loads.get(assignee) ?? 0) + 1)
    return loads
  }

  /** What the wall clock says at this site time: duty follows the calendar on the wall. */
  wallAt(at: number): number {
    return at + this.#wallOffsetMs
  }

  /** The worst that its source conditions say: one true is true, else one unknown is unknown. */
  sourceOf(order: Order): Truth {
    return this.#conditions.worstOf(order.alarms.map(({ rule }) => rule))
  }

  /** Since when nothing of its source holds; null while something does, or nobody can tell. */
  overSince(order: Order): number | null {
    const since = this.#conditions.falseSince(order.alarms.map(({ rule }) => rule))
    return since === null ? null : Math.max(since, this.#watchedSince)
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
    this.roster.apply(event)
    switch (event.type) {
      case 'condition.became':
        this.#conditions.apply(event)
        return
      case 'gateway.started':
        this.#wallOffsetMs = event.wallOffsetMs
        if (event.blindFrom !== null) this.#watchedSince = event.at
        return
      case 'clock.stepped':
        this.#wallOffsetMs += event.byMs
        return
      case 'order.opened': {
        const { order, incident, skill, region, closesItself, trace, alarm, rule, asset, against = null } = event
        // None where people opened it.
        const alarms = alarm === '' ? [] : [{ alarm, rule, asset }]
        const { due, latest } = event
        const planned = { ...(due === undefined ? {} : { due }), ...(latest === undefined ? {} : { latest }) }
        const fresh = {
          state: 'new',
          assignee: null,
          owner: event.owner ?? null,
          dispatchedAt: null,
          pausedUntil: null,
          lastJoinedAt: event.at,
          passedOver: [],
          ...NOT_DONE,
          endedAt: null,
        } as const
        this.#open.set(order, {
          order,
          incident,
          skill,
          region,
          closesItself,
          trace,
          asset,
          isOfAsset: event.home === undefined && event.place === undefined,
          reports: event.source === undefined ? [] : [reportedOf(event)],
          against,
          planned,
          class: event.class,
          ...fresh,
          passedOver: [],
          photos: [],
          alarms,
        })
        return
      }
      case 'order.closed':
        this.#end(event.order, event.at)
        return
      default:
        if ('order' in event) this.#change(event)
    }
  }

  #change(event: Event & Readonly<{ order: string }>): void {
    const order = this.recall(event.order)
    if (!order) return
    if (event.type === 'order.reopened' && this.#ended.delete(order.order)) this.#open.set(order.order, order)
    change(order, event)
  }

  #end(id: string, at: number): void {
    for (const [old, { endedAt }] of this.#ended) {
      if (endedAt !== null && endedAt + REOPEN_WITHIN_MS > at) break
      this.#ended.delete(old)
    }
    const order = this.#open.get(id)
    if (!order) return
    order.state = nextOrderState(order.state, 'order.closed')
    order.endedAt = at
    this.#open.delete(id)
    this.#ended.set(id, order)
  }

  snapshot(): OrderBookState {
    return {
      orders: [...this.#open.values()].map((order) => structuredClone(order)),
      ended: [...this.#ended.values()].map((order) => structuredClone(order)),
      conditions: this.#conditions.snapshot(),
      roster: this.roster.snapshot(),
      wallOffsetMs: this.#wallOffsetMs,
      watchedSince: this.#watchedSince,
    }
  }

  restore(state: OrderBookState): void {
    this.#wallOffsetMs = state.wallOffsetMs
    this.#watchedSince = state.watchedSince ?? 0
    this.#open.clear()
    for (const order of state.orders) this.#open.set(order.order, structuredClone(order))
    this.#ended.clear()
    for (const order of state.ended) this.#ended.set(order.order, structuredClone(order))
    this.#conditions.restore(state.conditions)
    this.roster.restore(state.roster)
  }
}

const NOT_DONE = { doer: null, verifiedAt: null, isCalledBack: false, found: null } as const

function change(order: Order, event: Event): void {
  order.state = nextOrderState(order.state, event.type)
  switch (event.type) {
    case 'order.joined':
      if (event.alarm !== '' && !order.alarms.some((known) => known.alarm === event.alarm && known.rule === event.rule))
        order.alarms.push({ alarm: event.alarm, rule: event.rule, asset: event.asset })
      if (event.reported) order.reports.push(event.reported)
      order.class = graver(order.class, event.class)
      // One alarm that needs a person is enough.
      order.closesItself &&= event.closesItself
      order.lastJoinedAt = event.at
      // What was said was said of the alarms before.
      order.found = null
      return
    case 'order.false_alarm_found': {
      const { by, actor = null, proof, reason } = event
      order.found = { by, actor, proof, reason }
      return
    }
    case 'order.reopened':
      Object.assign(order, { assignee: null, dispatchedAt: null, pausedUntil: null, passedOver: [], ...NOT_DONE })
      Object.assign(order, { photos: [], endedAt: null })
      // Somebody says that it is not solved: no reading closes it over his head.
      if (event.by !== undefined) order.closesItself = false
      return
    case 'order.photo_added':
      order.photos.push(event.kind)
      return
    case 'order.finished':
      order.doer = event.by
      return
    case 'order.verified':
      order.verifiedAt = event.at
      return
    case 'order.unverified':
      Object.assign(order, { verifiedAt: null, isCalledBack: false })
      return
    case 'order.called_back':
      order.isCalledBack ||= event.reached && event.solved === true
      return
    case 'order.dispatched':
      if (order.assignee !== null) order.passedOver.push(order.assignee)
      order.assignee = event.assignee
      order.owner ??= event.assignee
      order.dispatchedAt = event.at
      return
    case 'order.declined':
      if (order.assignee !== null) order.passedOver.push(order.assignee)
      Object.assign(order, { assignee: null, dispatchedAt: null })
      return
    case 'order.owner_changed':
      order.owner = event.owner
      return
    case 'order.transferred':
      Object.assign(order, { assignee: event.to, dispatchedAt: event.at })
      return
    case 'order.accepted':
      order.assignee = event.by
      order.dispatchedAt = null
      // Should it be given out again, everybody is asked anew.
      order.passedOver = []
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

/** What it asks of whoever does it. */
export function wantedOf(order: Pick<Order, 'skill' | 'region' | 'asset' | 'alarms'>): Wanted {
  const { skill, region } = order
  return { skill, region, assets: assetsOf(order) }
}

/** All that it is about. */
export function assetsOf({ asset, alarms }: Pick<Order, 'asset' | 'alarms'>): string[] {
  return [...new Set([asset, ...alarms.map((known) => known.asset)])]
}

/** One incident takes the gravest class of its alarms. */
export function graver(a: OrderClass, b: OrderClass): OrderClass {
  return ORDER_CLASSES.indexOf(a) <= ORDER_CLASSES.indexOf(b) ? a : b
}
