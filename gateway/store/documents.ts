import type { OrderClass, Priority } from '#devices/alarm-definition.ts'
import type { AlarmState, SilentState } from '#rules/alarms/states.ts'
import type { Level } from '#rules/clocks/order-clocks.ts'
import type { Goal, Planned } from '#rules/clocks/policy.ts'
import type { EventOf, Evidence, Found, Silence, Why } from '#rules/event.ts'
import type { ChainStep, ConfirmedBy, TaskKind } from '#rules/tasks/chain.ts'
import type { MissedClock, TaskEnd } from '#rules/tasks/events.ts'
import type { OrderSource, Reported } from '#rules/orders/intake.ts'
import type { Part, Scan } from '#rules/orders/commands.ts'
import type { PhotoKind } from '#rules/orders/procedure.ts'
import type { FalseAlarmProof, OrderEnd, OrderState, PauseReason } from '#rules/orders/states.ts'
import type { MessageResult, Ring } from '#rules/notices/events.ts'
import type { NoticeState } from '#rules/notices/states.ts'

/** What people see of an alarm, an order, a notice: rows made from events. Times are site time in ms. */
export type AlarmDocument = {
  id: string
  rule: string
  device: string
  asset: string
  priority: Priority
  class: OrderClass
  state: AlarmState
  /** The state that people see: what lies over it, if anything does. */
  shown: AlarmState | SilentState
  /** Why nobody is told at present; null when everybody was. */
  silence: Silence | null
  /** When somebody was last told of it, alone or in one message with others; null when nobody ever was. */
  announcedAt: number | null
  /** How many alarms are silent because this one is their cause. */
  children: number
  latch: boolean
  safety: boolean
  occurredAt: number
  raisedAt: number
  clearedAt: number | null
  closedAt: number | null
  acknowledgedAt: number | null
  acknowledgedBy: string | null
  /** Who sent it: an account, a link, a token. Rows of an older version have neither of these two. */
  acknowledgedByActor?: string | null
  acknowledgeComment?: string | null
  order: string | null
  evidence: Evidence
  /** So already when somebody looked again. Rows of an older version have neither of these two. */
  found?: Found | null
  /** One more of its limits was passed since it was raised, and still is: it was graver than at first. */
  rose?: boolean
  trace: string
}

/** What keeps alarms silent: a shelf, something out of service, a maintenance window. Times of a window are the wall's. */
export type SilenceDocument = {
  id: string
  kind: 'shelf' | 'service' | 'maintenance'
  state: 'planned' | 'running' | 'overrun' | 'ended'
  alarm: string | null
  assets: readonly string[]
  rules: readonly string[]
  by: string
  second: string | null
  reason: string
  order: string | null
  from: number
  to: number | null
  oneShot: boolean
  endedAt: number | null
  endedBy: string | null
  why: Why | null
}

export type OrderDocument = {
  id: string
  incident: string
  state: OrderState
  class: OrderClass
  skill: string
  region: string
  asset: string
  assets: string[]
  alarmId: string
  alarmIds: string[]
  assignee: string | null
  why: Why | null
  openedAt: number
  acceptedAt: number | null
  arrivedAt: number | null
  finishedAt: number | null
  verifiedAt: number | null
  closedAt: number | null
  closedBy: string | null
  finding: string | null
  trace: string
  // Rows of an older version have none of these.
  startedAt?: number | null
  /** Who was asked first, and follows it to its end. */
  owner?: string | null
  /** Opened again: the clocks began anew. */
  reopenedAt?: number
  /** It rose: until then it was of the class `was`. */
  raises?: { at: number; was: OrderClass }[]
  pauses?: { from: number; to: number | null; reason: PauseReason; until: number }[]
  /** Words to those concerned. */
  updates?: { at: number; by: string; text: string; eta: number | null }[]
  /** "Call every car": the lifts that are lost; `endedAt`: heard again. */
  lines?: {
    asset: string
    likely: boolean
    since: number
    endedAt: number | null
    /** Somebody spoke with this car, or listened in vain. */
    called?: { at: number; by: string }
  }[]
  escalations?: { level: Level; clock: Goal; dueAt: number; at: number; to: string[] }[]
  silentSince?: number | null
  departedAt?: number | null
  /** `at` by the clock of the phone, where it was sent later. */
  arrival?: { at: number; scan?: Scan; approver?: string; reason?: string } | null
  ticks?: { rule: string; item: number; by: string; at: number }[]
  photos?: { photo: string; kind: PhotoKind; by: string; at: number; deviceAt: number | null }[]
  finishedBy?: string | null
  reportedAt?: number | null
  parts?: readonly Part[]
  /** Working time. */
  minutes?: number
  reopenings?: { at: number; by: string | null; reason: string | null; closedAt: number | null }[]
  callBacks?: { at: number; by: string; reached: boolean; solved: boolean | null }[]
  rating?: { at: number; by: string; stars: number }
  mergedInto?: string
  /** It is over, and left this one behind: alarms that are latched until somebody has looked. */
  follows?: NonNullable<EventOf<'order.opened'>['follows']>
  /** Somebody says that nothing was wrong, and a second person has not agreed yet. */
  found?: { at: number; by: string; proof: FalseAlarmProof; reason: string } | null
  ended?: { by: string; approver?: string; proof?: FalseAlarmProof; reason: string }
  how?: OrderEnd | null
  tasks?: TaskDocument[]
  /** Where people opened it. */
  source?: OrderSource
  by?: string
  home?: string
  place?: string
  against?: string
  /** What was reported, first and since: who is a contact, the words stand in the private store. */
  reports?: (Reported & { at: number })[]
  /** On the wall. */
  planned?: Planned
  appointment?: { for: number; madeAt: number; by: string }
}

/** One of the tasks of an order: of a rescue there are three. `acceptBy`: then the next step is asked. */
export type TaskDocument = Readonly<{
  id: string
  kind: TaskKind
  state: 'open' | 'accepted' | 'arrived' | 'ended'
  to: string
  why: Why
  openedAt: number
  dueAt: number
  acceptBy: number | null
  acceptedAt: number | null
  /** `asset`: which of several cars. */
  contacts: readonly Readonly<{ at: number; by: string; asset?: string }>[]
  /** Somebody is in there, and how that is known; until then it is suspected. */
  confirmed?: Readonly<{ at: number; by: string; via: ConfirmedBy; asset?: string }>
  arrivedAt: number | null
  endedAt: number | null
  how: TaskEnd | null
  calls: readonly Readonly<{
    step: ChainStep
    to: string
    at: number
    dialledAt: number | null
    dialledBy: string | null
  }>[]
  missed: readonly Readonly<{ clock: MissedClock; dueAt: number }>[]
}>

/** Which words of a notice a message carries. */
export type MessagePhase =
  | 'published'
  | 'extended'
  | 'identified'
  | 'updated'
  | 'all_clear'
  | 'scheduled'
  | 'reminded'
  | 'rescheduled'
  | 'prolonged'
  | 'cancelled'
  | 'completed'

/** One message of a notice on one channel: to these homes, with this fate. */
export type MessageDocument = {
  id: string
  channel: string
  phase: MessagePhase
  homes: readonly string[]
  state: 'queued' | MessageResult
  settledAt: number | null
  reason: string | null
  /** Not before then: nobody's phone rings at night. */
  ringAt?: number
}

/** Planned work, as the notice tells it. Times are the wall's. */
export type WorkDocument = {
  work: string
  rules: readonly string[]
  from: number
  to: number
  by: string
  second: string | null
  reason: string | null
  workOrder: string | null
  needsQuality: boolean
  reminded: { before: string; at: number }[]
  askedAt: number | null
  overranAt: number | null
  /** Until then an overrun waits for a new end; site time. */
  graceUntil: number | null
  isLate: boolean
  quality: { turbidityNtu: number; freeChlorineMgL: number; isFit: boolean; by: string; at: number } | null
}

export type NoticeDocument = {
  id: string
  kind: string
  state: NoticeState
  /** Empty where no order stands behind it. */
  order: string
  asset: string
  assets: string[]
  alarmId: string
  alarmIds: string[]
  homeIds: string[]
  verifying: boolean
  draftedAt: number
  publishedAt: number | null
  publishedBy: string | null
  monitoringSince: number | null
  endedAt: number | null
  messages: MessageDocument[]
  trace: string
  // Rows of an older version have none of these.
  class?: OrderClass
  rule?: string
  /** A draft goes out by itself then. */
  dueAt?: number
  pageOnly?: boolean
  /** Assets that serve them meanwhile. */
  spares?: readonly string[]
  eta?: number | null
  nextUpdateAt?: number | null
  /** The hold ends then, if nothing happens. */
  clearAt?: number | null
  restoredAt?: number | null
  updates?: { at: number; by: string; text: string }[]
  rejected?: { at: number; by: string; reason: string; to: readonly string[] }
  endedBy?: string | null
  /** Why it was withdrawn or cancelled, in a person's words. */
  endReason?: string
  planned?: WorkDocument
}

/** What the outbox needs to send one message. */
export type OutboxDocument = Readonly<{
  notice: string
  phase: MessagePhase
  homes: readonly string[]
  /** Whom it is for, on a channel to one person: where they are reached is looked up when it is sent. */
  contact?: string
  at: number
  trace: string
  ring?: Ring
  cheapest?: true
}>
