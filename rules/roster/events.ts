/** Why somebody is away. No more than this is kept: reasons in words are nobody's business. */
export const LEAVE_REASONS = ['leave', 'sick', 'training', 'other'] as const
export type LeaveReason = (typeof LEAVE_REASONS)[number]

/** Nobody of the staff for this; ms on the wall. `contractor`: it is a contractor's alone. */
export type Gap = Readonly<{
  region: string
  skill: string
  certificate?: string
  from: number
  to: number
  contractor?: true
}>

/** What becomes of the roster. People by id; `from` and `to` are ms on the wall, days YYYY-MM-DD. */
export type RosterEvents = {
  'roster.leave_granted': { leave: string; person: string; from: number; to: number; reason: LeaveReason; by: string }
  /** Its time has come. */
  'roster.leave_began': { leave: string; person: string }
  /** Back earlier, or taken back; from here on it counts no more. */
  'roster.leave_ended': { leave: string; person: string; by: string }
  /** Beside the plan; `instead`: whose place is taken, who is off meanwhile. */
  'roster.duty_added': { duty: string; person: string; from: number; to: number; instead?: string; by: string }
  'roster.duty_ended': { duty: string; person: string; by: string }
  'roster.certificate_recorded': { person: string; certificate: string; until: string; by: string }
  'roster.certificate_withdrawn': { person: string; certificate: string; by: string }
  /** In so many days it is good no more; 0: from tomorrow on. */
  'roster.certificate_expiring': { person: string; certificate: string; until: string; days: number; to: string }
  /** Works here no more; open work goes to `to`, or to whom the rules find. */
  'roster.left': { person: string; handTo?: string; by: string }
  'roster.returned': { person: string; by: string }
  /** An order came and nobody was there for it. */
  'roster.gap_found': { order: string; region: string; skill: string; certificate?: string; to: string }
  /** Each day at half past five in the afternoon: where nobody will be tomorrow. */
  'roster.checked': { day: string; gaps: readonly Gap[]; to: string }
}
