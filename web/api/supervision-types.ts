import type { Both } from './types.ts'

export type Side = 'outgoing' | 'incoming'
export type SupervisionCase = Readonly<{
  id: string
  orderId: string
  orderState: string | null
  class: string
  clock: 'ack' | 'arrive' | 'restore'
  name: Both
  assetName: Both
  assignee: string | null
  to: readonly string[]
  openedAt: string
  dueAt: string | null
  state: 'open' | 'explained' | 'deducted' | 'judged'
  explanation: Readonly<{ at: string; by: string; text: string }> | null
  deductedAt: string | null
  verdict: Readonly<{ at: string; by: string; verdict: 'excused' | 'deducted'; text: string }> | null
  points: number
}>

export type ScoreFigures = Readonly<
  Record<
    'opened' | 'settledInside' | 'overdue' | 'level1' | 'level2' | 'level3' | 'excused' | 'points' | 'praise' | 'rated',
    number
  >
> &
  Readonly<{ stars: number | null }>
export type ScoreSheet = Readonly<{
  month: string
  departments: readonly (ScoreFigures & Readonly<{ department: string }>)[]
  persons: readonly (ScoreFigures & Readonly<{ department: string; person: string }>)[]
  total: ScoreFigures
}>

type Part = Readonly<{ value: number | null; of: number | null }>
export type MonthLine = Part &
  Readonly<{
    figure: string
    unit: 'count' | 'share' | 'per_100' | 'mean' | 'duration'
    name: Both
    means: Both
    /** With corrections, where that is another. */
    now: Part | null
  }>
export type MonthSource = Readonly<
  Record<'opened' | 'counted' | 'verified' | 'settledInside' | 'level2' | 'level3', number> & { source: string }
>
export type MonthFigures = Readonly<{
  month: string
  freezesAt: string
  frozen: Readonly<{ at: string; version: number; hash: string; isSame: boolean | null }> | null
  homes: number
  lines: readonly MonthLine[]
  sources: readonly MonthSource[]
  persons: readonly Readonly<{ person: string; praise: number; rated: number; stars: number }>[]
  corrections: readonly Readonly<{ seq: number; at: string; name: Both; subject: string; by: string | null }>[]
}>

type Line = Readonly<{ id: string; name: Both; assetName: Both }>
type Held = Readonly<{
  count: number
  still: readonly Readonly<{ assetName: Both; by: string; reason: string }>[]
}>
export type Handover = Readonly<{
  id: string
  post: string
  name: Both
  changeAt: string
  dueAt: string
  outgoing: readonly string[]
  incoming: readonly string[]
  state: 'open' | 'signed' | 'lapsed'
  overdueAt: string | null
  signatures: readonly Readonly<{ side: Side; by: string; at: string; note: string | null }>[]
}>
export type HandoverSheet = Handover &
  Readonly<{
    isLive: boolean
    items: Readonly<{
      orders: readonly (Line & Readonly<{ class: string | null; assignee: string | null; eta: string | null }>)[]
      standing: readonly Line[]
      shelved: readonly Line[]
      suppressed: readonly Line[]
      outOfService: readonly Line[]
      lockouts: Held
      permits: Held
    }>
  }>

/** One line of the ledger: one person on one road. */
export type StaffPage = Readonly<{
  id: string
  call: string
  purpose: string
  person: string
  road: 'sounder' | 'voice' | 'card' | 'sms'
  tries: readonly Readonly<{
    number: number
    at: string
    result: 'queued' | 'held' | 'delivered' | 'failed'
    settledAt: string | null
    reason: string | null
  }>[]
  answeredAt: string | null
  key: string | null
  endedAt: string | null
  end: string | null
  endedBy: string | null
}>
