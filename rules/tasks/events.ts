import type { Why } from '../reason.ts'
import type { ChainStep, ConfirmedBy, TaskKind } from './chain.ts'

export type MissedClock = 'accept' | 'contact' | 'all_cars' | 'arrive' | 'done'
/** Why nothing is left to do. `rescue`: the answer is a rescue; `over`: what it was for has ended. */
export type TaskEnd = 'out' | 'order_ended' | 'answered' | 'rescue' | 'done' | 'over'

/** The tasks of an order: three of a rescue, or one alone. `task` is `<order>-<kind>`. */
export type TaskEvents = {
  /** `dueAt`: first contact, on site, or done; of the rescue its arrival. */
  'task.opened': { task: string; order: string; kind: TaskKind; asset: string; to: string; dueAt: number; why: Why }
  /** Nobody on duty may hold it: whoever owns the roster learns it at once. */
  'task.uncovered': { task: string; order: string; kind: TaskKind; to: string }
  /** The next step of the chain is asked. `to`: the person it reaches; for 96333 and 119 whoever dials. */
  'task.called': { task: string; order: string; step: ChainStep; to: string; acceptBy: number | null }
  'task.dialled': { task: string; order: string; step: ChainStep; by: string }
  'task.accepted': { task: string; order: string; by: string; step?: ChainStep }
  /** `nextAt`: by then somebody speaks with them again, or all cars are reached; `asset`: which of several cars it was. */
  'task.contacted': { task: string; order: string; by: string; nextAt: number; asset?: string }
  /** No longer suspected: somebody is in the car. Nothing ever waited for it. */
  'task.confirmed': { task: string; order: string; by: string; via: ConfirmedBy; asset?: string }
  'task.arrived': { task: string; order: string; by: string }
  /** A clock ran out: said once. */
  'task.missed': { task: string; order: string; clock: MissedClock; dueAt: number; to: string }
  'task.out': { task: string; order: string; by: string }
  /** Nothing is left to do. */
  'task.ended': { task: string; order: string; how: TaskEnd; by?: string }
}
