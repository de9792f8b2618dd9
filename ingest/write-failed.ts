import type { Value } from '#devices/reading.ts'

/**
 * How a write ended badly. `invalid`: nothing was sent, the point cannot hold it. `unsent`: nothing was sent, there is
 * no road. `refused`: the device said no. `not_taken`: the device can be read, and holds something else. `unknown`:
 * whether it was done cannot be told; somebody must look.
 */
export type WriteOutcome = 'invalid' | 'unsent' | 'refused' | 'not_taken' | 'unknown'

export class WriteFailed extends Error {
  readonly outcome: WriteOutcome
  /** What the device holds instead, where that could be read. */
  readonly held: Value | null
  constructor(outcome: WriteOutcome, detail: string, held: Value | null = null) {
    super(`${outcome}: ${detail}`)
    this.name = 'WriteFailed'
    this.outcome = outcome
    this.held = held
  }
}
