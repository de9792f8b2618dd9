import type { Said } from '#devices/fault.ts'
import type { Value } from '#devices/reading.ts'
import type { ControlOutcome, Event, EventOf, Why } from '../event.ts'
import { IS_AT_WORK, nextOrderState, type OrderState } from '../orders/states.ts'
import { AssetTree } from '../asset-tree.ts'
import type { Plan } from '../plan.ts'

export type Lease = Readonly<{ device: string; by: string; holder: string; until: number }>
export type Lockout = Readonly<{ lockout: string; asset: string; by: string; reason: string; at: number }>
export type Permit = Readonly<{ permit: string; asset: string; by: string; reason: string; at: number }>
export type Presence = Readonly<{ by: string; room: string; at: number }>
export type Request = Readonly<{
  request: string
  command: string | null
  device: string
  point: string
  asset: string
  by: string
  reason: string
  from: Value | null
  to: Value
  at: number
  trace: string
  settled: Readonly<{ outcome: ControlOutcome; readBack: Value | null; why: Why | null; at: number }> | null
}>
type WorkOrder = { order: string; state: OrderState; assets: string[] }

type BookState = Readonly<{
  seq: number
  orders: readonly WorkOrder[]
  leases: readonly Lease[]
  lockouts: readonly Lockout[]
  permits: readonly Permit[]
  presences: readonly Presence[]
  requests: readonly Request[]
}>

/** So many requests of a device are remembered, the latest; the journal has them all. */
const REMEMBERED = 50

/**
 * Who works where, what is locked, who holds which device, and what was asked for: a function of the events alone. The
 * stage decides by it; the gateway keeps another one of what is durable, to show it and to look once more before it writes.
 */
export class ControlBook {
  readonly #plan: Pick<Plan, 'assets'>
  readonly #tree: AssetTree
  readonly #orders = new Map<string, WorkOrder>()
  readonly #leases = new Map<string, Lease>()
  readonly #lockouts = new Map<string, Lockout>()
  readonly #permits = new Map<string, Permit>()
  readonly #presences = new Map<string, Presence>()
  readonly #requests = new Map<string, Request>()
  #seq = 0

  constructor(plan: Pick<Plan, 'assets'>) {
    this.#plan = plan
    this.#tree = new AssetTree(plan.assets)
  }

  /** Place of the newest event it knows. */
  get seq(): number {
    return this.#seq
  }

  lease(device: string): Lease | undefined {
    return this.#leases.get(device)
  }

  leases(): Iterable<Lease> {
    return this.#leases.values()
  }

  lockout(id: string): Lockout | undefined {
    return this.#lockouts.get(id)
  }

  lockouts(): readonly Lockout[] {
    return [...this.#lockouts.values()]
  }

  permit(id: string): Permit | undefined {
    return this.#permits.get(id)
  }

  permits(): readonly Permit[] {
    return [...this.#permits.values()]
  }

  presence(person: string): Presence | undefined {
    return this.#presences.get(person)
  }

  presences(): readonly Presence[] {
    return [...this.#presences.values()]
  }

  request(id: string): Request | undefined {
    return this.#requests.get(id)
  }

  requestOf(command: string): Request | undefined {
    return [...this.#requests.values()].find((request) => request.command === command)
  }

  /** Of a device, the latest first. */
  requestsOf(device: string): readonly Request[] {
    return [...this.#requests.values()].filter((request) => request.device === device).toReversed()
  }

  pending(): readonly Request[] {
    return [...this.#requests.values()].filter(({ settled }) => settled === null)
  }

  /** All that forbids switching this asset from afar now; nothing overrides it. */
  blocksOf(asset: string): readonly Said[] {
    const related = this.#tree.related(asset)
    const at = (id: string) => related.has(id)
    const orders = [...this.#orders.values()].filter(({ state, assets }) => IS_AT_WORK[state] && assets.some(at))
    const rooms = this.#roomsOf(asset)
    return [
      ...orders.map(({ order, assets }): Said => ({ code: 'at_work', params: { order, asset: assets.find(at)! } })),
      ...this.lockouts()
        .filter((each) => at(each.asset))
        .map(({ lockout, by, ...each }): Said => ({ code: 'locked_out', params: { lockout, asset: each.asset, by } })),
      ...this.permits()
        .filter((each) => at(each.asset))
        .map(({ permit, by, ...each }): Said => ({ code: 'permit_open', params: { permit, asset: each.asset, by } })),
      ...this.presences()
        .filter(({ room }) => rooms.has(room))
        .map(({ room, by }): Said => ({ code: 'somebody_there', params: { room, by } })),
    ]
  }

  /** The room it stands in; a room may itself be what it is part of. */
  #roomsOf(asset: string): ReadonlySet<string> {
    const rooms = new Set<string>()
    for (let id: string | undefined = asset; id !== undefined && !rooms.has(id);) {
      const found = this.#plan.assets.get(id)
      rooms.add(id)
      if (id === asset && found) rooms.add(found.room)
      id = found?.parent
    }
    return rooms
  }

  apply(event: Event): void {
    this.#seq = event.seq
    switch (event.type) {
      case 'order.opened':
        this.#orders.set(event.order, { order: event.order, state: 'new', assets: [event.asset] })
        return
      case 'order.joined': {
        const order = this.#orders.get(event.order)
        if (order && !order.assets.includes(event.asset)) order.assets.push(event.asset)
        return
      }
      case 'order.closed':
        this.#orders.delete(event.order)
        return
      case 'order.reopened':
        if (event.was) {
          this.#orders.set(event.order, { order: event.order, state: 'new', assets: [...event.was.assets] })
          return
        }
        return this.#stepped(event)
      case 'control.leased': {
        const { device, by, holder, until } = event
        this.#leases.set(device, { device, by, holder, until })
        return
      }
      case 'control.lease_ended':
        this.#leases.delete(event.device)
        return
      case 'control.requested':
        return this.#asked(event)
      case 'control.settled': {
        const request = this.#requests.get(event.request)
        const { outcome, readBack, why = null, at } = event
        if (request) this.#requests.set(event.request, { ...request, settled: { outcome, readBack, why, at } })
        return
      }
      case 'lockout.hung': {
        const { lockout, asset, by, reason, at } = event
        this.#lockouts.set(lockout, { lockout, asset, by, reason, at })
        return
      }
      case 'lockout.removed':
        this.#lockouts.delete(event.lockout)
        return
      case 'permit.opened': {
        const { permit, asset, by, reason, at } = event
        this.#permits.set(permit, { permit, asset, by, reason, at })
        return
      }
      case 'permit.closed':
        this.#permits.delete(event.permit)
        return
      case 'presence.entered':
        this.#presences.set(event.by, { by: event.by, room: event.room, at: event.at })
        return
      case 'presence.left':
        this.#presences.delete(event.by)
        return
      default:
        if ('order' in event) this.#stepped(event)
    }
  }

  #stepped({ order: id, type }: Event & Readonly<{ order: string | null }>): void {
    const order = id === null ? undefined : this.#orders.get(id)
    if (order) order.state = nextOrderState(order.state, type)
  }

  #asked(event: EventOf<'control.requested'>): void {
    const { request, device, point, asset, by, reason, from, to, at, trace, command = null } = event
    const asked = { request, command, device, point, asset, by, reason, from, to, at, trace, settled: null }
    this.#requests.set(request, asked)
    const known = this.requestsOf(device)
    for (const { request: old, settled } of known.slice(REMEMBERED)) if (settled) this.#requests.delete(old)
  }

  snapshot(): BookState {
    return {
      seq: this.#seq,
      orders: [...this.#orders.values()].map((order) => structuredClone(order)),
      leases: [...this.#leases.values()],
      lockouts: this.lockouts(),
      permits: this.permits(),
      presences: this.presences(),
      requests: [...this.#requests.values()],
    }
  }

  restore(state: BookState): void {
    this.#seq = state.seq
    fill(this.#orders, structuredClone(state.orders) as WorkOrder[], ({ order }) => order)
    fill(this.#leases, state.leases, ({ device }) => device)
    fill(this.#lockouts, state.lockouts, ({ lockout }) => lockout)
    fill(this.#permits, state.permits, ({ permit }) => permit)
    fill(this.#presences, state.presences, ({ by }) => by)
    fill(this.#requests, state.requests, ({ request }) => request)
  }
}

function fill<T>(map: Map<string, T>, entries: readonly T[], key: (entry: T) => string): void {
  map.clear()
  for (const entry of entries) map.set(key(entry), entry)
}
