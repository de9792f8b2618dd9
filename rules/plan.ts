import type { LimitSide, OrderClass, Priority } from '#devices/alarm-definition.ts'
import type { Condition } from '#devices/expression.ts'
import type { Text } from '#devices/point.ts'

/** The site as the core sees it: compiled from the site file, immutable, self-contained. No I/O stands behind it. */
export type Plan = Readonly<{
  site: string
  timeZone: string
  rules: readonly Rule[]
  assets: ReadonlyMap<string, Asset>
  staff: readonly Person[]
  /** Told when nobody fits an order. A role, or a person id. */
  fallback: string
  /** Who is told when an order's clocks run out; unless said, by their roles. */
  supervisors?: Supervisors
  /** Channels by which residents are told. */
  channels: readonly string[]
  settings: Settings
}>

/** The three levels, each as roles or person ids; `heads` by the skill that an order asks for, before `head`. */
export type Supervisors = Readonly<{
  head: readonly string[]
  heads: Readonly<Record<string, readonly string[]>>
  manager: readonly string[]
  quality: readonly string[]
}>

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
  /** The assets that give it power or water. */
  fedBy?: readonly string[]
  /** Ids of the homes that depend on it. */
  homes: readonly string[]
}>

export type Person = Readonly<{
  id: string
  role: string
  regions: readonly string[]
  skills: readonly string[]
  /** Daily duty in minutes since local midnight, `to` may lie past midnight (e.g. 1140 → 1860). */
  duty: readonly Readonly<{ from: number; to: number }>[]
}>

/** What to watch. One rule becomes one detector. */
export type Rule = Readonly<{
  /** `<device>/<definition>` or `<device>/<definition>.<side>`: unique and stable across reloads. */
  id: string
  device: string
  asset: string
  name: Text
  watch: Watch
  onDelayMs: number
  offDelayMs: number
  latch: boolean
  /** P0, and every latching P1: never contained by chatter rules or grouping. */
  safety: boolean
  priority: Priority
  class: OrderClass
  skill: string
  notice?: string
  closesItself: boolean
  /** A value older than this can no longer raise anything (ms). */
  validityMs: number
  cause?: Text
  consequence?: Text
  response?: Text
}>

export type Watch =
  | Readonly<{
      kind: 'limit'
      point: string
      side: LimitSide
      limit: number
      deadband: number
      enabledWhen?: Condition
    }>
  | Readonly<{ kind: 'when'; condition: Condition; enabledWhen?: Condition }>
  /** Bad readings of one family of reasons, over all points of the device. */
  | Readonly<{ kind: 'data'; family: 'communication' | 'sensor' }>
