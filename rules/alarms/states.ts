/** States of an alarm (ISA-18.2 / IEC 62682) as its process and its acknowledgement tell. Normal is the absence of a row. */
export type AlarmState = 'unacknowledged' | 'acknowledged' | 'returned' | 'latched' | 'latched_acknowledged' | 'normal'
/** What lies over that state while nobody shall be told: evaluation goes on beneath. */
export type SilentState = 'shelved' | 'suppressed' | 'out_of_service'
export type AlarmTrigger = 'occur' | 'rise' | 'clear' | 'acknowledge' | 'reset' | 'announce'

/** From → trigger → to. A missing entry means that the trigger says nothing in that state. */
export const ALARM_TRANSITIONS: Readonly<
  Record<Exclude<AlarmState, 'normal'>, Partial<Record<AlarmTrigger, AlarmState>>>
> = {
  unacknowledged: {
    acknowledge: 'acknowledged',
    clear: 'returned',
    rise: 'unacknowledged',
    announce: 'unacknowledged',
  },
  acknowledged: { clear: 'normal', rise: 'unacknowledged', announce: 'unacknowledged' },
  returned: { acknowledge: 'normal', occur: 'unacknowledged' },
  latched: { acknowledge: 'latched_acknowledged', occur: 'unacknowledged', announce: 'latched' },
  latched_acknowledged: { reset: 'normal', occur: 'unacknowledged', announce: 'latched' },
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

/** Why nobody is told of an alarm that stands. `flood`: it is counted in one message with the others. */
export const SILENCES = {
  out_of_service: { state: 'out_of_service', work: false },
  maintenance: { state: 'suppressed', work: false },
  inspection: { state: 'suppressed', work: false },
  cause: { state: 'suppressed', work: true },
  shelf: { state: 'shelved', work: false },
  flood: { state: null, work: true },
} as const satisfies Record<string, { state: SilentState | null; work: boolean }>
export type SilentBy = keyof typeof SILENCES

type Row = Readonly<{ process: string; announced: string; acknowledged: string; enter: string; leave: string }>

/** The whole life-cycle, as the pages for people print it. */
export const ALARM_TABLE: Readonly<Record<AlarmState | SilentState, Row>> = {
  normal: {
    process: 'ok',
    announced: 'no',
    acknowledged: '–',
    enter: 'start; ack after return; clear after ack; reset of a latch; clear of what nobody was told',
    leave: 'condition holds for the on-delay → unacknowledged',
  },
  unacknowledged: {
    process: 'alarm',
    announced: 'yes',
    acknowledged: 'no',
    enter: 'from normal; occurs again; severity rises; announced again',
    leave: 'ack → acknowledged; clear for the off-delay → returned, or latched',
  },
  acknowledged: {
    process: 'alarm',
    announced: 'silent',
    acknowledged: 'yes',
    enter: 'ack, or its order is accepted',
    leave: 'clear → normal, or latched; severity rises, or nobody deals with it → unacknowledged',
  },
  returned: {
    process: 'ok',
    announced: 'low',
    acknowledged: 'no',
    enter: 'clear without ack',
    leave: 'ack → normal; occurs again → unacknowledged; by itself after 24 h, never a safety alarm',
  },
  latched: {
    process: 'ok',
    announced: 'yes',
    acknowledged: 'no',
    enter: 'clear of a latching alarm without ack',
    leave: 'ack → latched, acknowledged; occurs again → unacknowledged',
  },
  latched_acknowledged: {
    process: 'ok',
    announced: 'silent',
    acknowledged: 'yes',
    enter: 'ack of a latched alarm; clear of a latching one after ack',
    leave: 'reset after a look on site → normal; occurs again → unacknowledged',
  },
  shelved: {
    process: 'any',
    announced: 'no',
    acknowledged: '–',
    enter: 'a person, with reason and end (at most 8 h), or until it clears; the gateway, when it chatters',
    leave: 'the end; unshelve; one-shot: clear; chattering: 10 min of rest',
  },
  suppressed: {
    process: 'any',
    announced: 'no',
    acknowledged: '–',
    enter: 'maintenance window that names it; alarm of its cause; inspection mode',
    leave: 'the window ended; the cause is gone; back to normal mode',
  },
  out_of_service: {
    process: 'any',
    announced: 'no',
    acknowledged: '–',
    enter: 'a person with permission, with an order number',
    leave: 'return to service',
  },
}
