import type { ConfirmedBy, OutsideStep } from './chain.ts'

/** What people do about the tasks of an order. */
export type TaskCommands = {
  'task.accept': { task: string; by: string }
  /** Spoke with whoever is in the car; `asset`: in which, where every car is called. */
  'task.contact': { task: string; by: string; asset?: string }
  /** Somebody is in there; `asset` as above. */
  'task.confirm': { task: string; by: string; via: ConfirmedBy; asset?: string }
  'task.arrive': { task: string; by: string }
  /** A person dialled the number of this step. */
  'task.dial': { task: string; by: string; step: OutsideStep }
  /** Everybody is out: the rescue is over. */
  'task.out': { task: string; by: string }
  /** What was to be brought was brought. */
  'task.done': { task: string; by: string }
}
