import type { LimitSide, OrderClass, Priority, WasteCategory } from '#devices/alarm-definition.ts'
import type { Condition } from '#devices/expression.ts'
import type { ControlRole, Text } from '#devices/point.ts'
import type { Value } from '#devices/reading.ts'
import type { AlarmSettings } from './alarms/settings.ts'
import type { Road } from './paging/policy.ts'
import type { Procedure } from './orders/procedure.ts'
import type { RescuePlan } from './tasks/rescue-plan.ts'
import type { ReachSettings } from './reach/settings.ts'
import type { DailyHours } from './clocks/day-stretches.ts'
import type { NoticeSettings, ZoneLevel } from './notices/settings.ts'

/** The site as the core sees it: compiled from the site file, immutable, self-contained. No I/O stands behind it. */
export type Plan = Readonly<{
  site: string
  timeZone: string
  rules: readonly Rule[]
  assets: ReadonlyMap<string, Asset>
  staff: readonly Person[]
  /** The points that people may write from afar; no other may be written. */
  controls?: readonly Control[]
  /** Told when nobody fits an order. A role, or a person id. */
  fallback: string
  /** Who looks after the roster: told of gaps, today's and tomorrow's. A person id; without one the fallback hears of today's. */
  rosterOwner?: string
  /** Public holidays, and days off that are worked instead. */
  calendar?: HolidayCalendar
  /** By skill: the certificate that an order for it asks of whoever of the staff does it. */
  certificates?: Readonly<Record<string, string>>
  /** Who is told when an order's clocks run out; unless said, by their roles. */
  supervisors?: Supervisors
  /** Whose shifts hand over to each other, and when. */
  handovers?: readonly HandoverPost[]
  /** Points that a level 3 costs that nobody explains in time. */
  deduction?: number
  /** By what staff is paged; nobody is, unless the site has a road. */
  paging?: PagingPlan
  /** Who frees people from a lift; unless said, by their roles. */
  rescue?: RescuePlan
  entrances?: readonly Entrance[]
  /** Channels by which residents are told. */
  channels: readonly string[]
  /** What a channel means to those who are told; one that is not named here is a chat, the screen a page. */
  channelKinds?: Readonly<Record<string, ChannelKind>>
  settings: Settings
}>

/** `page` is looked at, `data` is for programs, `chat` rings and costs nothing, `paid` rings and costs. */
export type ChannelKind = 'page' | 'data' | 'chat' | 'paid'

/** The three levels, each as roles or person ids; `heads` by the skill that an order asks for, before `head`. */
export type Supervisors = Readonly<{
  head: readonly string[]
  heads: Readonly<Record<string, readonly string[]>>
  manager: readonly string[]
  quality: readonly string[]
}>

/** `who`: roles or persons; `at`: the changes, in minutes since local midnight. */
export type HandoverPost = Readonly<{ id: string; name: Text; who: readonly string[]; at: readonly number[] }>

/** `room` is the person, or the role, of the room that the sounder stands in. */
export type PagingPlan = Readonly<{ roads: readonly Road[]; room: string }>

export type Settings = Readonly<{
  /** Alarms of one room within this time of each other join one order. */
  incidentWindowMs: number
  /** An unconfirmed notice goes out by itself after this time. */
  publishAfterMs: number
  /** … or after this, when two independent alarms say the same. */
  publishConfirmedAfterMs: number
  /** The source condition must stay gone for so long before the all-clear. */
  allClearHoldMs: number
  /** An order not accepted in this time goes to the next person. */
  acceptWithinMs: number
  /** Where the site says other than the defaults. */
  alarms?: Partial<AlarmSettings>
  orders?: Procedure
  reach?: Partial<ReachSettings>
  notices?: Partial<NoticeSettings>
}>

export type Asset = Readonly<{
  id: string
  name: Text
  kind: string
  /** Where it stands; alarms of one room may be one incident. The asset itself when it stands alone. */
  room: string
  region: string
  /** The asset it is part of. */
  parent?: string
  /** Nothing takes over when it stops: its faults are looked after day and night. */
  standby?: 'none'
  /** Of a bin: what goes into it. */
  category?: WasteCategory
  /** The round of a cart that comes past it: what it finds full on the way is one order. */
  route?: string
  /** The assets that give it power or water. */
  fedBy?: readonly string[]
  /** Ids of the homes that depend on it. */
  homes: readonly string[]
  /** What the homes get from it, its kind unless said: assets that give a home the same stand in for each other. */
  service?: string
  /** What it can do for those who need it. */
  meets?: readonly Need[]
  /** What its homes are called together, where they have a name: a zone. */
  place?: Text
  /** How late its water comes back to them. */
  zoneLevel?: ZoneLevel
}>

/** Needs that not every asset of a service meets: reached without a step, room for a stretcher. */
export const NEEDS = ['step-free', 'stretcher'] as const
export type Need = (typeof NEEDS)[number]

/** A staircase with its lifts and its door: where a sheet hangs. Its homes have these numbers on each floor. */
export type Entrance = Readonly<{ id: string; name: Text; building: string; numbers: readonly number[] }>

export type Person = Readonly<{
  id: string
  role: string
  regions: readonly string[]
  skills: readonly string[]
  /** The same hours each day; what the rotation says comes before it. */
  duty: DailyHours
  rotation?: Rotation
  /** Certificates by kind, with the last day on which each is good (YYYY-MM-DD); what people record later comes before it. */
  certificates?: Readonly<Record<string, string>>
  /** Of a contractor: the assets it is listed for, and no others. */
  assets?: readonly string[]
}>

/** Hours that come round every so many days. A part may run past midnight into the next day. */
export type Rotation = Readonly<{
  id: string
  days: readonly DailyHours[]
  /** A first day of the round, YYYY-MM-DD; null: a week, from Monday. */
  from: string | null
  /** A week's hours on a public holiday; a round of days goes on through it. */
  holiday?: DailyHours
}>

/** Days as YYYY-MM-DD in the time zone of the site. */
export type HolidayCalendar = Readonly<{
  holidays: readonly string[]
  /** Days off that are worked instead of another (调休), each with the weekday it is worked like; 1 is Monday. */
  workdays: Readonly<Record<string, number>>
}>

/** A point that may be written from afar: by whom, what, and when. */
export type Control = Readonly<{
  device: string
  point: string
  asset: string
  roles: readonly ControlRole[]
  allowed: Allowed
  /** Each must be true on readings that are good and not older than `validityMs`. */
  when: readonly Condition[]
  validityMs: number
  /** So long the device may take to hold what was written. */
  settleMs: number
  /** So far from what was written it may read back. */
  tolerance: number
}>

export type Allowed =
  | Readonly<{ kind: 'number'; min: number; max: number; step: number | null }>
  | Readonly<{ kind: 'one_of'; values: readonly Value[] }>

/** What to watch. One rule becomes one detector. */
export type Rule = Readonly<{
  /** `<device>/<definition>` or `<device>/<definition>.<side>`: unique and stable across reloads. */
  id: string
  device: string
  asset: string
  name: Text
  watch: Watch
  /** The sides of one limits definition are one alarm: `<device>/<definition>`, the rule's own id unless said. */
  definition?: string
  /** How grave a side is among those: 0, and 1 for hihi and lolo. */
  step?: number
  /** No alarm but a mode of the asset: its alarms are suppressed by design (inspection), its repair is shown (proof). */
  mode?: 'inspection' | 'proof'
  /** What the readings must show before an order for it is verified: so long normal, and these conditions of the asset. */
  verify?: Readonly<{ normalMs: number; proofs?: readonly string[] }>
  onDelayMs: number
  offDelayMs: number
  latch: boolean
  /** P0, every latching P1, and an alarm button: never contained by chatter rules or grouping. */
  safety: boolean
  priority: Priority
  class: OrderClass
  skill: string
  /** Somebody is in it and cannot get out: the rescue begins with the order. */
  rescue?: true
  /** Somebody pressed the alarm button: the intercom is answered within a minute. Never silent in any mode. */
  intercom?: true
  notice?: string
  closesItself: boolean
  /** A value older than this can no longer raise anything (ms). */
  validityMs: number
  cause?: Text
  consequence?: Text
  response?: Text
  /** ISA-18.2: after so long the consequence can no longer be averted (ms). */
  respondWithinMs?: number
}>

/** Limits that hold for a while of the week, in the time zone of the site; `to` may lie past midnight. */
export type LimitSpan = Readonly<{
  /** 1 is Monday (ISO 8601). A span belongs to the day on which it begins. */
  days: readonly number[]
  /** Minutes since local midnight. */
  from: number
  to: number
  /** Null: not watched then. */
  limit: number | null
}>

export type LimitWatch = Readonly<{
  kind: 'limit'
  point: string
  side: LimitSide
  /** Null: watched only in the spans that have one. */
  limit: number | null
  deadband: number
  /** Judged is what a window makes of the point instead of its newest value. */
  window?: Readonly<{ of: WindowOf; overMs: number }>
  /** The first that covers the time of the reading counts. */
  schedule?: Readonly<{ timeZone: string; spans: readonly LimitSpan[] }>
}>

/**
 * Reached by so many readings in a row, the first and the last of them so far apart. `from` and `down_to` hold at the limit
 * itself, `above` and `below` beyond it; `fall` and `rise` are from one reading to the next.
 */
export type Held = Readonly<{
  is: 'from' | 'down_to' | 'above' | 'below' | 'fall' | 'rise'
  limit: number
  readings: number
  forMs: number
}>
/** Any of `raise` makes it true, any of `clear` ends it. */
export type PersistsWatch = Readonly<{
  kind: 'persists'
  point: string
  raise: readonly Held[]
  clear: readonly Held[]
}>
export type WindowOf = 'avg' | 'min' | 'max' | 'sum'

/** What to watch; `enabledWhen`: only while that is true. */
export type Watch = (
  | LimitWatch
  | PersistsWatch
  /** So many readings in a row say no longer what an alarm watches. */
  | Readonly<{ kind: 'settled'; of: Watch; readings: number }>
  /** Once true, it stays so until `until` is; of a pulse already while the delay runs. */
  | Readonly<{ kind: 'when'; condition: Condition; until?: Condition; isPulse?: true }>
  /** Bad readings of one family of reasons, over all points of the device. */
  | Readonly<{ kind: 'data'; family: 'communication' | 'sensor' }>
  /** The point moves by so much or more within the window. */
  | Readonly<{ kind: 'rate'; point: string; overMs: number; rise?: number; fall?: number }>
  /** The point stays within its resolution for so long while its driver moves; without one it ought to move always. */
  | Readonly<{ kind: 'stuck'; point: string; forMs: number; resolution: number; driver?: Condition }>
  /** No reading of one of the points for so long, while the device itself may speak. */
  | Readonly<{ kind: 'absence'; only: readonly string[]; forMs: number }>
  /** The point changes more often than this within the window. */
  | Readonly<{ kind: 'changes'; point: string; overMs: number; above: number }>
  /** Two points that should agree are further apart than `by` (numbers), or differ (all else). */
  | Readonly<{ kind: 'disagreement'; point: string; other: Readonly<{ device: string; point: string }>; by: number }>
  /** Something is switched on more often, or for a larger share of the time, than is good for it. */
  | Readonly<{ kind: 'duty'; point: string; overMs: number; starts?: number; share?: number }>
  /** The device falls silent, or says `or`, while its last good values fulfilled `while`; older ones than `withinMs` do not count. */
  | Readonly<{ kind: 'lost'; while: Condition; withinMs: number; or?: Condition }>
  /** So many of these assets are lost within the time. The stage for lifts finds it; no reading does. */
  | Readonly<{ kind: 'lost-lifts'; lifts: readonly string[]; count: number; withinMs: number }>
  /** What a person measured and entered. The stage for notices finds it; no reading does. */
  | Readonly<{ kind: 'measured' }>
  /** A short average leaves the normal of the short averages before it. */
  | MovingNormalWatch
) &
  Readonly<{ enabledWhen?: Condition }>

export type MovingNormalWatch = Readonly<{
  kind: 'moving-normal'
  point: string
  shortMs: number
  normalMs: number
  /** So many deviations of the short average. */
  deviations: number
  /** A deviation is never taken for less than this: the point's resolution. */
  least: number
  side: 'above' | 'below' | 'both'
  /** Beyond for so long, the new level is the normal. */
  settleMs: number
}>
