import type { LeaveReason } from './events.ts'

/** What people change about who is there. Times are ms on the wall, days YYYY-MM-DD. */
export type RosterCommands = {
  'roster.grant_leave': { person: string; from: number; to: number; reason: LeaveReason; by: string }
  'roster.end_leave': { leave: string; by: string }
  /** More duty than the plan has; with `instead` in that person's place: two of them are a swap. */
  'roster.add_duty': { person: string; from: number; to: number; instead?: string; by: string }
  'roster.end_duty': { duty: string; by: string }
  'roster.record_certificate': { person: string; certificate: string; until: string; by: string }
  'roster.withdraw_certificate': { person: string; certificate: string; by: string }
  /** Works here no more. All open work is handed over, to `handTo` where that fits, else as the rules find. */
  'roster.leave_for_good': { person: string; handTo?: string; by: string }
  'roster.return': { person: string; by: string }
}
