import type { Why } from '../reason.ts'
import type { ChainStep, TaskKind } from './chain.ts'

export type MissedClock = 'accept' | 'contact' | 'arrive'

/** The three tasks of a rescue. `task` is `<order>-<kind>`. */
export type TaskEvents = {
  /** `dueAt`: first contact, or on site; of the rescue its arrival. */
  'task.opened': { task: string; order: string; kind: TaskKind; asset: string; to: string; dueAt: number; why: Why }
  /** Nobody on duty may hold it: whoever owns the roster learns it at once. */
  'task.uncovered': { task: string; order: string; kind: TaskKind; to: string }
  /** The next step of the chain is asked. `to`: the person it reaches; for 96333 and 119 whoever dials. */
  'task.called': { task: string; order: string; step: ChainStep; to: string; acceptBy: number | null }
  'task.dialled': { task: string; order: string; step: ChainStep; by: string }
  'task.accepted': { task: string; order: string; by: string; step?: ChainStep }
  /** `nextAt`: by then somebody speaks with them again. */
  'task.contacted': { task: string; order: string; by: string; nextAt: number }
  'task.arrived': { task: string; order: string; by: string }
  /** A clock ran out: said once. */
  'task.missed': { task: string; order: string; clock: MissedClock; dueAt: number; to: string }
  'task.out': { task: string; order: string; by: string }
  /** Nothing is left to do: they are out, or the order has ended. */
  'task.ended': { task: string; order: string; how: 'out' | 'order_ended' }
}
