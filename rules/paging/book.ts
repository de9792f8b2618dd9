import type { OrderClass } from '#devices/alarm-definition.ts'
import type { Event, EventOf } from '../event.ts'
import type { EndedOrder } from '../orders/events.ts'
import { graver } from '../orders/order.ts'
import { CalleeLimits, type CalleeLimitsState } from './callee-limits.ts'
import type { Road } from './policy.ts'

/** Held: not even tried, for there were too many. Null: under way. */
type PageState = { tries: number; result: 'delivered' | 'failed' | 'held' | null }

/** One person who is wanted for one thing. Times are site time. */
export type Call = Omit<EventOf<'page.called'>, 'type' | 'seq' | 'at' | 'v' | 'command' | 'actor'> & {
  readonly calledAt: number
  tries: number
  /** Of the next try; null when there is none. */
  nextAt: number | null
  pages: Partial<Record<Road, PageState>>
  /** Said once for each call, however often it is tried. */
  isUnreachedTold?: true
}

export type ByTask = 'horn' | 'card' | null

/** What paging knows of an open order. */
export type PagedOrder = {
  readonly order: string
  readonly skill: string
  readonly region: string
  readonly asset: string
  readonly trace: string
  class: OrderClass
  /** Its tasks call their own people: by what the order itself is called then. */
  byTask: ByTask
}

type State = Readonly<{
  calls: readonly Call[]
  orders: readonly PagedOrder[]
  limits: CalleeLimitsState
  wallOffsetMs: number
}>

/** State of the paging stage: a function of the events alone. */
export class PagingBook {
  readonly #byTask: (rule: string) => ByTask
  readonly #calls = new Map<string, Call>()
  readonly #about = new Map<string, Set<string>>()
  readonly #orders = new Map<string, PagedOrder>()
  readonly limits = new CalleeLimits()
  wallOffsetMs = 0

  /** `byTask`: horn, where somebody is trapped while this rule holds. */
  constructor(byTask: (rule: string) => ByTask) {
    this.#byTask = byTask
  }

  call(id: string): Call | undefined {
    return this.#calls.get(id)
  }

  calls(): readonly Call[] {
    return [...this.#calls.values()]
  }

  about(subject: string): readonly Call[] {
    return [...(this.#about.get(subject) ?? [])].map((id) => this.#calls.get(id)!)
  }

  /** Who is wanted to accept this order. */
  wanted(order: string): readonly Call[] {
    return this.about(order).filter(({ purpose }) => purpose === 'accept')
  }

  order(id: string): PagedOrder | undefined {
    return this.#orders.get(id)
  }

  apply(event: Event): void {
    switch (event.type) {
      case 'gateway.started':
        this.wallOffsetMs = event.wallOffsetMs
        return
      case 'clock.stepped':
        this.wallOffsetMs += event.byMs
        return
      case 'order.opened': {
        const { order, skill, region, asset, trace } = event
        const byTask = this.#byTask(event.rule)
        this.#orders.set(order, { order, skill, region, asset, trace, class: event.class, byTask })
        return
      }
      case 'order.reopened': {
        const { order, was, trace } = event
        const [asset = ''] = was?.assets ?? []
        if (was) this.#orders.set(order, { order, asset, trace, ...led(was), byTask: this.#byTask(event.rule) })
        return
      }
      case 'order.joined': {
        const known = this.#orders.get(event.order)
        if (!known) return
        known.class = graver(known.class, event.class)
        known.byTask = joinedBy(known.byTask, this.#byTask(event.rule))
        return
      }
      case 'order.closed':
        this.#orders.delete(event.order)
        return
      case 'page.called': {
        const { type: _t, seq: _s, at: calledAt, v: _v, command: _c, actor: _a, ...call } = event
        return this.#add({ ...call, calledAt, tries: 0, nextAt: call.from, pages: {} })
      }
      case 'page.sent':
        this.limits.note(event.person, event.road, event.at)
        return this.#tried(event, null, (call) => (call.everyMs === null ? null : event.at + call.everyMs))
      case 'page.held':
        return this.#tried(event, 'held', (call) => (call.everyMs === null ? event.freeAt : event.at + call.everyMs))
      case 'page.settled':
        return this.#settled(event)
      case 'page.unreached': {
        const call = this.call(event.call)
        if (call) call.isUnreachedTold = true
        return
      }
      case 'page.ended':
        return this.#remove(event.call)
      default:
    }
  }

  /** The roads of one try are said one by one, in one instant. */
  #tried(
    event: EventOf<'page.sent' | 'page.held'>,
    result: PageState['result'],
    nextAt: (call: Call) => number | null,
  ): void {
    const call = this.#calls.get(event.call)
    if (!call) return
    const isFirstRoad = event.try > call.tries
    call.tries = event.try
    call.pages[event.road] = { tries: event.try, result }
    const next = nextAt(call)
    call.nextAt = isFirstRoad || call.nextAt === null ? next : Math.min(call.nextAt, next ?? Infinity)
  }

  #settled({ call: id, road, result, try: number }: EventOf<'page.settled'>): void {
    const call = this.#calls.get(id)
    const page = call?.pages[road]
    if (!call || !page) return
    // An earlier try that went through has reached the person all the same.
    if (number === page.tries || result === 'delivered') page.result = result
    const isSaid = call.purpose !== 'accept' && call.nextAt === null
    const isUnderWay = Object.values(call.pages).some((each) => each.result === null || each.result === 'held')
    if (isSaid && !isUnderWay) this.#remove(id)
  }

  #add(call: Call): void {
    this.#calls.set(call.call, call)
    this.#about.set(call.subject, (this.#about.get(call.subject) ?? new Set()).add(call.call))
  }

  #remove(id: string): void {
    const subject = this.#calls.get(id)?.subject
    this.#calls.delete(id)
    if (subject === undefined) return
    const others = this.#about.get(subject)
    others?.delete(id)
    if (others?.size === 0) this.#about.delete(subject)
  }

  snapshot(): State {
    return {
      calls: this.calls().map((call) => structuredClone(call)),
      orders: [...this.#orders.values()].map((order) => ({ ...order })),
      limits: this.limits.snapshot(),
      wallOffsetMs: this.wallOffsetMs,
    }
  }

  restore({ calls, orders, limits, wallOffsetMs }: State): void {
    this.#calls.clear()
    this.#about.clear()
    this.#orders.clear()
    for (const call of calls) this.#add(structuredClone(call))
    for (const order of orders) this.#orders.set(order.order, { ...order })
    this.limits.restore(limits)
    this.wallOffsetMs = wallOffsetMs
  }
}

/** What was called as work on its own stays so; a rescue is one whatever it began as. */
function joinedBy(known: ByTask, joins: ByTask): ByTask {
  return joins === 'horn' || known === joins ? joins : known === 'horn' ? known : null
}

function led({ skill, region, class: ofClass }: EndedOrder): Pick<PagedOrder, 'skill' | 'region' | 'class'> {
  return { skill, region, class: ofClass }
}
