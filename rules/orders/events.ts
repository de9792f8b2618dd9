import type { OrderClass } from '#devices/alarm-definition.ts'
import type { Level } from '../clocks/order-clocks.ts'
import type { Goal, Planned } from '../clocks/policy.ts'
import type { Why } from '../reason.ts'
import type { Report, Scan } from './commands.ts'
import type { OrderSource, Reported } from './intake.ts'
import type { PhotoKind } from './procedure.ts'
import type { FalseAlarmProof, OrderEnd, PauseReason } from './states.ts'

/** What an order was when it ended, for those who have forgotten it since. */
export type EndedOrder = Planned &
  Readonly<{
    incident: string
    skill: string
    region: string
    class: OrderClass
    assets: readonly string[]
  }>

/** What becomes of work orders, and of their clocks. */
export type OrderEvents = {
  // work orders
  'order.opened': {
    order: string
    incident: string
    /** Empty, as the rule, where people opened it. */
    alarm: string
    rule: string
    /** What it is about; where that is no asset, the home or the place. */
    asset: string
    class: OrderClass
    skill: string
    region: string
    closesItself: boolean
    /** The sensor or its limits want mending: residents have nothing to learn of it. */
    badActor?: true
    // Where people opened it:
    source?: OrderSource
    by?: string
    /** Who was asked first, and follows it to its end. */
    owner?: string
    place?: string
    /** Of whom somebody complains. */
    against?: string
    /** What the order that was over left behind: alarms that are latched until somebody has looked; the rule of the first. */
    follows?: Readonly<{ order: string; alarms: readonly string[]; rule: string }>
  } & Reported &
    Planned
  'order.appointed': { order: string; by: string; for: number }
  /** Alarm and rule are empty where an order that people opened was merged into it; `reported`: what its reporter said goes on here. */
  'order.joined': {
    order: string
    alarm: string
    rule: string
    asset: string
    class: OrderClass
    closesItself: boolean
    reported?: Reported
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
  /** Who was asked first is here no more: somebody else follows it to its end. */
  'order.owner_changed': { order: string; owner: string; by: string }
  'order.accepted': { order: string; by: string; alarms: readonly string[] }
  'order.departed': { order: string; by: string }
  /** Which tag was read there, or who answers for it that none was, and why. */
  'order.arrived': { order: string; by: string; scan?: Scan; approver?: string; reason?: string }
  /** One step of what the alarm's response asks for. */
  'order.ticked': { order: string; by: string; rule: string; item: number; done: boolean }
  'order.photo_added': { order: string; by: string; photo: string; kind: PhotoKind }
  'order.finished': { order: string; by: string } & Report
  'order.reported': { order: string; by: string } & Report
  'order.verified': { order: string }
  /** By an alarm that came again, or by somebody for whom it is not solved. `was`: it had ended. */
  'order.reopened': { order: string; rule: string; by?: string; reason?: string; was?: EndedOrder }
  'order.unverified': { order: string; rule: string }
  'order.started': { order: string; by: string }
  /** `until` is when somebody looks again; the pause ends then by itself. */
  'order.paused': { order: string; by: string; reason: PauseReason; until: number }
  'order.resumed': { order: string; by: string }
  'order.declined': { order: string; by: string; reason: string }
  'order.transferred': { order: string; by: string; to: string; reason: string }
  /** A word to those concerned: how it goes, and by when it will be over. */
  'order.updated': { order: string; by: string; text: string; eta?: number }
  // Each of these three is followed by `order.closed` with the same end.
  'order.merged': { order: string; by: string; into: string }
  /** Said by one; it ends nothing until a second person, at an account of his own, agrees. */
  'order.false_alarm_found': { order: string; by: string; proof: FalseAlarmProof; reason: string }
  'order.false_alarm': { order: string; by: string; approver: string; proof: FalseAlarmProof; reason: string }
  'order.cancelled': { order: string; by: string; reason: string }
  'order.closed': { order: string; by: string; how?: OrderEnd }
  // These move nothing: they are known of an order, also after its end.
  'order.called_back': { order: string; by: string; reached: boolean; solved?: boolean }
  'order.rated': { order: string; by: string; stars: number }
  // supervision of work orders; `dueAt` is when the clock, or the level, was due
  /** `eta`: the end that those concerned were promised comes near. */
  'order.warned': { order: string; clock: Goal | 'eta'; percent: number; dueAt: number; to: string }
  'order.escalated': {
    order: string
    level: Level
    clock: Goal
    dueAt: number
    to: readonly string[]
    late?: { byMs: number; isGatewayDown: boolean }
  }
  'order.silent': { order: string; dueAt: number; to: string }
}
