import type { Side } from './events.ts'

export type HandoverCommands = {
  /** `side` is needed where somebody signs for a side that he is not on. */
  'handover.sign': { handover: string; by: string; side?: Side; note?: string }
}
