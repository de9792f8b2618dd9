import type { Event } from '#rules/event.ts'
import type { FlowSnapshot } from '#rules/flow.ts'
import type { Keyframe } from '#rules/routes.ts'
import type { BatchRow } from './batch-codec.ts'
import type { SeriesRow } from './series-names.ts'

/** The answer a command got; the same id and body get it again for 30 days. */
export type Answer = Readonly<{ id: string; fingerprint: string; at: number; body: string }>

/** What one commit makes durable: the batches first, then, if anything was derived, all that was derived. */
export type Group = Readonly<{
  batches: readonly BatchRow[]
  /** Points that these batches are the first to speak of. */
  series: readonly SeriesRow[]
  keyframe: { batch: number; plan: string; keyframe: Keyframe } | null
  events: readonly Event[]
  answers: readonly Answer[]
  /** The newest batch judged when the newest event of this group was decided. */
  readingsUpto: number
  snapshot: FlowSnapshot | null
}>

/** All a gateway needs to go on where it, or its predecessor, ended. */
export type Loaded = Readonly<{
  snapshot: FlowSnapshot | null
  /** Events after the snapshot. */
  events: readonly Event[]
  readingsUpto: number
  newestBatch: number
  /** Every point that the log speaks of. */
  series: readonly SeriesRow[]
  /** Newest keyframe of the same plan. */
  keyframe: { batch: number; keyframe: Keyframe } | null
  answers: readonly Answer[]
  /** Site time of the newest input or event; null in a new store. */
  newestAt: number | null
  /** The epoch and place of the last start. */
  predecessor: { epoch: string; seq: number } | null
}>
