const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** The stretches over which readings are summed up beside the readings themselves, finest first. */
export const TIERS = [MINUTE_MS, HOUR_MS] as const
export const [MINUTES, HOURS] = [0, 1] as const

/** When the log is sealed, and how long what is kept. Times in ms of site time. */
export type HistoryPolicy = Readonly<{
  /** A stretch of the log is sealed once it is this old, or this large, whichever is first. */
  sealAfterMs: number
  sealAfterBytes: number
  /** … or holds so many bytes for each point, where there are very many points. */
  sealAfterBytesOfEach: number
  /** Sealed stretches of one such span of site time become one. */
  mergeSpanMs: number
  /** Batches stay in the log for so long after they were sealed: the rules warm up on them when they change. */
  logKeptMs: number
  /** Readings and their summaries, by source time. */
  readingsKeptMs: number
  rollupsKeptMs: readonly number[]
  /** A chunk of neighbouring series holds at most about so many readings. */
  readingsOfChunk: number
  keysKept: number
  quarantineKept: number
  /** Given up first when the disk is full, so that events find room. */
  ballastBytes: number
}>

export const HISTORY_POLICY: HistoryPolicy = {
  sealAfterMs: 5 * MINUTE_MS,
  sealAfterBytes: 700_000,
  sealAfterBytesOfEach: 300,
  mergeSpanMs: HOUR_MS,
  logKeptMs: HOUR_MS,
  readingsKeptMs: 400 * DAY_MS,
  rollupsKeptMs: [3 * 365 * DAY_MS, 10 * 365 * DAY_MS],
  readingsOfChunk: 100_000,
  keysKept: 50_000,
  quarantineKept: 10_000,
  ballastBytes: 64 * 1_048_576,
}
