import type { Event, EventOf, Silence, Truth } from '#rules/event.ts'
import type { Plan, Rule } from '#rules/plan.ts'
import { SeenControl } from './control-invariants.ts'

type AlarmEvent = Extract<Event, { type: `alarm.${string}` }>

/** What must never happen, happened. */
export class Violation extends Error {}

export type SeenAlarm = {
  id: string
  rule: string
  latch: boolean
  safety: boolean
  state: string
  silence: Silence | null
  isTold: boolean
  /** This time it was told, or is work all the same. */
  isWork: boolean
}
export type SeenSilences = {
  /** Shelf by rule, service and window by their id. */
  shelves: Map<string, { shelf: string; safety: boolean; second: boolean; ms: number }>
  services: Map<string, { asset: string; rule: string | null }>
  windows: Map<string, { assets: readonly string[]; rules: readonly string[]; isRunning: boolean }>
}
export type SeenOrder = {
  id: string
  state: string
  assignee: string | null
  alarms: Set<string>
  rules: Set<string>
  /** Latched alarms that it looks after, and that are of an order which is over. */
  follows: Set<string>
  assets: Set<string>
  /** Goals reached since it was opened, or opened again; the last level told; of which clock the assignee was warned. */
  met: Set<string>
  level: number
  warned: Map<string, number>
}
export type SeenNotice = {
  id: string
  state: string
  told: Set<string>
  rules: Set<string>
  assets: Set<string>
  monitoringSince: number
}
export type SeenMessage = { id: string; notice: string; channel: string; trace: string }

/** Written down a second time, by hand, apart from the product: from → event → to. */
const ALARM: Record<string, Record<string, string>> = {
  unacknowledged: {
    acknowledged: 'acknowledged',
    cleared: 'returned|latched',
    announced: 'unacknowledged',
    closed: 'normal',
  },
  acknowledged: { cleared: 'normal|latched_acknowledged', announced: 'unacknowledged', closed: 'normal' },
  returned: { acknowledged: 'normal', reoccurred: 'unacknowledged', closed: 'normal' },
  latched: {
    acknowledged: 'latched_acknowledged',
    reoccurred: 'unacknowledged',
    announced: 'latched',
    closed: 'normal',
  },
  latched_acknowledged: { reset: 'normal', reoccurred: 'unacknowledged', announced: 'latched', closed: 'normal' },
  normal: { closed: 'ended' },
}
/** Say nothing of the state. */
const BESIDE = new Set(['silenced', 'unsilenced', 'commented', 'shelved', 'unshelved', 'bad_actor'])
/** Nobody opens an order for these. */
const NO_WORK = new Set(['shelf', 'maintenance', 'inspection', 'out_of_service'])
const SAFETY_SHELF_MS = 30 * 60_000
/** Readings alone verify what closes itself. */
const OVER = {
  verified: 'verified',
  merged: 'merged',
  false_alarm: 'false_alarm',
  cancelled: 'cancelled',
  closed: 'closed',
}
const ORDER: Record<string, Record<string, string>> = {
  new: { ...OVER, dispatched: 'dispatched', accepted: 'accepted' },
  dispatched: {
    ...OVER,
    dispatched: 'dispatched',
    accepted: 'accepted',
    declined: 'new',
    transferred: 'dispatched',
  },
  accepted: {
    ...OVER,
    departed: 'en_route',
    arrived: 'arrived',
    paused: 'paused',
    declined: 'new',
    transferred: 'dispatched',
  },
  en_route: { ...OVER, arrived: 'arrived', paused: 'paused', declined: 'new', transferred: 'dispatched' },
  arrived: { ...OVER, started: 'working', paused: 'paused', transferred: 'dispatched', finished: 'restored' },
  working: { ...OVER, paused: 'paused', transferred: 'dispatched', finished: 'restored' },
  paused: { ...OVER, resumed: 'accepted', transferred: 'dispatched' },
  restored: { reported: 'feedback', verified: 'verified', reopened: 'new', closed: 'closed' },
  feedback: { reported: 'feedback', verified: 'verified', reopened: 'new', closed: 'closed' },
  verified: { reported: 'verified', unverified: 'restored', reopened: 'new', closed: 'closed' },
}
/** What is said about an order and moves it nowhere. */
const SAID_OF_ORDERS = [
  'updated',
  'warned',
  'escalated',
  'silent',
  'line_added',
  'line_ended',
  'ticked',
  'photo_added',
  'called_back',
  'rated',
]
const NOTICE: Record<string, Record<string, string>> = {
  draft: { published: 'published', withdrawn: 'withdrawn', joined: 'draft' },
  published: {
    extended: 'published',
    confirmed: 'published',
    identified: 'identified',
    monitoring: 'monitoring',
    joined: 'published',
  },
  identified: {
    extended: 'identified',
    confirmed: 'identified',
    identified: 'identified',
    eta_warned: 'identified',
    eta_passed: 'published',
    monitoring: 'monitoring',
    joined: 'identified',
  },
  monitoring: {
    resumed: 'published',
    restored: 'monitoring',
    confirmed: 'monitoring',
    all_clear: 'all_clear',
    joined: 'monitoring',
  },
}

const GOALS_REACHED: Partial<Record<Event['type'], readonly string[]>> = {
  'order.accepted': ['ack'],
  'order.arrived': ['ack', 'arrive'],
  'order.finished': ['ack', 'arrive', 'restore'],
}

/** Reads the journal as it grows and holds it against what must always be true. Decides nothing itself. */
export class Invariants {
  readonly alarms = new Map<string, SeenAlarm>()
  readonly orders = new Map<string, SeenOrder>()
  readonly notices = new Map<string, SeenNotice>()
  readonly control: SeenControl
  readonly messages: SeenMessage[] = []
  readonly settled = new Set<string>()
  readonly count = { events: 0, raised: 0, cleared: 0, published: 0, allClear: 0, closed: 0 }
  readonly conditions = new Map<string, Truth>()
  readonly silences: SeenSilences = { shelves: new Map(), services: new Map(), windows: new Map() }
  readonly silent = { shelved: 0, removed: 0, planned: 0, silenced: 0, told: 0, lost: 0, floods: 0 }
  readonly #rules: ReadonlyMap<string, Rule>
  readonly #plan: Plan
  #seq = 0
  #at = 0

  constructor(plan: Plan) {
    this.#plan = plan
    this.control = new SeenControl(plan)
    this.#rules = new Map(plan.rules.map((rule) => [rule.id, rule]))
  }

  get seq(): number {
    return this.#seq
  }

  openOrders(): SeenOrder[] {
    return [...this.orders.values()].filter(({ state }) => state !== 'closed')
  }

  openAlarms(): SeenAlarm[] {
    return [...this.alarms.values()].filter(({ state }) => state !== 'ended')
  }

  see(event: Event): void {
    this.#must(event.seq === this.#seq + 1, event, `place ${event.seq} after ${this.#seq}`)
    this.#must(event.at >= this.#at, event, 'site time went back')
    this.#seq = event.seq
    this.#at = event.at
    this.count.events++
    const [kind] = event.type.split('.')
    if (event.type === 'condition.became') this.#condition(event)
    else if (kind === 'alarm') this.#alarm(event as AlarmEvent)
    else if (kind === 'service' || kind === 'maintenance') this.#hush(event)
    else if (event.type === 'incident.opened') this.silent.lost++
    else if (kind === 'order') this.#order(event as Extract<Event, { order: string }>)
    else if (kind === 'notice') this.#notice(event as Extract<Event, { notice: string }>)
    else if (kind === 'control' || kind === 'lockout' || kind === 'permit' || kind === 'presence') {
      const atWork = this.openOrders().filter(({ state }) => state === 'arrived' || state === 'working')
      const fault = this.control.faultOf(event, new Set(atWork.flatMap(({ assets }) => [...assets])))
      this.#must(fault === null, event, fault ?? '')
    } else if (event.type === 'message.settled')
      this.#once(this.settled, event.message, event, 'a message settled twice')
  }

  /** After each commit: what holds between inputs. */
  atRest(): void {
    for (const { id, rule, state, silence, isWork } of this.openAlarms()) {
      if (this.conditions.get(rule) !== 'true') continue
      this.#mustBeSilentForAReason(id, rule, silence)
      // What nobody was told of this time waits for that.
      if (!isWork && silence && NO_WORK.has(silence.by)) continue
      const orders = this.openOrders().filter((order) => order.rules.has(rule))
      if (orders.length !== 1)
        throw new Violation(
          `alarm ${id} (${rule}, ${state}) is active with ${orders.length} open orders after event ${this.#seq}`,
        )
      const { notice: kind, asset } = this.#rules.get(rule)!
      if (kind === undefined || this.#plan.assets.get(asset)!.homes.length === 0) continue
      const isSpokenOf = [...this.notices.values()].some((notice) => NOTICE[notice.state] && notice.rules.has(rule))
      if (!isSpokenOf)
        throw new Violation(`alarm ${id} (${rule}, ${state}) is active with no open notice after event ${this.#seq}`)
    }
  }

  /** A silence ends with its reason: what still holds was announced then. */
  #mustBeSilentForAReason(id: string, rule: string, silence: Silence | null): void {
    if (silence === null) return
    const { asset } = this.#rules.get(rule)!
    const part = this.#plan.assets.get(asset)?.parent
    const of = part === undefined ? [asset] : [asset, part]
    const { shelves, services, windows } = this.silences
    const reasons: Partial<Record<Silence['by'], () => boolean>> = {
      shelf: () => shelves.has(rule),
      out_of_service: () => [...services.values()].some((each) => of.includes(each.asset)),
      maintenance: () =>
        [...windows.values()].some(
          (each) => each.isRunning && (each.assets.some((id) => of.includes(id)) || each.rules.includes(rule)),
        ),
      cause: () => this.alarms.get(silence.root ?? '')?.state !== 'ended' || silence.incident !== undefined,
    }
    if (!(reasons[silence.by]?.() ?? true))
      throw new Violation(`alarm ${id} (${rule}) holds and is silent (${silence.by}) for no reason after ${this.#seq}`)
  }

  /** After everything was healed and time has passed. */
  atEnd(): void {
    for (const notice of this.notices.values()) {
      if (notice.state !== 'all_clear' && notice.state !== 'withdrawn') {
        const sources = [...notice.rules].map((rule) => `${rule} is ${this.conditions.get(rule)}`)
        throw new Violation(`notice ${notice.id} never ended: ${notice.state}, ${sources.join(', ')}`)
      }
    }
    for (const message of this.messages) {
      const notice = this.notices.get(message.notice)
      if (!notice) throw new Violation(`message ${message.id} of no notice`)
    }
  }

  #condition(event: EventOf<'condition.became'>): void {
    const rule = this.#rules.get(event.rule)!
    const lasted = event.at - event.since
    this.#must((this.conditions.get(event.rule) ?? 'unknown') !== event.state, event, 'became what it was')
    if (event.state === 'unknown') this.#must(lasted >= rule.validityMs, event, `unknown after ${lasted} ms`)
    else if (event.evidence.reason === 'silent' && event.evidence.at === event.since)
      this.#must(lasted >= 2 * rule.validityMs, event, `silent after ${lasted} ms`)
    else
      this.#must(
        lasted >= (event.state === 'true' ? rule.onDelayMs : rule.offDelayMs),
        event,
        `${event.state} after ${lasted} ms`,
      )
    this.conditions.set(event.rule, event.state)
  }

  #alarm(event: AlarmEvent): void {
    if (event.type === 'alarm.flood_began') return void this.silent.floods++
    if (event.type === 'alarm.flood_ended') {
      for (const id of event.alarms) Object.assign(this.alarms.get(id)!, { silence: null, isTold: true })
      return
    }
    if (event.type === 'alarm.raised') {
      this.#must(!this.openAlarms().some(({ rule }) => rule === event.rule), event, 'two open alarms of one rule')
      this.#must(this.conditions.get(event.rule) === 'true', event, 'raised without its condition')
      this.#must(!this.alarms.has(event.alarm), event, 'an id used twice')
      const { alarm: id, rule, latch, safety } = event
      const alarm = { id, rule, latch, safety, state: 'unacknowledged', silence: null, isTold: false, isWork: false }
      this.alarms.set(id, alarm)
      this.#told(alarm, event)
      this.count.raised++
      return
    }
    const verb = event.type.slice('alarm.'.length)
    if (event.type === 'alarm.bad_actor') return
    const alarm = this.alarms.get(event.alarm)!
    if (BESIDE.has(verb)) return this.#beside(event, alarm)
    const to = alarm && ALARM[alarm.state]?.[verb]
    this.#must(to !== undefined, event, `illegal from ${alarm?.state}`)
    if (event.type === 'alarm.cleared') {
      this.count.cleared++
      this.#must(this.conditions.get(alarm.rule) === 'false', event, 'cleared without its condition')
    }
    if (event.type === 'alarm.closed') {
      const isUntold = alarm.state === 'returned' && !alarm.isTold
      this.#must(alarm.state === 'normal' || isUntold, event, `closed from ${alarm.state}`)
      alarm.state = 'ended'
      return
    }
    const [plain, latched] = to!.split('|')
    alarm.state = (alarm.latch ? latched : undefined) ?? plain!
    if (event.type === 'alarm.reoccurred' || event.type === 'alarm.announced') this.#told(alarm, event)
  }

  #told(alarm: SeenAlarm, event: Event & { silence?: Silence }): void {
    this.#quieten(alarm, event.silence ?? null, event)
    alarm.isWork = (alarm.isWork && event.type !== 'alarm.reoccurred') || !NO_WORK.has(alarm.silence?.by ?? '')
    if (alarm.silence && alarm.silence.by !== 'flood') return
    alarm.isTold = true
    this.silent.told++
  }

  /** A safety alarm is never hidden against the rules. */
  #quieten(alarm: SeenAlarm, silence: Silence | null, event: Event): void {
    alarm.silence = silence
    if (!alarm.safety || silence === null) return
    const isNamed = [...this.silences.windows.values()].some(
      ({ isRunning, rules }) => isRunning && rules.includes(alarm.rule),
    )
    const isAllowed =
      silence.by === 'shelf' ? this.silences.shelves.get(alarm.rule)?.second : silence.by === 'maintenance' && isNamed
    this.#must(isAllowed === true, event, 'a safety alarm is hidden')
  }

  #beside(event: AlarmEvent, alarm: SeenAlarm): void {
    const { shelves } = this.silences
    if (event.type === 'alarm.silenced') {
      this.silent.silenced++
      alarm.isWork ||= !NO_WORK.has(event.silence.by)
      this.#quieten(alarm, event.silence, event)
    }
    if (event.type === 'alarm.unsilenced') {
      this.#must(
        this.conditions.get(alarm.rule) !== 'true' || alarm.state === 'latched',
        event,
        'it holds, and nobody is told',
      )
      alarm.silence = null
    }
    if (event.type === 'alarm.shelved') {
      this.silent.shelved++
      const ms = event.until - event.at
      shelves.set(event.rule, { shelf: event.shelf, safety: alarm.safety, second: event.second !== undefined, ms })
      const isOut = [...this.silences.services.values()].some(
        (each) => each.asset === event.asset && each.rule === null,
      )
      const isAllowed = isOut && event.second !== undefined && event.second !== event.by && ms <= SAFETY_SHELF_MS
      this.#must(!alarm.safety || isAllowed, event, 'a safety alarm was shelved against the rules')
    }
    if (event.type === 'alarm.unshelved')
      this.#must(shelves.delete(event.rule), event, 'unshelved, and was not shelved')
  }

  #hush(event: Event): void {
    const { services, windows } = this.silences
    if (event.type === 'service.removed') {
      this.silent.removed++
      services.set(event.service, { asset: event.asset, rule: event.rule ?? null })
    }
    if (event.type === 'service.returned') this.#must(services.delete(event.service), event, 'was in service')
    if (event.type === 'maintenance.planned') {
      this.silent.planned++
      windows.set(event.window, { assets: event.assets, rules: event.rules, isRunning: false })
    }
    if (event.type === 'maintenance.began') windows.get(event.window)!.isRunning = true
    if (event.type === 'maintenance.ended') this.#must(windows.delete(event.window), event, 'ended twice')
  }

  #order(event: Extract<Event, { order: string }>): void {
    if (event.type === 'order.opened' || event.type === 'order.joined') {
      const others = this.openOrders().filter((order) => order.id !== event.order && order.rules.has(event.rule))
      this.#must(others.length === 0, event, `rule has another open order ${others[0]?.id}`)
    }
    if (event.type === 'order.opened') {
      this.#must(!this.orders.has(event.order), event, 'an id used twice')
      const followed = this.openOrders().filter(({ follows }) => event.follows?.alarms.some((id) => follows.has(id)))
      this.#must(followed.length === 0, event, `${followed[0]?.id} looks after its alarm already`)
      this.orders.set(event.order, {
        id: event.order,
        state: 'new',
        assignee: null,
        // One that looks after what another left behind is of no rule.
        alarms: new Set(event.alarm === '' ? [] : [event.alarm]),
        rules: new Set(event.rule === '' ? [] : [event.rule]),
        follows: new Set(event.follows?.alarms),
        assets: new Set([event.asset]),
        met: new Set(),
        level: 0,
        warned: new Map(),
      })
      return
    }
    const order = this.orders.get(event.order)!
    // Readings may close it before whoever did it has reported.
    const isLateReport = order?.state === 'closed' && event.type === 'order.reported'
    this.#must(order !== undefined && (order.state !== 'closed' || isLateReport), event, 'of no open order')
    if (isLateReport) return
    if (event.type === 'order.joined') {
      order.alarms.add(event.alarm)
      order.rules.add(event.rule)
      order.assets.add(event.asset)
      return
    }
    const step = event.type.slice('order.'.length)
    this.#supervision(event, order)
    if (SAID_OF_ORDERS.includes(step)) return
    const to = ORDER[order.state]?.[step]
    this.#must(to !== undefined, event, `illegal from ${order.state}`)
    if (event.type === 'order.transferred') order.assignee = event.to
    if (event.type === 'order.dispatched') {
      const isKnown = event.assignee === this.#plan.fallback || this.#plan.staff.some(({ id }) => id === event.assignee)
      this.#must(isKnown, event, 'dispatched to nobody')
      order.assignee = event.assignee
    }
    if (event.type === 'order.accepted') order.assignee = event.by
    if (event.type === 'order.arrived' || event.type === 'order.finished')
      this.#must(order.assignee === event.by || this.#isSupervisor(event.by), event, `not by ${order.assignee}`)
    if (event.type === 'order.closed' || event.type === 'order.verified') {
      const isByPerson = event.type === 'order.closed' && event.by !== 'telemetry'
      const states = [...order.rules].map((rule) => this.conditions.get(rule) ?? 'unknown')
      // Where nobody can tell any more, a person who looked may.
      const isTold = isByPerson && !states.includes('true') && states.includes('unknown')
      this.#must(
        isTold || states.every((state) => state === 'false'),
        event,
        `while the source is ${states.join(', ')}`,
      )
      if (isByPerson)
        this.#must(
          order.state === (isTold ? 'restored' : 'verified') || order.state === 'verified',
          event,
          `closed from ${order.state}`,
        )
      if (event.type === 'order.closed') this.count.closed++
    }
    order.state = to!
  }

  /** Levels come in order, once each, never early, and only while the clock they name is unmet. */
  #supervision(event: Extract<Event, { order: string }>, order: SeenOrder): void {
    const reached = GOALS_REACHED[event.type] ?? []
    for (const goal of reached) order.met.add(goal)
    if (event.type === 'order.reopened') Object.assign(order, { met: new Set(), level: 0, warned: new Map() })
    if (event.type === 'order.escalated') {
      this.#must(event.level === order.level + 1, event, `level ${event.level} after ${order.level}`)
      this.#must(event.at >= event.dueAt, event, 'a level told early')
      this.#must(!order.met.has(event.clock), event, 'a level of a clock that was met')
      this.#must(event.to.length > 0 || event.level < 3, event, 'the last level told to nobody')
      order.level = event.level
    }
    if (event.type === 'order.warned') {
      this.#must(event.percent > (order.warned.get(event.clock) ?? 0), event, 'warned twice')
      this.#must(!order.met.has(event.clock), event, 'warned of a clock that was met')
      order.warned.set(event.clock, event.percent)
    }
    if (event.type === 'order.silent') this.#must(!order.met.has('restore'), event, 'silence after it was restored')
  }

  #isSupervisor(id: string): boolean {
    return this.#plan.staff.some((person) => person.id === id && ['manager', 'chief'].includes(person.role))
  }

  #notice(event: Extract<Event, { notice: string }>): void {
    if (event.type === 'notice.drafted') {
      this.#must(!this.notices.has(event.notice), event, 'an id used twice')
      this.notices.set(event.notice, {
        id: event.notice,
        state: 'draft',
        told: new Set(),
        rules: new Set([event.rule]),
        assets: new Set([event.asset]),
        monitoringSince: 0,
      })
      return
    }
    const notice = this.notices.get(event.notice)!
    const to = notice && NOTICE[notice.state]?.[event.type.slice('notice.'.length)]
    this.#must(to !== undefined, event, `illegal from ${notice?.state}`)
    notice.state = to!
    if (event.type === 'notice.joined') {
      notice.rules.add(event.rule)
      notice.assets.add(event.asset)
    }
    if (event.type === 'notice.monitoring') notice.monitoringSince = event.since
    if (event.type === 'notice.published' || event.type === 'notice.extended') {
      for (const home of event.homes) this.#once(notice.told, home, event, `home ${home} told twice`)
      const served = new Set([...notice.assets].flatMap((asset) => this.#plan.assets.get(asset)!.homes))
      for (const rule of notice.rules) {
        const { asset, watch } = this.#rules.get(rule)!
        // One rule for all cars: each line of its order names one that it speaks of.
        this.#must(watch.kind === 'lost-lifts' || notice.assets.has(asset), event, `${rule} has another asset`)
      }
      this.#must(sameSet(notice.told, served), event, 'told other homes than depend on it')
      if (event.type === 'notice.published') this.count.published++
    }
    if (event.type === 'notice.all_clear') {
      this.count.allClear++
      this.#must(
        event.homes.length === notice.told.size && sameSet(new Set(event.homes), notice.told),
        event,
        'all clear to others than were told',
      )
      this.#must(event.at - notice.monitoringSince >= this.#plan.settings.allClearHoldMs, event, 'all clear too early')
      this.#must(
        [...notice.rules].every((rule) => this.conditions.get(rule) === 'false'),
        event,
        'all clear while not over',
      )
    }
    if ('channels' in event) {
      for (const channel of event.channels)
        this.messages.push({
          id: `${notice.id}-${event.seq}-${channel}`,
          notice: notice.id,
          channel,
          trace: event.trace,
        })
    }
  }

  #once(set: Set<string>, id: string, event: Event, what: string): void {
    this.#must(!set.has(id), event, what)
    set.add(id)
  }

  #must(holds: boolean, event: Event, what: string): void {
    if (!holds) throw new Violation(`${what}: ${JSON.stringify(event)}`)
  }
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item))
}
