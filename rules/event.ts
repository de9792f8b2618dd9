import type { Table } from '#devices/point.ts'
import type { AlarmEvents } from './alarms/events.ts'
import type { CaseEvents } from './cases/events.ts'
import type { ControlEvents } from './control/events.ts'
import type { HandoverEvents } from './handover/events.ts'
import type { NoticeEvents } from './notices/events.ts'
import type { MonthEvents } from './months/events.ts'
import type { OpcUaEvents } from './opcua/events.ts'
import type { OrderEvents } from './orders/events.ts'
import type { TaskEvents } from './tasks/events.ts'
import type { PagingEvents } from './paging/events.ts'
import type { ReachEvents } from './reach/events.ts'
import type { RosterEvents } from './roster/events.ts'
import type { Evidence, Found, Truth, Why } from './reason.ts'

export type { ControlOutcome } from './control/events.ts'
export type { Silence } from './alarms/events.ts'
export type { Evidence, Found, Truth, Why } from './reason.ts'

/** What has a folder of its own says its events there. */
type Body = AlarmEvents &
  OrderEvents &
  RosterEvents &
  NoticeEvents &
  ControlEvents &
  PagingEvents &
  TaskEvents &
  ReachEvents &
  CaseEvents &
  HandoverEvents &
  MonthEvents &
  OpcUaEvents &
  CoreEvents

type CoreEvents = {
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
  /** Names, phones, photos and free text stand in a file of their own: of them only whose and what kind is told here. */
  'private.changed': { kind: string; subjects: readonly string[]; by: string }
  /** Somebody took out all that is kept of a contact, or a link that opens the page of a home. */
  'private.exported': { subject: string; by: string }
  'access.home_link_made': { home: string; by: string; isFresh: boolean }
  /** Everything private of this subject is gone for good. */
  'private.erased': { subject: string; by: string }
  /** Somebody read registers of a unit by hand, past all schedules. */
  'bus.tested': { account: string; bus: string; unitId: number; table: Table; address: number; count: number }
  /** Somebody had a channel send a message to see whether it works; to whom is not kept. */
  'channel.tested': { account: string; channel: string; outcome: string; reason: string | null }
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
}

export type EventType = keyof Body
export type BodyOf<T extends EventType> = Readonly<{ type: T } & Body[T]>
/** What a stage decides: an event before it has its place in the journal. */
export type Draft = { [T in EventType]: BodyOf<T> & { readonly trace: string } }[EventType]

/**
 * `seq` is the place in the journal, gapless from 1. `at` is site time in ms. `trace` joins a reading with the alarm,
 * order and notice that followed from it. `command` and `actor` name the person's command an event came of.
 */
export type Stamp = Readonly<{
  seq: number
  at: number
  v: 1
  command?: string
  actor?: string
  /** When it was done by the clock of the phone that sent it later. */
  deviceAt?: number
}>
export type Event = Draft & Stamp
export type EventOf<T extends EventType> = Extract<Event, { type: T }>
