import type { Event, EventOf, Silence } from '../event.ts'
import type { Alarm, OutOfService, Shelf, Window } from './alarm.ts'
import { Flood, type FloodState } from './flood.ts'
import type { AlarmSettings } from './settings.ts'
import { LossBook, type LossState } from './loss-book.ts'
import { type AlarmTrigger, nextAlarmState } from './states.ts'

type Kept = Readonly<{
  alarms: readonly Alarm[]
  shelves: readonly Shelf[]
  services: readonly OutOfService[]
  windows: readonly Window[]
  losses: LossState
  modes: readonly string[]
  badActors: readonly (readonly [rule: string, at: number])[]
  lastOf: readonly (readonly [rule: string, alarm: string])[]
  accepted: readonly string[]
  flood: FloodState
  wallOffsetMs: number
}>

const byKey = <T, K extends keyof T>(items: readonly T[], key: K): Map<T[K], T> =>
  new Map(items.map((item) => [item[key], item]))

/** State of the alarm stage: a function of the events alone. */
export class AlarmBook {
  readonly alarms = new Map<string, Alarm>()
  /** By rule: a shelf lies on the rule, whatever becomes of the alarm. */
  readonly shelves = new Map<string, Shelf>()
  readonly services = new Map<string, OutOfService>()
  readonly windows = new Map<string, Window>()
  readonly losses: LossBook
  /** Rules of modes that are on. What turns unknown stays: nothing said that it is over. */
  readonly modes = new Set<string>()
  readonly flood: Flood
  readonly #ofRule = new Map<string, string>()
  readonly #onAsset = new Map<string, Set<string>>()
  #badActors = new Map<string, number>()
  /** The newest alarm of each rule that chatters. */
  #lastOf = new Map<string, string>()
  #accepted = new Set<string>()
  #wallOffsetMs = 0

  constructor(settings: AlarmSettings) {
    this.flood = new Flood(settings)
    this.losses = new LossBook(this.alarms, settings)
  }

  ofRule(rule: string): Alarm | undefined {
    return this.alarms.get(this.#ofRule.get(rule) ?? '')
  }

  on(asset: string): Alarm[] {
    return [...(this.#onAsset.get(asset) ?? [])].flatMap((id) => this.alarms.get(id) ?? [])
  }

  /** When it was listed as a bad actor; null when it is not. */
  badActorSince(rule: string): number | null {
    return this.#badActors.get(rule) ?? null
  }

  lastOf(rule: string): string | null {
    return this.#ofRule.get(rule) ?? this.#lastOf.get(rule) ?? null
  }

  /** Somebody took the order on: no alarm of it has to be told again. */
  isDealtWith({ order }: Alarm): boolean {
    return order !== null && this.#accepted.has(order)
  }

  /** Site time of a moment on the wall. */
  siteTimeOf(wall: number): number {
    return wall - this.#wallOffsetMs
  }

  wallAt(at: number): number {
    return at + this.#wallOffsetMs
  }

  /** False when the event says nothing here. */
  apply(event: Event): boolean {
    switch (event.type) {
      case 'alarm.raised':
        this.#raise(event)
        return true
      case 'alarm.closed':
        this.#close(event.alarm)
        return true
      case 'alarm.shelved':
        this.shelves.set(event.rule, {
          shelf: event.shelf,
          alarm: event.alarm,
          rule: event.rule,
          asset: event.asset,
          until: event.until,
          oneShot: event.oneShot,
          restMs: event.restMs ?? null,
          movedAt: event.at,
          safety: this.alarms.get(event.alarm)?.safety ?? false,
        })
        return true
      case 'alarm.unshelved':
        return this.shelves.delete(event.rule)
      case 'alarm.bad_actor':
        this.#badActors.set(event.rule, event.at)
        if (event.alarm !== null) this.#lastOf.set(event.rule, event.alarm)
        return true
      case 'condition.chattered':
      case 'condition.became':
        return this.#moved(event)
      case 'alarm.flood_began':
        this.flood.begin(event.at)
        return true
      case 'alarm.flood_ended':
        this.flood.end()
        for (const id of event.alarms) Object.assign(this.alarms.get(id) ?? {}, { silence: null, isTold: true })
        return true
      case 'incident.opened':
      case 'incident.rerooted':
      case 'incident.closed':
        this.losses.apply(event)
        return true
      case 'service.removed': {
        const { service, asset, rule = null, workOrder } = event
        this.services.set(service, { service, asset, rule, workOrder })
        return true
      }
      case 'service.returned':
        return this.services.delete(event.service)
      case 'maintenance.planned': {
        const { window, assets, rules, from, to } = event
        this.windows.set(window, { window, assets, rules, from, to, state: 'planned' })
        return true
      }
      case 'maintenance.began':
        return this.#window(event.window, { state: 'running' })
      case 'maintenance.extended':
        return this.#window(event.window, { to: event.to, state: 'running' }, 'overrun')
      case 'maintenance.overran':
        return this.#window(event.window, { state: 'overrun' })
      case 'maintenance.ended':
        return this.windows.delete(event.window)
      case 'gateway.started':
        this.#wallOffsetMs = event.wallOffsetMs
        return true
      case 'clock.stepped':
        this.#wallOffsetMs += event.byMs
        return true
      case 'order.opened':
      case 'order.joined': {
        const alarm = this.alarms.get(event.alarm)
        if (alarm) alarm.order = event.order
        return true
      }
      case 'order.accepted':
        this.#accepted.add(event.order)
        return true
      case 'order.dispatched':
      case 'order.transferred':
      case 'order.reopened':
      case 'order.closed':
        return this.#accepted.delete(event.order)
      default:
        return 'alarm' in event && this.#change(event)
    }
  }

  #raise(event: EventOf<'alarm.raised'>): void {
    const { alarm: id, rule, device, asset, priority, latch, safety, trace, silence = null, loss = false } = event
    const alarm: Alarm = {
      alarm: id,
      device,
      asset,
      latch,
      safety,
      loss,
      trace,
      rule,
      holding: [rule],
      sides: [rule],
      priority,
      class: event.class,
      state: 'unacknowledged',
      silence: null,
      isTold: false,
      since: event.at,
      acknowledgedAt: null,
      returnedAt: null,
      order: null,
    }
    this.alarms.set(id, alarm)
    this.#ofRule.set(rule, id)
    const there = this.#onAsset.get(asset)
    if (there) there.add(id)
    else this.#onAsset.set(asset, new Set([id]))
    this.#tell(alarm, silence, event.at)
    this.losses.lose(alarm)
  }

  #close(id: string): void {
    const alarm = this.alarms.get(id)
    if (!alarm) return
    this.alarms.delete(id)
    for (const side of alarm.sides)
      if (this.#ofRule.get(side) === id) {
        this.#ofRule.delete(side)
        if (this.#badActors.has(side)) this.#lastOf.set(side, id)
      }
    const there = this.#onAsset.get(alarm.asset)
    there?.delete(id)
    if (there?.size === 0) this.#onAsset.delete(alarm.asset)
  }

  /** Announced, counted in a flood, or silent. */
  #tell(alarm: Alarm, silence: Silence | null, at: number): void {
    alarm.silence = silence
    const isCounted = silence?.by === 'flood'
    if (silence !== null && !isCounted) return
    alarm.isTold = true
    this.flood.note(at, isCounted)
  }

  #change(event: Extract<Event, { alarm: string | null }>): boolean {
    const alarm = this.alarms.get(event.alarm ?? '')
    if (!alarm) return false
    const move = (trigger: AlarmTrigger) => {
      alarm.state = nextAlarmState(alarm.state, trigger, alarm.latch) ?? alarm.state
      alarm.returnedAt = alarm.state === 'returned' ? (alarm.returnedAt ?? event.at) : null
    }
    switch (event.type) {
      case 'alarm.reoccurred':
        this.#hold(alarm, [event.rule], event.rule)
        alarm.since = event.at
        move('occur')
        this.#tell(alarm, event.silence ?? null, event.at)
        this.losses.lose(alarm)
        break
      case 'alarm.severity_changed':
        this.#hold(alarm, event.rules, event.rule)
        Object.assign(alarm, { priority: event.priority, class: event.class })
        if (event.rises) {
          move('rise')
          this.#tell(alarm, event.silence ?? null, event.at)
        }
        break
      case 'alarm.announced':
        move('announce')
        this.#tell(alarm, event.silence ?? null, event.at)
        break
      case 'alarm.silenced':
        alarm.silence = event.silence
        if (event.silence.incident) this.losses.join(event.silence.incident, alarm)
        break
      case 'alarm.unsilenced':
        alarm.silence = null
        break
      case 'alarm.acknowledged':
        move('acknowledge')
        alarm.acknowledgedAt = event.at
        break
      case 'alarm.cleared':
        move('clear')
        alarm.holding = []
        this.losses.rootMoved(alarm, event.at)
        break
      case 'alarm.reset':
        move('reset')
        break
      default:
        return false
    }
    return true
  }

  #hold(alarm: Alarm, holding: readonly string[], rule: string): void {
    alarm.rule = rule
    alarm.holding = holding
    alarm.sides = [...new Set([...alarm.sides, ...holding])]
    for (const side of holding) this.#ofRule.set(side, alarm.alarm)
  }

  /** A shelf that waits for rest waits anew; a mode is on until something says that it is over. */
  #moved(event: EventOf<'condition.became'> | EventOf<'condition.chattered'>): boolean {
    const shelf = this.shelves.get(event.rule)
    if (shelf) this.shelves.set(event.rule, { ...shelf, movedAt: event.at })
    if (event.type === 'condition.became' && this.#isMode(event.rule)) {
      if (event.state === 'true') this.modes.add(event.rule)
      if (event.state === 'false') this.modes.delete(event.rule)
    }
    return shelf !== undefined
  }

  /** By its name alone, so that a replay under another configuration gives the same. */
  #isMode(rule: string): boolean {
    return rule.includes('/mode.')
  }

  #window(id: string, changes: Partial<Window>, onlyFrom?: Window['state']): boolean {
    const window = this.windows.get(id)
    if (!window) return false
    const { state, ...rest } = changes
    const to = state === undefined || (onlyFrom !== undefined && window.state !== onlyFrom) ? {} : { state }
    this.windows.set(id, { ...window, ...rest, ...to })
    return true
  }

  snapshot(): Kept {
    return {
      alarms: [...this.alarms.values()].map((alarm) => ({ ...alarm })),
      shelves: [...this.shelves.values()],
      services: [...this.services.values()],
      windows: [...this.windows.values()],
      losses: this.losses.snapshot(),
      modes: [...this.modes],
      badActors: [...this.#badActors],
      lastOf: [...this.#lastOf],
      accepted: [...this.#accepted],
      flood: this.flood.snapshot(),
      wallOffsetMs: this.#wallOffsetMs,
    }
  }

  restore(kept: Kept): void {
    for (const map of [this.alarms, this.shelves, this.services, this.windows, this.#ofRule]) map.clear()
    this.#onAsset.clear()
    this.modes.clear()
    for (const each of kept.alarms) {
      const alarm = { ...each }
      this.alarms.set(alarm.alarm, alarm)
      for (const side of alarm.sides) this.#ofRule.set(side, alarm.alarm)
      this.#onAsset.set(alarm.asset, (this.#onAsset.get(alarm.asset) ?? new Set()).add(alarm.alarm))
    }
    for (const [rule, shelf] of byKey(kept.shelves, 'rule')) this.shelves.set(rule, shelf)
    for (const [id, service] of byKey(kept.services, 'service')) this.services.set(id, service)
    for (const [id, window] of byKey(kept.windows, 'window')) this.windows.set(id, window)
    this.losses.restore(kept.losses)
    for (const rule of kept.modes) this.modes.add(rule)
    this.#badActors = new Map(kept.badActors)
    this.#lastOf = new Map(kept.lastOf)
    this.#accepted = new Set(kept.accepted)
    this.flood.restore(kept.flood)
    this.#wallOffsetMs = kept.wallOffsetMs
  }
}
