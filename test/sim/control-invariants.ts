import type { Event, EventOf } from '#rules/event.ts'
import type { Control, Plan } from '#rules/plan.ts'

/** Of each kind, what the events say stands now; kept by hand, apart from the product. */
export class SeenControl {
  readonly leases = new Map<string, { holder: string; until: number }>()
  readonly lockouts = new Map<string, { id: string; asset: string; by: string }>()
  readonly permits = new Map<string, string>()
  readonly presences = new Map<string, string>()
  /** Request → device. */
  readonly pending = new Map<string, string>()
  readonly count = { requested: 0, settled: 0, locked: 0 }
  readonly #plan: Plan
  readonly #writtenAt = new Map<string, number[]>()

  constructor(plan: Plan) {
    this.#plan = plan
  }

  /** What is wrong with this event; null when nothing is. `assetsAtWork`: where orders stand at `arrived`. */
  faultOf(event: Event, assetsAtWork: ReadonlySet<string>): string | null {
    switch (event.type) {
      case 'control.leased': {
        const held = this.leases.get(event.device)
        if (held && held.holder !== event.holder && held.until > event.at) return `held by ${held.holder}`
        this.leases.set(event.device, { holder: event.holder, until: event.until })
        return null
      }
      case 'control.lease_ended':
        return this.leases.delete(event.device) ? null : 'not held'
      case 'control.requested':
        return this.#requestFault(event, assetsAtWork)
      case 'control.settled':
        this.count.settled++
        return this.pending.delete(event.request) ? null : 'settled twice, or never asked for'
      case 'lockout.hung':
        this.count.locked++
        this.lockouts.set(event.lockout, { id: event.lockout, asset: event.asset, by: event.by })
        return null
      case 'lockout.removed': {
        const hung = this.lockouts.get(event.lockout)
        this.lockouts.delete(event.lockout)
        if (!hung) return 'not hung'
        return hung.by === event.by || event.reason !== undefined ? null : `hung by ${hung.by}`
      }
      case 'permit.opened':
        this.permits.set(event.permit, event.asset)
        return null
      case 'permit.closed':
        return this.permits.delete(event.permit) ? null : 'not open'
      case 'presence.entered': {
        const there = this.presences.get(event.by)
        this.presences.set(event.by, event.room)
        return there === undefined ? null : `still in ${there}`
      }
      case 'presence.left':
        return this.presences.delete(event.by) ? null : 'not there'
      default:
        return null
    }
  }

  /** Never a write while somebody works there, past a lock, without a lease, or in a row. */
  #requestFault(event: EventOf<'control.requested'>, assetsAtWork: ReadonlySet<string>): string | null {
    const { request, device, point, asset, at, actor, to } = event
    this.count.requested++
    const control = this.#plan.controls!.find((each): each is Control => each.device === device && each.point === point)
    if (!control || control.asset !== asset) return 'of nothing that may be written'
    if (control.allowed.kind === 'number' && !(Number(to) >= control.allowed.min && Number(to) <= control.allowed.max))
      return 'beyond its limits'
    if (assetsAtWork.has(asset)) return 'while somebody works there'
    if ([...this.lockouts.values()].some((lockout) => lockout.asset === asset)) return 'past a lock'
    if ([...this.permits.values()].includes(asset)) return 'while a permit is open'
    const { room } = this.#plan.assets.get(asset)!
    if ([...this.presences.values()].includes(room)) return 'while somebody is in the room'
    const held = this.leases.get(device)
    if (!held || held.holder !== actor || held.until <= at) return 'without a lease'
    if ([...this.pending.values()].includes(device)) return 'before the last one was settled'
    const written = [...(this.#writtenAt.get(device) ?? []).filter((each) => at - each < 60_000), at]
    this.#writtenAt.set(device, written)
    if (written.length > 6) return 'too often'
    this.pending.set(request, device)
    return null
  }
}
