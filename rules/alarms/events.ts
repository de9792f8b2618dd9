import type { OrderClass, Priority } from '#devices/alarm-definition.ts'
import type { Evidence, Found, Why } from '../reason.ts'
import type { SilentBy } from './states.ts'

/** Why nobody was told of an alarm that stands. `root` is the alarm that is announced in its stead. */
export type Silence = Readonly<{ by: SilentBy; why: Why; root?: string; incident?: string }>

/** What becomes of alarms, and what keeps them silent. */
export type AlarmEvents = {
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
}
