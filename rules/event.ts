import type { OrderClass, Priority } from '#devices/alarm-definition.ts'
import type { Params } from '#devices/fault.ts'
import type { Table } from '#devices/point.ts'
import type { Value } from '#devices/reading.ts'
import type { SilentBy } from './alarms/states.ts'
import type { Level } from './clocks/order-clocks.ts'
import type { Goal } from './clocks/policy.ts'
import type { PauseReason } from './orders/states.ts'

/** Three-valued: unknown is not false. */
export type Truth = 'true' | 'false' | 'unknown'

/** What made a condition what it became; shown to people, never decided on. */
export type Evidence = Readonly<{
  point?: string
  value?: Value | null
  limit?: number
  reason?: string
  /** In words, where a value and its limit do not say it. */
  why?: Why
  at: number
}>

/**
 * A condition that was so already when somebody looked again: the gateway had been down, or the newest reading came out
 * of the memory of a device. Clocks run from the detection.
 */
export type Found = 'restart' | 'backlog'

/** Why a decision came out as it did: a code and its parameters, said in words at the edge. */
export type Why = Readonly<{ code: string; params: Params }>

/**
 * What a write came to. `verified`: the device holds it. `refused`: the device said no. `mismatch`: it can be read, and
 * holds something else. `unconfirmed`: nobody can tell; somebody must look. `not_sent`: nothing went on the wire.
 */
export const CONTROL_OUTCOMES = ['verified', 'refused', 'mismatch', 'unconfirmed', 'not_sent'] as const
export type ControlOutcome = (typeof CONTROL_OUTCOMES)[number]

/** Why nobody was told of an alarm that stands. `root` is the alarm that is announced in its stead. */
export type Silence = Readonly<{ by: SilentBy; why: Why; root?: string; incident?: string }>

type Body = {
  // the running program
  'gateway.started': {
    epoch: string
    after: { epoch: string; seq: number } | null
    blindFrom: number | null
    wallOffsetMs: number
  }
  'site.loaded': { hash: string; version: string }
  /** `dates`: readings logged after this batch had no time of their own yet; they are `byMs` younger than they say. */
  'clock.stepped': { byMs: number; dates?: { after: number; byMs: number } }
  'input.quarantined': { source: string; reason: string }
  // who came in; people by the id of their account or sign-in link
  'token.created': { token: string; role: string }
  'access.signed_in': { account: string; role: string }
  'access.signed_out': { account: string }
  /** Not each guess: at the limit, and whenever their number has doubled. */
  'access.refused': { what: 'sign_in' | 'link' | 'setup'; account: string | null; count: number }
  /** The first at once; those that follow within a minute as one number, by account and route. */
  'access.denied': {
    what: 'sign_in' | 'code' | 'token' | 'role' | 'origin'
    account: string | null
    route: string | null
    count: number
  }
  'access.account_created': { account: string; role: string; by: string }
  'access.account_disabled': { account: string; by: string }
  'access.account_enabled': { account: string; by: string }
  'access.role_changed': { account: string; role: string; by: string }
  'access.password_changed': { account: string; by: string }
  'access.reset_link_made': { account: string; by: string }
  'access.totp_enrolled': { account: string }
  'access.totp_cleared': { account: string; by: string }
  /** Somebody read registers of a unit by hand, past all schedules. */
  'bus.tested': { account: string; bus: string; unitId: number; table: Table; address: number; count: number }
  // conditions: a detector's verdict, after its delay
  /** `since` is site time, or source time where it was `found`. */
  'condition.became': {
    rule: string
    device: string
    asset: string
    state: Truth
    since: number
    evidence: Evidence
    found?: Found
  }
  /** It flips faster than it is good for: said once, and again only after it was calm. Counted before all delays. */
  'condition.chattered': { rule: string; device: string; asset: string; flips: number; withinMs: number }
  /** It cannot be judged although its data is there: the rule is wrong. Said once, and again only after it was well. */
  'condition.failed': { rule: string; device: string; asset: string; why: Why }
  /** It stands still while its driver moves: uncertain from `since`, the source time of its last real change. */
  'point.stuck': { rule: string; device: string; point: string; since: number }
  /** It is believed again. */
  'point.moved': { rule: string; device: string; point: string; since: number }
  // alarms; without a silence they are announced
  'alarm.raised': {
    alarm: string
    rule: string
    device: string
    asset: string
    priority: Priority
    class: OrderClass
    latch: boolean
    safety: boolean
    occurredAt: number
    evidence: Evidence
    found?: Found
    /** Loss of communication. */
    loss?: true
    silence?: Silence
  }
  'alarm.reoccurred': { alarm: string; rule: string; asset: string; occurredAt: number; silence?: Silence }
  /** One more limit of the same alarm was passed, or one less is. `rule` is the gravest of `rules`, which still hold. */
  'alarm.severity_changed': {
    alarm: string
    rule: string
    asset: string
    rules: readonly string[]
    priority: Priority
    class: OrderClass
    rises: boolean
    silence?: Silence
  }
  /** Told again, or for the first time: a silence ended and it still holds, or nobody deals with it. */
  'alarm.announced': { alarm: string; rule: string; asset: string; why: Why; silence?: Silence }
  /** It stands, and nobody is told any more; evaluation goes on. */
  'alarm.silenced': { alarm: string; rule: string; asset: string; silence: Silence }
  /** The silence ended, and there is nothing left to tell. */
  'alarm.unsilenced': { alarm: string; rule: string; asset: string }
  'alarm.acknowledged': { alarm: string; by: string; comment?: string }
  'alarm.commented': { alarm: string; by: string; comment: string }
  'alarm.cleared': { alarm: string; rule: string; asset: string }
  'alarm.reset': { alarm: string; by: string }
  'alarm.closed': { alarm: string; why: Why; rule?: string; asset?: string }
  /** `second`: who agreed, for a safety alarm. `restMs`: a chattering one's shelf ends when it has rested for so long. */
  'alarm.shelved': {
    shelf: string
    alarm: string
    rule: string
    asset: string
    by: string
    second?: string
    reason: string
    until: number
    oneShot: boolean
    restMs?: number
  }
  'alarm.unshelved': { shelf: string; alarm: string; rule: string; by: string; why: Why }
  'alarm.bad_actor': {
    rule: string
    device: string
    asset: string
    alarm: string | null
    flips: number
    withinMs: number
  }
  'alarm.flood_began': { announced: number }
  /** One message for all that were only counted; `alarms` are those of them that still stand. */
  'alarm.flood_ended': { since: number; counted: number; alarms: readonly string[] }
  // many devices lost at once, with one root
  'incident.opened': { incident: string; root: string; alarms: readonly string[]; why: Why }
  'incident.rerooted': { incident: string; root: string }
  'incident.closed': { incident: string; alarms: readonly string[] }
  // taken out of service by a person: an asset, or one rule of it
  'service.removed': { service: string; asset: string; rule?: string; by: string; workOrder: string; reason: string }
  'service.returned': { service: string; asset: string; by: string }
  // maintenance windows; their times are the wall's
  'maintenance.planned': {
    window: string
    assets: readonly string[]
    rules: readonly string[]
    from: number
    to: number
    by: string
    reason: string
  }
  'maintenance.began': { window: string }
  'maintenance.extended': { window: string; to: number; by: string }
  'maintenance.overran': { window: string }
  'maintenance.ended': { window: string; by: string; why: Why }
  // work orders
  'order.opened': {
    order: string
    incident: string
    alarm: string
    rule: string
    asset: string
    class: OrderClass
    skill: string
    region: string
    closesItself: boolean
    /** The sensor or its limits want mending: residents have nothing to learn of it. */
    badActor?: true
  }
  'order.joined': {
    order: string
    alarm: string
    rule: string
    asset: string
    class: OrderClass
    closesItself: boolean
  }
  /**
   * "Call every car": one line for each lift that is lost. Said again when it turns out that somebody is likely to be in
   * it, or when it is lost anew. `since` is site time.
   */
  'order.line_added': {
    order: string
    alarm: string
    rule: string
    asset: string
    device: string
    likely: boolean
    since: number
  }
  /** It is heard again. */
  'order.line_ended': { order: string; asset: string }
  'order.dispatched': { order: string; assignee: string; why: Why }
  'order.accepted': { order: string; by: string; alarms: readonly string[] }
  'order.arrived': { order: string; by: string }
  'order.finished': { order: string; by: string; finding?: string }
  'order.verified': { order: string }
  'order.reopened': { order: string; rule: string }
  'order.unverified': { order: string; rule: string }
  'order.started': { order: string; by: string }
  /** `until` is when somebody looks again; the pause ends then by itself. */
  'order.paused': { order: string; by: string; reason: PauseReason; until: number }
  'order.resumed': { order: string; by: string }
  'order.declined': { order: string; by: string; reason: string }
  'order.transferred': { order: string; by: string; to: string; reason: string }
  /** A word to those concerned: how it goes, and by when it will be over. */
  'order.updated': { order: string; by: string; text: string; eta?: number }
  'order.closed': { order: string; by: string }
  // supervision of work orders; `dueAt` is when the clock, or the level, was due
  'order.warned': { order: string; clock: Goal; percent: number; dueAt: number; to: string }
  'order.escalated': {
    order: string
    level: Level
    clock: Goal
    dueAt: number
    to: readonly string[]
    late?: { byMs: number; isGatewayDown: boolean }
  }
  'order.silent': { order: string; dueAt: number; to: string }
  // notices to residents
  'notice.drafted': {
    notice: string
    order: string
    kind: string
    alarm: string
    rule: string
    asset: string
    homes: readonly string[]
  }
  'notice.joined': { notice: string; alarm: string; rule: string; asset: string; homes: readonly string[] }
  'notice.published': {
    notice: string
    by: string
    verifying: boolean
    homes: readonly string[]
    channels: readonly string[]
  }
  'notice.extended': { notice: string; homes: readonly string[]; channels: readonly string[] }
  'notice.monitoring': { notice: string; since: number }
  'notice.resumed': { notice: string }
  /** `by` is the person who looked on site, where no sensor could tell. */
  'notice.all_clear': { notice: string; by?: string; homes: readonly string[]; channels: readonly string[] }
  'notice.withdrawn': { notice: string; why: Why }
  // control from afar: who holds a device, what was asked for and what came of it
  'control.leased': { device: string; by: string; holder: string; until: number }
  'control.lease_ended': { device: string; by: string; why: Why }
  /** Durable before a byte goes on the wire. `from` is what the gateway last knew. */
  'control.requested': {
    request: string
    device: string
    point: string
    asset: string
    by: string
    role: string
    reason: string
    from: Value | null
    to: Value
  }
  'control.settled': {
    request: string
    device: string
    point: string
    outcome: ControlOutcome
    readBack: Value | null
    why?: Why
  }
  // what keeps everybody from switching something on from afar
  'lockout.hung': { lockout: string; asset: string; by: string; reason: string }
  'lockout.removed': { lockout: string; asset: string; by: string; reason?: string }
  'permit.opened': { permit: string; asset: string; by: string; reason: string }
  'permit.closed': { permit: string; asset: string; by: string }
  'presence.entered': { room: string; by: string }
  'presence.left': { room: string; by: string }
  'message.settled': {
    notice: string
    message: string
    channel: string
    result: 'delivered' | 'failed'
    reason?: string
  }
}

export type EventType = keyof Body
export type BodyOf<T extends EventType> = Readonly<{ type: T } & Body[T]>
/** What a stage decides: an event before it has its place in the journal. */
export type Draft = { [T in EventType]: BodyOf<T> & { readonly trace: string } }[EventType]

/**
 * `seq` is the place in the journal, gapless from 1. `at` is site time in ms. `trace` joins a reading with the alarm,
 * order and notice that followed from it. `command` and `actor` name the person's command an event came of.
 */
export type Stamp = Readonly<{ seq: number; at: number; v: 1; command?: string; actor?: string }>
export type Event = Draft & Stamp
export type EventOf<T extends EventType> = Extract<Event, { type: T }>
