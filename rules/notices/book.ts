import { Conditions, type ConditionsState } from '../conditions.ts'
import type { Event, EventOf, Truth } from '../event.ts'
import { isSame, isUnderWay, type Notice, rulesOf } from './notice.ts'
import { isEnd, nextNoticeState } from './states.ts'

export type NoticeBookState = Readonly<{
  notices: readonly Notice[]
  conditions: ConditionsState
  wallOffsetMs: number
  orders: readonly (readonly [order: string, word: OrderWord])[]
}>
/** What an open order says to the notice that hangs on it: who has it, whether it is repaired, when it will be over. */
type OrderWord = { owner: string | null; isRepaired: boolean; eta: number | null }
type NoticeEvent = Extract<Event, { notice: string }>

/** What the stage knows: the open threads, what the source conditions say, and how the wall's clock stands. */
export class NoticeBook {
  readonly notices = new Map<string, Notice>()
  readonly conditions = new Conditions()
  readonly #orders = new Map<string, OrderWord>()
  #wallOffsetMs = 0

  all(): Notice[] {
    return [...this.notices.values()]
  }

  onWall(at: number): number {
    return at + this.#wallOffsetMs
  }

  siteTimeOf(wall: number): number {
    return wall - this.#wallOffsetMs
  }

  /** Whether what it speaks of is still so: its alarms' conditions, and the other service points where they say yes. */
  sourceOf(notice: Notice): Truth {
    if (notice.points.some((rule) => this.conditions.isTrue(rule))) return 'true'
    const rules = this.tellingOf(notice)
    return rules.length === 0 ? 'false' : this.conditions.worstOf(rules)
  }

  /** The rules that must say that it is over. */
  tellingOf(notice: Notice): string[] {
    return notice.work && notice.alarms.length === 0 ? notice.points : rulesOf(notice)
  }

  /** Since when the homes are served again without a break. */
  goodSince(notice: Notice): number {
    return this.conditions.goodSince([...new Set([...rulesOf(notice), ...notice.points])])
  }

  apply(event: Event): void {
    switch (event.type) {
      case 'condition.became':
        this.conditions.apply(event)
        for (const { state, points, work } of this.notices.values())
          if (work && isUnderWay({ state }) && event.state === 'true' && points.includes(event.rule)) work.wasOut = true
        return
      case 'gateway.started':
        this.#wallOffsetMs = event.wallOffsetMs
        this.#startHoldsAgain(event)
        return
      case 'clock.stepped':
        this.#wallOffsetMs += event.byMs
        return
      case 'maintenance.ended':
        for (const { work } of this.notices.values()) if (work?.window === event.window) work.window = null
        return
      case 'notice.drafted':
        return this.#drafted(event)
      case 'notice.scheduled':
        return this.#scheduled(event)
      default:
        if ('notice' in event) this.#change(event)
        else if ('order' in event) this.#ofOrder(event)
    }
  }

  snapshot(): NoticeBookState {
    return {
      notices: this.all().map((notice) => structuredClone(notice)),
      conditions: this.conditions.snapshot(),
      wallOffsetMs: this.#wallOffsetMs,
      orders: structuredClone([...this.#orders]),
    }
  }

  restore(state: NoticeBookState): void {
    this.notices.clear()
    for (const notice of state.notices) this.notices.set(notice.notice, structuredClone(notice))
    this.conditions.restore(state.conditions)
    this.#wallOffsetMs = state.wallOffsetMs
    this.#orders.clear()
    for (const [order, word] of structuredClone(state.orders)) this.#orders.set(order, word)
  }

  /** Nobody watched during the blind interval: what was held before it proves nothing, the hold begins anew. */
  #startHoldsAgain(event: EventOf<'gateway.started'>): void {
    if (event.blindFrom === null) return
    for (const notice of this.notices.values())
      if (notice.since !== null) Object.assign(notice, { since: event.at, isHeldBlindly: true, isRestored: false })
  }

  #drafted(event: EventOf<'notice.drafted'>): void {
    const { notice, order, kind, trace, alarm, rule, asset } = event
    this.notices.set(notice, {
      ...unsaid,
      notice,
      kind,
      trace,
      draftedAt: event.at,
      order,
      others: [],
      state: 'draft',
      class: event.class ?? null,
      alarms: [{ alarm, rule, asset }],
      points: [...(event.points ?? [])],
      witnesses: [],
      told: [],
      channels: [],
      work: null,
    })
  }

  #scheduled(event: EventOf<'notice.scheduled'>): void {
    const { notice, kind, trace, from, to, by, work, homes } = event
    this.notices.set(notice, {
      ...unsaid,
      notice,
      kind,
      trace,
      draftedAt: event.at,
      order: event.workOrder ?? null,
      others: [],
      state: 'scheduled',
      class: 'P6',
      alarms: [],
      points: [...event.points],
      witnesses: [],
      told: [...homes],
      channels: [...event.channels],
      work: {
        work,
        assets: [...event.assets],
        homes: [...homes],
        rules: [...event.rules],
        from,
        to,
        window: event.window ?? null,
        by,
        reminded: [],
        scheduledAt: event.at,
        isAsked: false,
        wasOut: false,
        isFinished: false,
        quality: event.needsQuality ? 'needed' : 'unneeded',
      },
    })
  }

  #ofOrder(event: Extract<Event, { order: string }>): void {
    if (event.type === 'order.joined') this.#agree(event)
    if (event.type === 'order.opened' || event.type === 'order.reopened')
      this.#orders.set(event.order, { owner: null, isRepaired: false, eta: null })
    const said = wordOf(event)
    if (said) Object.assign(this.#orders.get(event.order) ?? {}, said)
    for (const notice of this.notices.values()) {
      notice.others = notice.others.filter((other) => event.type !== 'order.closed' || other !== event.order)
      if (notice.order !== event.order) continue
      const { eta = notice.eta, ...word } = said ?? {}
      Object.assign(notice, word)
      // Whoever begins to repair, or says how it goes, has seen that it is so.
      if (['order.started', 'order.updated', 'task.confirmed'].includes(event.type)) notice.isSeen = true
      if (notice.state === 'draft') notice.eta = eta
      if (event.type === 'order.merged') this.#goesOnAs(notice, event.into)
      else if (event.type === 'order.false_alarm' && notice.others[0] !== undefined)
        this.#goesOnAs(notice, notice.others[0])
    }
    if (event.type === 'order.closed') this.#orders.delete(event.order)
  }

  /** Another order answers for it now: its people, and its promise. One that residents were given is still one. */
  #goesOnAs(notice: Notice, order: string): void {
    const { owner, isRepaired, eta } = this.#orders.get(order) ?? { owner: null, isRepaired: false, eta: null }
    const others = notice.others.filter((other) => other !== order)
    Object.assign(notice, { order, others, owner, isRepaired })
    if (notice.state === 'draft') notice.eta = eta
  }

  /** By when the order that answers for a notice says that it will be over. */
  etaOf({ order }: Pick<Notice, 'order'>): number | null {
    return (order === null ? undefined : this.#orders.get(order))?.eta ?? null
  }

  #agree(event: EventOf<'order.joined'>): void {
    if (event.class !== 'P0' && event.class !== 'P1') return
    for (const { order, alarms, witnesses } of this.notices.values())
      if (order === event.order && alarms.some(({ asset }) => asset === event.asset)) witnesses.push(event.rule)
  }

  #change(event: NoticeEvent): void {
    const notice = this.notices.get(event.notice)
    if (!notice) return
    const next = nextNoticeState(notice.state, event.type)
    if (next !== null && isEnd(next)) {
      this.notices.delete(event.notice)
      return
    }
    if (next !== null) notice.state = next
    takeIn(notice, event, this.conditions)
  }
}

/** What an event of an order changes of its word; null for nothing. */
function wordOf(event: Extract<Event, { order: string }>): Partial<OrderWord> | null {
  switch (event.type) {
    case 'order.dispatched':
      return { owner: event.assignee }
    case 'order.accepted':
      return { owner: event.by }
    case 'order.transferred':
      return { owner: event.to }
    case 'order.declined':
      return { owner: null }
    case 'order.finished':
      return { isRepaired: true }
    case 'order.reopened':
      return { isRepaired: false }
    case 'order.updated':
      return event.eta === undefined ? null : { eta: event.eta }
    default:
      return null
  }
}

const unsaid = {
  isSeen: false,
  since: null,
  isHeldBlindly: false,
  isRestored: false,
  isPageOnly: false,
  owner: null,
  isRepaired: false,
  eta: null,
  isEtaWarned: false,
}

/** What an event says of its own notice, beside its state. */
function takeIn(notice: Notice, event: NoticeEvent, conditions: Conditions): void {
  switch (event.type) {
    case 'notice.joined': {
      const { alarm, rule, asset } = event
      if (!notice.alarms.some((known) => isSame(known, event))) notice.alarms.push({ alarm, rule, asset })
      notice.points = [...new Set([...notice.points, ...(event.points ?? [])])]
      if (event.class === 'P1') notice.class = 'P1'
      if (event.byOrder !== undefined && event.byOrder !== notice.order)
        notice.others = [...new Set([...notice.others, event.byOrder])]
      if (notice.work) notice.work.wasOut = true
      return
    }
    case 'notice.published':
    case 'notice.extended':
      notice.told = [...new Set([...notice.told, ...event.homes])]
      notice.channels = [...new Set([...notice.channels, ...event.channels])]
      if (event.type === 'notice.published') notice.isPageOnly = event.pageOnly ?? false
      if (!notice.work) notice.since = null
      return
    case 'message.settled':
      // Whoever is told by another channel hears of the end by that one too.
      if (event.next !== undefined) notice.channels = [...new Set([...notice.channels, event.next])]
      return
    case 'notice.confirmed':
      notice.isPageOnly = false
      notice.channels = [...new Set([...notice.channels, ...event.channels])]
      return
    case 'notice.identified':
      Object.assign(notice, { eta: event.eta, isEtaWarned: false })
      return
    case 'notice.eta_warned':
      notice.isEtaWarned = true
      return
    case 'notice.eta_passed':
      notice.eta = null
      return
    case 'notice.monitoring':
    case 'notice.verifying':
      Object.assign(notice, { since: event.since, isHeldBlindly: false, isRestored: false, eta: null })
      if (notice.work && event.type === 'notice.verifying' && event.by !== undefined) notice.work.isFinished = true
      return
    case 'notice.restored':
      notice.isRestored = true
      return
    case 'notice.resumed':
      Object.assign(notice, { since: null, isRestored: false })
      return
    default:
      if (notice.work) ofWork(notice, notice.work, event, conditions)
  }
}

function ofWork(notice: Notice, work: NonNullable<Notice['work']>, event: NoticeEvent, conditions: Conditions): void {
  switch (event.type) {
    case 'notice.reminded':
      work.reminded.push(event.before)
      return
    case 'notice.merged': {
      work.assets = [...event.assets]
      work.rules = [...event.rules]
      notice.points = [...event.points]
      work.homes = [...new Set([...work.homes, ...event.homes])]
      notice.told = [...new Set([...notice.told, ...event.homes])]
      if (event.needsQuality) work.quality = 'needed'
      Object.assign(work, { from: event.from, to: event.to, window: event.window ?? work.window })
      Object.assign(work, { reminded: [], scheduledAt: event.at, isAsked: false })
      return
    }
    case 'notice.rescheduled':
      Object.assign(work, { from: event.from, to: event.to, window: event.window ?? null })
      Object.assign(work, { reminded: [], scheduledAt: event.at, isAsked: false })
      return
    case 'notice.began':
      work.wasOut = notice.points.some((rule) => conditions.isTrue(rule))
      return
    case 'notice.asked':
      work.isAsked = true
      return
    case 'notice.prolonged':
      Object.assign(work, { to: event.to, isAsked: false, window: event.window ?? work.window })
      return
    case 'notice.measured':
      work.quality = event.isFit ? 'fit' : 'unfit'
      return
    default:
  }
}
