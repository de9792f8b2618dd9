import type { OutsideStep } from './chain.ts'

/** What people do about the tasks of a rescue; `order` is the order it belongs to. */
export type TaskCommands = {
  'task.accept': { task: string; by: string }
  /** Spoke with whoever is in the car. */
  'task.contact': { task: string; by: string }
  'task.arrive': { task: string; by: string }
  /** A person dialled the number of this step. */
  'task.dial': { task: string; by: string; step: OutsideStep }
  /** Everybody is out: the rescue is over. */
  'task.out': { task: string; by: string }
}
