import { DayStretches, type Stretch } from '../clocks/day-stretches.ts'
import type { Event } from '../event.ts'
import type { Person, Plan } from '../plan.ts'
import { dayOf, hoursOf } from './calendar.ts'
import type { LeaveReason } from './events.ts'
import { clipped, covers, union, without } from './spans.ts'

export type Leave = Stretch & Readonly<{ leave: string; person: string; reason: LeaveReason; hasBegun: boolean }>
export type Duty = Stretch & Readonly<{ duty: string; person: string; instead: string | null }>
export type RosterState = Readonly<{
  leaves: readonly Leave[]
  duties: readonly Duty[]
  /** By person and kind; null: withdrawn. */
  certificates: readonly (readonly [person: string, kind: string, until: string | null])[]
  left: readonly string[]
}>

/** What ended longer ago is of no use to anybody who plans. */
const KEPT_MS = 62 * 24 * 3_600_000

/**
 * Who is there when: what the site file plans, and what people said since. A function of the plan and the events alone,
 * so each stage that asks keeps one of its own. All times are those of the wall.
 */
export class RosterBook {
  readonly #timeZone: string
  readonly #staff: ReadonlyMap<string, Person>
  readonly #planned = new Map<string, DayStretches>()
  readonly #leaves = new Map<string, Leave>()
  readonly #duties = new Map<string, Duty>()
  readonly #certificates = new Map<string, Map<string, string | null>>()
  readonly #left = new Set<string>()
  #asked: Readonly<{ at: number; day: string }> | null = null

  constructor({ staff, timeZone, calendar }: Pick<Plan, 'staff' | 'timeZone' | 'calendar'>) {
    this.#timeZone = timeZone
    this.#staff = new Map(staff.map((person) => [person.id, person]))
    // People of one shift share what was counted out.
    const shared = new Map<string, DayStretches>()
    for (const person of staff) {
      const key = JSON.stringify([person.duty, person.rotation])
      const planned = shared.get(key) ?? new DayStretches(hoursOf(person, calendar), timeZone)
      shared.set(key, planned)
      this.#planned.set(person.id, planned)
    }
  }

  isOnDuty(person: string, at: number): boolean {
    if (this.#left.has(person)) return false
    let [isThere, isOff] = [(this.#planned.get(person)?.at(at) ?? null) !== null, false]
    for (const duty of this.#duties.values()) {
      if (!covers(duty, at)) continue
      if (duty.person === person) isThere = true
      if (duty.instead === person) isOff = true
    }
    if (!isThere || isOff) return false
    for (const leave of this.#leaves.values()) if (leave.person === person && covers(leave, at)) return false
    return true
  }

  /** When the person is there between two moments. */
  presence(person: string, from: number, to: number): readonly Stretch[] {
    if (this.#left.has(person)) return []
    const duties = [...this.#duties.values()]
    const planned = this.#planned.get(person)?.within(from, to) ?? []
    const extra = duties.filter((duty) => duty.person === person)
    const replaced = duties.filter(({ instead }) => instead === person)
    return clipped(without([...planned, ...extra], [...replaced, ...this.leavesOf(person)]), from, to)
  }

  /** What the site file alone says. */
  planned(person: string, from: number, to: number): readonly Stretch[] {
    return clipped(union(this.#planned.get(person)?.within(from, to) ?? []), from, to)
  }

  leavesOf(person: string): readonly Leave[] {
    return [...this.#leaves.values()].filter((leave) => leave.person === person)
  }

  get leaves(): readonly Leave[] {
    return [...this.#leaves.values()]
  }

  get duties(): readonly Duty[] {
    return [...this.#duties.values()]
  }

  leave(id: string): Leave | undefined {
    return this.#leaves.get(id)
  }

  duty(id: string): Duty | undefined {
    return this.#duties.get(id)
  }

  hasLeft(person: string): boolean {
    return this.#left.has(person)
  }

  /** Kinds and the last days on which they are good. */
  certificatesOf(person: string): ReadonlyMap<string, string> {
    const all = new Map<string, string | null>(Object.entries(this.#staff.get(person)?.certificates ?? {}))
    for (const [kind, until] of this.#certificates.get(person) ?? []) all.set(kind, until)
    return new Map([...all].filter((entry): entry is [string, string] => entry[1] !== null))
  }

  /** Whether a certificate of this kind is good on that day. */
  holds(person: string, kind: string, at: number): boolean {
    const recorded = this.#certificates.get(person)?.get(kind)
    const until = recorded === undefined ? this.#staff.get(person)?.certificates?.[kind] : recorded
    return until != null && until >= this.#dayOf(at)
  }

  apply(event: Event): void {
    switch (event.type) {
      case 'roster.leave_granted': {
        const { leave, person, from, to, reason } = event
        this.#forgetBefore(event.at - KEPT_MS)
        this.#leaves.set(leave, { leave, person, from, to, reason, hasBegun: false })
        return
      }
      case 'roster.leave_began': {
        const leave = this.#leaves.get(event.leave)
        if (leave) this.#leaves.set(leave.leave, { ...leave, hasBegun: true })
        return
      }
      case 'roster.leave_ended':
        this.#leaves.delete(event.leave)
        return
      case 'roster.duty_added': {
        const { duty, person, from, to, instead = null } = event
        this.#forgetBefore(event.at - KEPT_MS)
        this.#duties.set(duty, { duty, person, from, to, instead })
        return
      }
      case 'roster.duty_ended':
        this.#duties.delete(event.duty)
        return
      case 'roster.certificate_recorded':
        this.#certificate(event.person, event.certificate, event.until)
        return
      case 'roster.certificate_withdrawn':
        this.#certificate(event.person, event.certificate, null)
        return
      case 'roster.left':
        this.#left.add(event.person)
        return
      case 'roster.returned':
        this.#left.delete(event.person)
        return
      default:
    }
  }

  snapshot(): RosterState {
    return {
      leaves: this.leaves,
      duties: this.duties,
      certificates: [...this.#certificates].flatMap(([person, kinds]) =>
        [...kinds].map(([kind, until]) => [person, kind, until] as const),
      ),
      left: [...this.#left],
    }
  }

  restore({ leaves, duties, certificates, left }: RosterState): void {
    this.#leaves.clear()
    this.#duties.clear()
    this.#certificates.clear()
    this.#left.clear()
    for (const leave of leaves) this.#leaves.set(leave.leave, leave)
    for (const duty of duties) this.#duties.set(duty.duty, duty)
    for (const [person, kind, until] of certificates) this.#certificate(person, kind, until)
    for (const person of left) this.#left.add(person)
  }

  /** Many are asked of the same moment, and calendars are slow. */
  #dayOf(at: number): string {
    if (this.#asked?.at !== at) this.#asked = { at, day: dayOf(at, this.#timeZone) }
    return this.#asked.day
  }

  #certificate(person: string, kind: string, until: string | null): void {
    const kinds = this.#certificates.get(person) ?? new Map<string, string | null>()
    this.#certificates.set(person, kinds.set(kind, until))
  }

  #forgetBefore(moment: number): void {
    for (const { leave, to } of this.#leaves.values()) if (to < moment) this.#leaves.delete(leave)
    for (const { duty, to } of this.#duties.values()) if (to < moment) this.#duties.delete(duty)
  }
}
