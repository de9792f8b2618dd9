/** States of an alarm (ISA-18.2 / IEC 62682). Normal is the absence of a row. */
export type AlarmState = 'unacknowledged' | 'acknowledged' | 'returned' | 'latched' | 'latched_acknowledged' | 'normal'
export type AlarmTrigger = 'occur' | 'clear' | 'acknowledge' | 'reset'

/** From → trigger → to. A missing entry means that the trigger says nothing in that state. */
export const ALARM_TRANSITIONS: Readonly<
  Record<Exclude<AlarmState, 'normal'>, Partial<Record<AlarmTrigger, AlarmState>>>
> = {
  unacknowledged: { acknowledge: 'acknowledged', clear: 'returned' },
  acknowledged: { clear: 'normal' },
  returned: { acknowledge: 'normal', occur: 'unacknowledged' },
  latched: { acknowledge: 'latched_acknowledged', occur: 'unacknowledged' },
  latched_acknowledged: { reset: 'normal', occur: 'unacknowledged' },
}

/** A latching alarm that clears stays, until somebody resets it after a check on site. */
const LATCHING: Partial<Record<AlarmState, AlarmState>> = {
  unacknowledged: 'latched',
  acknowledged: 'latched_acknowledged',
}

export function nextAlarmState(from: AlarmState, trigger: AlarmTrigger, latch: boolean): AlarmState | null {
  if (from === 'normal') return null
  if (trigger === 'clear' && latch) return LATCHING[from] ?? null
  return ALARM_TRANSITIONS[from][trigger] ?? null
}
