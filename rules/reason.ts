import type { Params } from '#devices/fault.ts'
import type { Value } from '#devices/reading.ts'

/** Three-valued: unknown is not false. */
export type Truth = 'true' | 'false' | 'unknown'

/** What made a condition what it became; shown to people, never decided on. */
export type Evidence = Readonly<{
  point?: string
  value?: Value | null
  limit?: number
  reason?: string
  /** In words, where a value and its limit do not say it. */
  why?: Why
  at: number
}>

/**
 * A condition that was so already when somebody looked again: the gateway had been down, or the newest reading came out
 * of the memory of a device. Clocks run from the detection.
 */
export type Found = 'restart' | 'backlog'

/** Why a decision came out as it did: a code and its parameters, said in words at the edge. */
export type Why = Readonly<{ code: string; params: Params }>
