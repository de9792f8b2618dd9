import type { AlarmState, Both, Params, Priority, ShownState } from './types.ts'

/** A code with its parameters; times among them are ISO 8601. */
type Reason = Readonly<{ code: string }> & Params

/** One line of an alarm's history: what happened, by whom, why and when. */
export type HistoryLine = Readonly<{
  seq: number
  at: string
  type: string
  by: string | null
  second: string | null
  actor: string | null
  comment: string | null
  until: string | null
  why: Reason | null
  silence: (Reason & Readonly<{ by: string; root: string | null }>) | null
  order: string | null
  priority: Priority | null
  rises: boolean | null
}>

type Named = Readonly<{ id: string; name: Both }>
/** A shelf, something out of service, a maintenance window. `to` is null for what has no end of its own. */
export type Silence = Readonly<{
  id: string
  kind: 'shelf' | 'service' | 'maintenance'
  state: 'planned' | 'running' | 'overrun' | 'ended'
  alarmId: string | null
  assets: readonly Named[]
  rules: readonly Named[]
  by: string
  second: string | null
  reason: string
  order: string | null
  from: string
  to: string | null
  oneShot: boolean
  endedAt: string | null
  endedBy: string | null
}>

export type FrequentRule = Readonly<{
  rule: string
  name: Both
  asset: string
  assetName: Both
  count: number
  lastAt: string
}>
/** Counted over [from, to); `standing`, `stale` and `kept` are of now. */
export type AlarmHealth = Readonly<{
  from: string
  to: string
  operators: number
  announced: number
  counted: number
  silent: number
  perOperatorAnd10Min: Readonly<{ mean: number; most: number; shareWithinTarget: number }>
  floods: Readonly<{ count: number; shareOfTime: number }>
  stretches: readonly Readonly<{ from: string; offered: number; most: number }>[]
  priorities: Readonly<Record<Priority, Readonly<{ count: number; share: number }>>>
  standing: number
  stale: number
  kept: Readonly<{ shelved: number; suppressed: number; outOfService: number }>
  frequent: readonly FrequentRule[]
  badActors: readonly FrequentRule[]
  targets: Readonly<{
    perOperatorAnd10Min: number
    flood: number
    staleFewerThan: number
    shares: Readonly<Record<'high' | 'medium' | 'low', number>>
  }>
}>

/** The answer for one alarm of many. */
export type BulkAnswer = Readonly<{ id: string; refused?: string; params?: Params; done?: readonly string[] }>

export const SILENT_STATES: readonly ShownState[] = ['shelved', 'suppressed', 'out_of_service']
export const TO_ACKNOWLEDGE: readonly AlarmState[] = ['unacknowledged', 'returned', 'latched']
