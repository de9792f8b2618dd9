import type { OrderLife } from './order-types.ts'
/** What the gateway answers, as far as the screens read it. Times are ISO 8601 with the site's offset. */

import type { MqttHealth } from './mqtt-types.ts'

export type Language = 'zh-CN' | 'en'
export type Both = Readonly<Record<Language, string>>
export type Params = Readonly<Record<string, string | number | boolean>>
export type Page<T> = Readonly<{ items: readonly T[]; next: number | null }>

export type Role =
  | 'admin'
  | 'engineer'
  | 'field'
  | 'agent'
  | 'steward'
  | 'monitor'
  | 'manager'
  | 'quality'
  | 'contractor'
  | 'resident'

export type Session = Readonly<{
  user: Readonly<{ id: string; name: string; role: Role; person: string | null }>
  demo: boolean
  expiresAt: string | null
  /** False for who came by a link or visits a demonstration. */
  hasAccount?: boolean
}>

/** One's own account. */
export type OwnAccount = Readonly<{
  id: string
  name: string
  role: Role
  person: string | null
  createdAt: string
  lastSignInAt: string | null
  hasTotp: boolean
  mayEnrolTotp: boolean
}>
/** An account as who looks after all of them sees it. */
export type User = Readonly<{
  id: string
  name: string
  role: Role
  person: string | null
  disabled: boolean
  createdAt: string
  lastSignInAt: string | null
  hasTotp: boolean
}>
/** A second factor that is not confirmed yet; its secret is shown this once. */
export type Enrolment = Readonly<{ secret: string; uri: string; expiresAt: string }>
/** A link that lets its bearer choose a password, shown this once. */
export type ResetLink = Readonly<{ link: string; expiresAt: string }>

export type Problem = Readonly<{ status: number; code: string; detail: string; params: Params }>

export type Asset = Readonly<{
  id: string
  name: Both
  kind: string
  room: string | null
  region: string
  building: string | null
  homes: number
  /** Of a waste bin, where the site says so. */
  category: 'kitchen' | 'recyclable' | 'hazardous' | 'other' | null
  route: string | null
}>
export type Site = Readonly<{
  id: string
  name: Both
  timeZone: string
  version: string
  epoch: string
  demo: boolean
  speed: number
  now: string
  buildings: readonly Readonly<{ id: string; name: Both; homes: number }>[]
  /** Names of pump rooms and bin points, where the site gives them. */
  rooms?: readonly Readonly<{ id: string; name: Both }>[]
  assets: readonly Asset[]
  staff: readonly Readonly<{ id: string; role: string }>[]
}>

export type Quality = 'good' | 'uncertain' | 'bad'
export type Value = number | boolean | string
/** A point that has not been heard of has no quality. */
export type Reading = Readonly<{
  value: Value | null
  quality: Quality | null
  reason: string | null
  at: string | null
}>
export type PointValue = Reading & Readonly<{ device: string; point: string }>
export type Point = Reading & Readonly<{ point: string; name: Both; unit: string | null }>
export type Device = Readonly<{
  id: string
  profile: string
  kind: string
  asset: string
  name: Both
  validityMs: number
  /** Some of its points may be written from afar. */
  isWritable?: boolean
  points: readonly Point[]
}>

/** A reason of the gateway, as data and in words. */
export type InWords = Readonly<{ code: string; params: Params; text: Both }>
export type Priority = 'critical' | 'high' | 'medium' | 'low'
export type AlarmState = 'unacknowledged' | 'acknowledged' | 'returned' | 'latched' | 'latched_acknowledged' | 'normal'
export type Evidence = Readonly<{
  point?: string
  pointName?: Both
  unit?: string | null
  value?: Value | null
  limit?: number
  reason?: string
  /** Where value and limit do not say it: "rose by 0.6 in 10 min". */
  said?: Both | null
  at: string
}>
/** What people see: a silence lies over the state. */
export type ShownState = AlarmState | 'shelved' | 'suppressed' | 'out_of_service'
/** Why nobody is told of an alarm: by what, and the parameters of the code. */
export type WhyNot = Readonly<{
  by: 'shelf' | 'maintenance' | 'inspection' | 'out_of_service' | 'cause' | 'flood'
  code: string
  root: string | null
  incident: string | null
  until?: string
  since?: string
  shelf?: string
  service?: string
  window?: string
  order?: string
}>
export type Alarm = Readonly<{
  id: string
  rule: string
  device: string
  asset: string
  assetName: Both
  name: Both
  cause: Both | null
  consequence: Both | null
  response: Both | null
  respondWithinMs: number | null
  priority: Priority
  class: string
  state: AlarmState
  shown: ShownState
  announced: boolean
  whyNot: WhyNot | null
  announcedAt: string | null
  /** How many are silent because of this one. */
  children: number
  safety: boolean
  occurredAt: string
  raisedAt: string
  acknowledgedAt: string | null
  acknowledgedBy: string | null
  /** Who did it in the name of `acknowledgedBy`: an account, a token, a link. */
  acknowledgedByActor?: string | null
  acknowledgeComment?: string | null
  clearedAt: string | null
  closedAt: string | null
  orderId: string | null
  /** So already when the gateway looked again: after a restart, or out of the memory of a device. */
  found: 'restart' | 'backlog' | null
  /** One more of its limits has been passed since it was raised. */
  rose: boolean
  evidence: Evidence
  trace: string
}>

export type OrderState =
  | 'new'
  | 'dispatched'
  | 'accepted'
  | 'en_route'
  | 'arrived'
  | 'working'
  | 'paused'
  | 'restored'
  | 'feedback'
  | 'verified'
  | 'closed'
  | 'merged'
  | 'false_alarm'
  | 'cancelled'
/** A clock of an order: due at, or null while it rests. */
export type OrderClock = Readonly<{
  clock: 'ack' | 'arrive' | 'restore' | 'feedback'
  dueAt: string | null
  metAt: string | null
  state: 'running' | 'paused' | 'overdue' | 'met' | 'missed'
  /** After which the promise is broken, where that is later. */
  latestAt?: string
}>
export type Order = OrderLife &
  Readonly<{
    id: string
    state: OrderState
    class: string
    name: Both
    skill: string
    asset: string
    assetName: Both
    devices: readonly string[]
    alarmId: string
    alarmIds: readonly string[]
    assignee: string | null
    why: Readonly<{ text: Both }> | null
    finding: string | null
    openedAt: string
    acceptedAt: string | null
    arrivedAt: string | null
    startedAt: string | null
    clocks: readonly OrderClock[]
    pauses: readonly Readonly<{ from: string; to: string | null; reason: string; until: string }>[]
    updates: readonly Readonly<{ at: string; by: string; text: string; eta: string | null }>[]
    escalations: readonly Readonly<{
      level: number
      clock: OrderClock['clock']
      dueAt: string
      at: string
      to: readonly string[]
    }>[]
    /** Lifts to be called, the likely ones first. */
    lines: readonly Readonly<{
      asset: string
      assetName: Both
      likely: boolean
      since: string
      endedAt: string | null
      called: Readonly<{ at: string; by: string }> | null
    }>[]
    silentSince: string | null
    finishedAt: string | null
    verifiedAt: string | null
    closedAt: string | null
    closedBy: string | null
    trace: string
  }>

export type Fate = 'queued' | 'accepted' | 'delivered' | 'failed' | 'cancelled'
export type NoticeState =
  | 'draft'
  | 'rejected'
  | 'published'
  | 'identified'
  | 'monitoring'
  | 'scheduled'
  | 'reminded'
  | 'in_progress'
  | 'overrun'
  | 'verifying'
  | 'all_clear'
  | 'withdrawn'
  | 'completed'
  | 'cancelled'
export type LedgerLine = Readonly<{ home: string; channel: string; told: Fate | null; allClear: Fate | null }>
export type Notice = Readonly<{
  id: string
  kind: string
  state: NoticeState
  title: Both
  text: Both
  asset: string
  assetName: Both
  orderId: string
  alarmId: string
  homes: number
  draftedAt: string
  publishedAt: string | null
  publishedBy: string | null
  monitoringSince: string | null
  endedAt: string | null
  reached: Readonly<{ told: Readonly<Record<Fate, number>>; allClear: Readonly<Record<Fate, number>> }>
  ledger?: readonly LedgerLine[]
  trace: string
  dueAt: string | null
  pageOnly: boolean
  eta: string | null
  nextUpdateAt: string | null
  clearAt: string | null
  endedBy: string | null
  updates: readonly Readonly<{ at: string; by: string; text: string }>[]
  rejected: Readonly<{ at: string; by: string; reason: string }> | null
  planned: PlannedWork | null
}>
/** Times of planned work are the wall's. */
export type PlannedWork = Readonly<{
  work: string
  rules: readonly string[]
  from: string
  to: string
  by: string
  second: string | null
  reason: string | null
  needsQuality: boolean
  reminded: readonly Readonly<{ before: string; at: string }>[]
  quality: Readonly<{ turbidityNtu: number; freeChlorineMgL: number; isFit: boolean }> | null
}>

export type SourceState = 'starting' | 'running' | 'degraded' | 'down'
/** Everything after `time` is there only for those who look after the gateway. */
export type Health = Readonly<{
  status: 'ok' | 'degraded'
  version: string
  site: string
  time: string
  startedAt?: string
  speed?: number
  wallOffsetMs?: number
  sources?: readonly Readonly<{
    source: string
    state: SourceState
    devices: readonly Readonly<{
      device: string
      ok: boolean
      lastHeardAt: string | null
      reason?: string
      /** Points that the device says it does not have. */
      refusedPoints?: readonly string[]
    }>[]
  }>[]
  accounts?: Readonly<
    Record<string, Readonly<{ received: number; stored: number; rejected: Readonly<Record<string, number>> }>>
  >
  store?: Readonly<Record<string, number>>
  disk?: Readonly<{ freeBytes: number; totalBytes: number }> | null
  uptimeMs?: number
  versions?: Readonly<Record<string, string>>
  forwarding?: readonly Readonly<{
    target: string
    state: 'starting' | 'running' | 'unavailable' | 'stopped'
    since: string
    reason?: string
    lag: number
    sent: number
    quarantined: number
  }>[]
  mqtt?: MqttHealth
  listeners?: number
}>

/** What stands out about a connection or a unit; said in words by `web.finding.…` and `web.check.…`. */
export type SiteFault = Readonly<{ where: string; text: Both }>

export type SeriesPoint = Readonly<{
  t: string
  min: number | null
  mean: number | null
  max: number | null
  n: number
  quality: Quality | null
}>
/** `source`: where the figures come from, when the gateway says it. */
export type Series = Readonly<{
  from: string
  to: string
  points: readonly SeriesPoint[]
  source?: 'local' | 'influx'
}>

/** Demonstration only: what can be broken on purpose. */
export type PlantState = Readonly<{
  devices: readonly Readonly<{ device: string; faults: readonly string[]; fault: string | null }>[]
}>
