import type { Both, OrderState } from './types.ts'

/** How far a home was told; `door`: in person. */
export type HomeFate = 'waiting' | 'queued' | 'accepted' | 'delivered' | 'door' | 'failed' | 'no_contact'
export type Part = 'begins' | 'between' | 'ends'
export type LineState = 'queued' | 'accepted' | 'delivered' | 'failed' | 'cancelled' | 'rerouted'
export type Relation = 'owner' | 'tenant' | 'family'
export type ReachLine = Readonly<{
  id: string
  home: string
  relation: Relation | null
  channel: string
  part: Part
  state: LineState
  reason: string | null
  at: string
  settledAt: string | null
}>
export type Errand = Readonly<{
  id: string
  notice: string
  part: Part
  kind: 'call' | 'door' | 'sheet'
  why: 'no_contact' | 'no_answer' | 'tagged' | 'end_at_door' | 'informed' | 'planned' | 'end_of_sheet'
  homes: readonly string[]
  entrance: string | null
  state: 'open' | 'told' | 'not_met' | 'withdrawn'
  openedAt: string
  doneAt: string | null
  by: string | null
  attempt: number
  /** Of planned work. */
  dueAt: string | null
  /** Only for who rings people up. */
  contacts?: readonly Readonly<{ name: string; phone: string }>[]
}>
/** What is to be hung up for a notice. */
export type Sheets = Readonly<{
  notice: string
  site: Both
  printedAt: string
  texts: readonly Readonly<{ language: 'zh-CN' | 'en'; title: string; body: string }>[]
  sheets: readonly Readonly<{ task: string; entrance: Both; dueAt: string | null }>[]
}>
export type Reach = Readonly<{
  homes: number
  informed: number
  reached: number
  counts: Readonly<Record<HomeFate, number>>
  costYuan: number
  heldUntil: string | null
  isOverCap: boolean
  approvedBy: string | null
  corrections: readonly Readonly<{ home: string; isReached: boolean; since: string; by: string; at: string }>[]
  lines: readonly ReachLine[]
  opened: readonly Readonly<{ home: string; at: string }>[]
  tasks: readonly Errand[]
}>
/** Whom a draft would reach now. */
export type WouldReach = Readonly<{
  homes: number
  informed: number
  messages: number
  parts: number
  costYuan: number
  noContact: readonly string[]
  tagged: readonly Readonly<{ home: string; action: 'call' | 'door' }>[]
  ownerOnly: readonly string[]
}>
export type Contact = Readonly<{
  id: string
  name: string
  relation: Relation
  phone: string | null
  email: string | null
  consent: boolean
  from: string | null
  to: string | null
  isNow: boolean
  action: 'call' | 'door' | null
}>
export type Household = Readonly<{
  home: string
  isOwnerOnly: boolean
  contacts: readonly Contact[]
  notices: readonly Readonly<{
    id: string
    kind: string | null
    order: string | null
    publishedAt: string | null
    isUnconfirmed: boolean
    openedAt: string | null
    isReached: boolean
    lines: readonly (Omit<ReachLine, 'id' | 'home'> & Readonly<{ phone: string | null }>)[]
    tasks: readonly Errand[]
  }>[]
  orders: readonly HomeOrder[]
}>
export type HomeOrder = Readonly<{
  id: string
  state: OrderState
  class: string
  name: Both
  assignee: string | null
  openedAt: string
  closedAt: string | null
  stars: number | null
  isSolved: boolean | null
}>
export type Impact = Readonly<{
  losses: readonly Readonly<{
    service: string
    effect: 'outage' | 'reduced' | 'redundancy_lost'
    homes: readonly string[]
  }>[]
  needs: readonly Readonly<{ service: string; need: 'stretcher' | 'step-free'; homes: readonly string[] }>[]
  told: number
}>
