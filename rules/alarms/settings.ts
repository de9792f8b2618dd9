import type { Priority } from '#devices/alarm-definition.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Figures of the alarm life-cycle. A site may say others; these are those of the standards, or ours with a reason. */
export type AlarmSettings = Readonly<{
  /** Nobody shelves for longer at once. */
  shelfMostMs: number
  /** … a safety alarm not for longer than this, and not alone. */
  safetyShelfMostMs: number
  /** A returned alarm nobody acknowledged is acknowledged by itself after this time; a safety alarm never is. */
  autoAcknowledgeMs: number
  /** An acknowledged alarm that nobody deals with is announced again after this time. */
  reAlarmMs: Readonly<Record<Priority, number>>
  /** A chattering alarm comes off its shelf when its condition has rested for so long. */
  restMs: number
  /** Work that passed its end keeps its suppression for so long, until somebody says a new one. */
  overrunMs: number
  /** Operators who hear of alarms; the flood limit grows with them. */
  operators: number
  /** EEMUA 191: more announcements than this to one operator in ten minutes are a flood; it ends below half of it. */
  floodLimit: number
  /** So many devices lost within the time are one loss with one root. */
  lossDevices: number
  lossWithinMs: number
  /** When the root of a loss comes back, the others get so long to come back as well. */
  lossGraceMs: number
}>

export const ALARM_SETTINGS: AlarmSettings = {
  shelfMostMs: 8 * HOUR_MS,
  safetyShelfMostMs: 30 * MINUTE_MS,
  autoAcknowledgeMs: 24 * HOUR_MS,
  reAlarmMs: { critical: 30 * MINUTE_MS, high: HOUR_MS, medium: 4 * HOUR_MS, low: 24 * HOUR_MS },
  restMs: 10 * MINUTE_MS,
  overrunMs: 10 * MINUTE_MS,
  operators: 1,
  floodLimit: 10,
  lossDevices: 4,
  lossWithinMs: MINUTE_MS,
  lossGraceMs: 5 * MINUTE_MS,
}

/** The stretch in which announcements are counted (EEMUA 191). */
export const FLOOD_WITHIN_MS = 10 * MINUTE_MS
