/**
 * Ports for time and randomness. The one real implementation stands in `gateway/clock.ts`;
 * everything else receives it, so that a simulator can hold both in its hand.
 */
export type Clock = Readonly<{
  /** Site time in ms since the Unix epoch: monotonic, never goes back, not moved by wall-clock steps. */
  now(): number
  /** Resolves after `ms` of site time; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}>

export type Random = Readonly<{
  /** Uniform in [0, 1). */
  next(): number
  /** Unpredictable text of at least 128 bits, for link tokens and epochs. */
  token(): string
}>
