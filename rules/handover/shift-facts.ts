import { SILENCES } from '../alarms/states.ts'
import type { Event } from '../event.ts'
import type { HandoverItems } from './events.ts'

type Shown = 'standing' | 'shelved' | 'suppressed' | 'out_of_service'
export type ShiftFactsState = Readonly<{
  orders: readonly (readonly [order: string, eta: number | null])[]
  alarms: readonly (readonly [alarm: string, shown: Shown])[]
  lockouts: readonly string[]
  permits: readonly string[]
}>

/** What a shift has to hand over, by the events alone. */
export class ShiftFacts {
  readonly #orders = new Map<string, number | null>()
  readonly #alarms = new Map<string, Shown>()
  readonly #lockouts = new Set<string>()
  readonly #permits = new Set<string>()

  items(): HandoverItems {
    const shown = (wanted: Shown) => [...this.#alarms].filter(([, as]) => as === wanted).map(([alarm]) => alarm)
    return {
      orders: [...this.#orders.keys()],
      standing: shown('standing'),
      shelved: shown('shelved'),
      suppressed: shown('suppressed'),
      outOfService: shown('out_of_service'),
      lockouts: [...this.#lockouts],
      permits: [...this.#permits],
      promises: [...this.#orders].flatMap(([order, eta]) => (eta === null ? [] : [{ order, eta }])),
    }
  }

  apply(event: Event): void {
    switch (event.type) {
      case 'order.opened':
      case 'order.reopened':
        this.#orders.set(event.order, null)
        return
      case 'order.updated':
        if (event.eta !== undefined && this.#orders.has(event.order)) this.#orders.set(event.order, event.eta)
        return
      case 'order.finished':
        // The promise is kept; the order is still open.
        if (this.#orders.has(event.order)) this.#orders.set(event.order, null)
        return
      case 'order.closed':
        this.#orders.delete(event.order)
        return
      case 'alarm.raised':
      case 'alarm.reoccurred':
      case 'alarm.severity_changed':
      case 'alarm.announced':
      case 'alarm.silenced':
        this.#alarms.set(event.alarm, event.silence ? (SILENCES[event.silence.by].state ?? 'standing') : 'standing')
        return
      case 'alarm.unsilenced':
        if (this.#alarms.has(event.alarm)) this.#alarms.set(event.alarm, 'standing')
        return
      case 'alarm.closed':
        this.#alarms.delete(event.alarm)
        return
      case 'lockout.hung':
        this.#lockouts.add(event.lockout)
        return
      case 'lockout.removed':
        this.#lockouts.delete(event.lockout)
        return
      case 'permit.opened':
        this.#permits.add(event.permit)
        return
      case 'permit.closed':
        this.#permits.delete(event.permit)
        return
      default:
    }
  }

  snapshot(): ShiftFactsState {
    return {
      orders: [...this.#orders],
      alarms: [...this.#alarms],
      lockouts: [...this.#lockouts],
      permits: [...this.#permits],
    }
  }

  restore({ orders, alarms, lockouts, permits }: ShiftFactsState): void {
    for (const known of [this.#orders, this.#alarms, this.#lockouts, this.#permits]) known.clear()
    for (const [order, eta] of orders) this.#orders.set(order, eta)
    for (const [alarm, shown] of alarms) this.#alarms.set(alarm, shown)
    for (const lockout of lockouts) this.#lockouts.add(lockout)
    for (const permit of permits) this.#permits.add(permit)
  }
}
