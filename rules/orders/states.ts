/**
 * States of a work order. `restored`: the technician says it is repaired; `feedback`: he has told what he found, used and
 * needed. The last four are ends; all but `merged` can be opened again for a while.
 */
export type OrderState =
  | 'new'
  | 'dispatched'
  | 'accepted'
  | 'en_route'
  | 'arrived'
  | 'working'
  | 'paused'
  | 'restored'
  | 'feedback'
  | 'verified'
  | 'closed'
  | 'merged'
  | 'false_alarm'
  | 'cancelled'
export type OrderTrigger =
  | 'dispatch'
  | 'accept'
  | 'depart'
  | 'arrive'
  | 'start'
  | 'pause'
  | 'resume'
  | 'finish'
  | 'report'
  | 'verify'
  | 'unverify'
  | 'reopen'
  | 'decline'
  | 'transfer'
  | 'merge'
  | 'find_false'
  | 'cancel'
  | 'close'

/** Why work rests; nothing else stops a clock. */
export const PAUSE_REASONS = ['resident_absent', 'parts', 'utility', 'weather', 'fund_approval'] as const
export type PauseReason = (typeof PAUSE_REASONS)[number]

/** How somebody knows that nothing was wrong, whatever the sensor says. */
export const FALSE_ALARM_PROOFS = ['voice', 'camera', 'opened_door', 'looked_on_site'] as const
export type FalseAlarmProof = (typeof FALSE_ALARM_PROOFS)[number]

/** How an order ended, when not by being repaired. */
export type OrderEnd = 'merged' | 'false_alarm' | 'cancelled' | 'no_objection'

/** Readings may verify what nobody reported yet: an order that closes itself is verified wherever it stands. */
const UNREPAIRED = {
  verify: 'verified',
  merge: 'merged',
  find_false: 'false_alarm',
  cancel: 'cancelled',
  close: 'closed',
} as const

export const ORDER_TRANSITIONS: Readonly<Record<OrderState, Partial<Record<OrderTrigger, OrderState>>>> = {
  new: { ...UNREPAIRED, dispatch: 'dispatched', accept: 'accepted' },
  dispatched: {
    ...UNREPAIRED,
    dispatch: 'dispatched',
    accept: 'accepted',
    decline: 'new',
    transfer: 'dispatched',
  },
  // Dispatched again when the assignee is no longer there.
  accepted: {
    ...UNREPAIRED,
    dispatch: 'dispatched',
    decline: 'new',
    transfer: 'dispatched',
    depart: 'en_route',
    arrive: 'arrived',
    pause: 'paused',
    // Only of what is answered, not mended.
    finish: 'restored',
  },
  en_route: {
    ...UNREPAIRED,
    dispatch: 'dispatched',
    decline: 'new',
    transfer: 'dispatched',
    arrive: 'arrived',
    pause: 'paused',
  },
  arrived: {
    ...UNREPAIRED,
    dispatch: 'dispatched',
    transfer: 'dispatched',
    start: 'working',
    pause: 'paused',
    finish: 'restored',
  },
  working: { ...UNREPAIRED, dispatch: 'dispatched', transfer: 'dispatched', pause: 'paused', finish: 'restored' },
  // Whoever comes back says again that he is there.
  paused: { ...UNREPAIRED, dispatch: 'dispatched', transfer: 'dispatched', resume: 'accepted' },
  restored: { report: 'feedback', verify: 'verified', reopen: 'new', find_false: 'false_alarm', close: 'closed' },
  feedback: { report: 'feedback', verify: 'verified', reopen: 'new', find_false: 'false_alarm', close: 'closed' },
  // The readings may be faster than the report.
  verified: { report: 'verified', unverify: 'restored', reopen: 'new', close: 'closed' },
  closed: { report: 'closed', reopen: 'new' },
  merged: {},
  false_alarm: { reopen: 'new' },
  cancelled: { reopen: 'new' },
}

/** Somebody stands at the equipment: nothing there may be switched from afar. Who adds a state answers this for it. */
export const IS_AT_WORK: Readonly<Record<OrderState, boolean>> = {
  new: false,
  dispatched: false,
  accepted: false,
  en_route: false,
  arrived: true,
  working: true,
  // Nobody is there; who leaves a machine open hangs a lock on it.
  paused: false,
  restored: false,
  feedback: false,
  verified: false,
  closed: false,
  merged: false,
  false_alarm: false,
  cancelled: false,
}

/** Nobody is there yet: whoever comes takes on more of the same round. Whoever rests arrives again. */
export const ON_THE_WAY: readonly OrderState[] = ['new', 'dispatched', 'accepted', 'en_route', 'paused']

export const ENDED: readonly OrderState[] = ['closed', 'merged', 'false_alarm', 'cancelled']

const TRIGGER_OF: Readonly<Record<string, OrderTrigger>> = {
  'order.dispatched': 'dispatch',
  'order.accepted': 'accept',
  'order.departed': 'depart',
  'order.arrived': 'arrive',
  'order.started': 'start',
  'order.paused': 'pause',
  'order.resumed': 'resume',
  'order.declined': 'decline',
  'order.transferred': 'transfer',
  'order.finished': 'finish',
  'order.reported': 'report',
  'order.verified': 'verify',
  'order.unverified': 'unverify',
  'order.reopened': 'reopen',
  'order.merged': 'merge',
  'order.false_alarm': 'find_false',
  'order.cancelled': 'cancel',
  'order.closed': 'close',
}

/** The state after an event of the order; the same for one that moves nothing. */
export function nextOrderState(state: OrderState, eventType: string): OrderState {
  const trigger = TRIGGER_OF[eventType]
  return trigger ? (ORDER_TRANSITIONS[state][trigger] ?? state) : state
}
