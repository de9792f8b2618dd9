/** What the gateway answers, as far as the screens read it. Times are ISO 8601 with the site's offset. */

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
export type ControlOutcome = 'verified' | 'refused' | 'mismatch' | 'unconfirmed' | 'not_sent'
export type Allowed =
  | Readonly<{ kind: 'number'; min: number; max: number; step: number | null }>
  | Readonly<{ kind: 'one_of'; values: readonly Value[] }>
export type ControlPoint = Readonly<{
  point: string
  name: Both
  unit: string | null
  value: Value | null
  allowed: Allowed
  whyNot: readonly InWords[]
}>
export type ControlRequest = Readonly<{
  request: string | null
  point: string
  by: string
  from: Value | null
  to: Value
  at: string
  outcome: ControlOutcome | null
  readBack: Value | null
  why: InWords | null
}>
/** What may be written on a device, by whom it is held, and why not now. */
export type ControlState = Readonly<{
  device: string
  lease: Readonly<{ by: string; until: string; isYours: boolean }> | null
  blocks: readonly InWords[]
  points: readonly ControlPoint[]
  recent: readonly ControlRequest[]
}>
type Guard = Readonly<{ by: string; since: string }>
type AssetGuard = Guard & Readonly<{ id: string; asset: string; reason: string }>
/** Locks and tags, permits to work, people in plant rooms. */
export type Safeguards = Readonly<{
  lockouts: readonly AssetGuard[]
  permits: readonly AssetGuard[]
  presences: readonly (Guard & Readonly<{ room: string }>)[]
}>

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
  priority: Priority
  class: string
  state: AlarmState
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
  evidence: Evidence
  trace: string
}>

export type OrderState =
  | 'new'
  | 'dispatched'
  | 'accepted'
  | 'arrived'
  | 'working'
  | 'paused'
  | 'restored'
  | 'verified'
  | 'closed'
/** A clock of an order: due at, or null while it rests. */
export type OrderClock = Readonly<{
  clock: 'ack' | 'arrive' | 'restore' | 'feedback'
  dueAt: string | null
  metAt: string | null
  state: 'running' | 'paused' | 'overdue' | 'met' | 'missed'
}>
export type Order = Readonly<{
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
  silentSince: string | null
  finishedAt: string | null
  verifiedAt: string | null
  closedAt: string | null
  closedBy: string | null
  trace: string
}>

export type Fate = 'queued' | 'delivered' | 'failed'
export type NoticeState = 'draft' | 'published' | 'monitoring' | 'all_clear' | 'withdrawn'
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
  listeners?: number
}>

/** What stands out about a connection or a unit; said in words by `web.finding.…` and `web.check.…`. */
export type Finding =
  | 'no_port'
  | 'connection_refused'
  | 'unreachable'
  | 'closed'
  | 'all_silent'
  | 'silent'
  | 'silent_tcp'
  | 'garbled'
  | 'foreign'
  | 'late'
  | 'exception_1'
  | 'exception_2'
  | 'exception_3'
  | 'exception_4'
  | 'exception_6'
  | 'exception_10'
  | 'exception_11'
  | 'exception_other'
  | 'slow'
export type BusUnit = Readonly<{
  unitId: number
  devices: readonly string[]
  state: 'unasked' | 'answering' | 'failing' | 'held' | 'unreached'
  failingSince: string | null
  nextProbeAt: string | null
  lastHeardAt: string | null
  /** Of the last exchanges, at most 100; latencies in real ms. */
  figures: Readonly<{
    exchanges: number
    timeouts: number
    garbled: number
    foreign: number
    exceptions: Readonly<Record<string, number>>
    latencyMs: Readonly<{ p50: number; p95: number }> | null
    busyShare: number
  }> | null
  cycles: readonly Readonly<{ askedMs: number; reachedMs: number | null }>[]
  skippedCycles: number
  refused: readonly Readonly<{ device: string; point: string; table: string; address: number; exception: number }>[]
  findings: readonly Finding[]
}>
export type Bus = Readonly<{
  id: string
  protocol: string
  endpoint: string
  road: Readonly<{ is: 'idle' | 'up' | 'down'; since: string | null; trouble: string | null }>
  errorRate: number | null
  busyShare: number
  counts: Readonly<{ strayBytes: number }>
  units: readonly BusUnit[]
  findings: readonly Finding[]
}>
/** As text where JSON has no such number. */
export type WireNumber = number | string
type ByOrder = Readonly<Record<'ABCD' | 'CDAB' | 'BADC' | 'DCBA', WireNumber | null>>
export type Interpretation = Readonly<{
  address: number
  word: number
  one: Readonly<{ uint16: number; int16: number; bcd16: number | null }>
  two: Readonly<Record<string, ByOrder>> | null
  four: Readonly<Record<string, ByOrder>> | null
}>
export type TestAnswer = Readonly<{ tookMs: number }> &
  (
    | Readonly<{
        outcome: 'values'
        bits: readonly boolean[]
        interpretations: readonly Interpretation[]
        texts: Readonly<{ ABCD: string; BADC: string }>
        points: readonly Readonly<{
          device: string
          point: string
          address: number
          value: Value | null
          reason?: string
        }>[]
      }>
    | Readonly<{ outcome: 'refused'; exception: number; finding: Finding }>
    | Readonly<{ outcome: 'failed'; detail: string; finding: Finding }>
  )

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
