import type { Event } from '#rules/event.ts'
import type { FlowSnapshot } from '#rules/flow.ts'
import type { Plan } from '#rules/plan.ts'
import { ControlDesk } from './remote-control/desk.ts'
import { RosterDesk } from './roster-desk.ts'

/** What is durable of some stages, for screens: each follows the events, as its stage does. */
export class Desks {
  readonly control: ControlDesk
  readonly roster: RosterDesk

  constructor(plan: Plan) {
    this.control = new ControlDesk(plan)
    this.roster = new RosterDesk(plan)
  }

  /** Memory was built again from disk. */
  rebuilt(snapshot: FlowSnapshot): void {
    this.control.rebuilt(snapshot)
    this.roster.rebuilt(snapshot)
  }

  /** Another plan is in force. */
  replan(plan: Plan): void {
    this.control.replan(plan)
    this.roster.replan(plan)
  }

  /** After each commit. */
  committed(events: readonly Event[]): void {
    this.control.committed(events)
    this.roster.committed(events)
  }
}
