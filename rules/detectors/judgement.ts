import type { Reading } from '#devices/reading.ts'
import type { Evidence, Truth, Why } from '../event.ts'
import type { Json } from '../stage.ts'

/** What the newest readings say, before any delay. `failure`: it cannot be judged although its data is there. */
export type Verdict = Readonly<{ state: Truth; evidence: Evidence; failure?: Why }>

/** The part of a detector that differs by kind of condition: one file each. */
export type Judgement = Readonly<{
  /** Points of the device it watches; null for all. */
  points: readonly string[] | null
  /** Points of other devices it watches as well. */
  others?: readonly Readonly<{ device: string; point: string }>[]
  /** Takes in one reading; older than the point's newest never comes here. */
  take(reading: Reading): void
  /**
   * Once for each batch, after its readings were taken, at site time `at`. `known` is the last side that was not
   * unknown: the side of the hysteresis. A judgement that learns does it here, and so never while it is not asked.
   */
  verdict(known: 'true' | 'false', at: number): Verdict
  /** Raw silence is itself the condition: when it becomes true, and since when it then has been so. */
  silentAt?(lastHeardAt: number): Readonly<{ at: number; since: number }>
  /** The gateway was dead until then. */
  resume?(at: number): void
  /** What it knows beyond the newest values, which are fed again before this is recalled. */
  memory?(): Json
  recall?(memory: Json): void
}>
