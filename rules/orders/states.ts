/** States of a work order that this build walks through. `restored`: the technician says it is repaired. */
export type OrderState =
  | 'new'
  | 'dispatched'
  | 'accepted'
  | 'arrived'
  | 'working'
  | 'paused'
  | 'restored'
  | 'verified'
  | 'closed'
export type OrderTrigger =
  | 'dispatch'
  | 'accept'
  | 'arrive'
  | 'start'
  | 'pause'
  | 'resume'
  | 'finish'
  | 'verify'
  | 'unverify'
  | 'reopen'
  | 'decline'
  | 'transfer'
  | 'close'

/** Why work rests; nothing else stops a clock. */
export const PAUSE_REASONS = ['resident_absent', 'parts', 'utility', 'weather', 'fund_approval'] as const
export type PauseReason = (typeof PAUSE_REASONS)[number]

export const ORDER_TRANSITIONS: Readonly<Record<OrderState, Partial<Record<OrderTrigger, OrderState>>>> = {
  new: { dispatch: 'dispatched', accept: 'accepted', close: 'closed' },
  dispatched: { dispatch: 'dispatched', accept: 'accepted', decline: 'new', transfer: 'dispatched', close: 'closed' },
  // Dispatched again when the assignee is no longer there.
  accepted: {
    dispatch: 'dispatched',
    decline: 'new',
    transfer: 'dispatched',
    arrive: 'arrived',
    pause: 'paused',
    close: 'closed',
  },
  arrived: {
    dispatch: 'dispatched',
    transfer: 'dispatched',
    start: 'working',
    pause: 'paused',
    finish: 'restored',
    close: 'closed',
  },
  working: { dispatch: 'dispatched', transfer: 'dispatched', pause: 'paused', finish: 'restored', close: 'closed' },
  // Whoever comes back says again that he is there.
  paused: { dispatch: 'dispatched', transfer: 'dispatched', resume: 'accepted', close: 'closed' },
  restored: { verify: 'verified', reopen: 'new', close: 'closed' },
  verified: { unverify: 'restored', reopen: 'new', close: 'closed' },
  closed: {},
}

/** Somebody stands at the equipment: nothing there may be switched from afar. Who adds a state answers this for it. */
export const IS_AT_WORK: Readonly<Record<OrderState, boolean>> = {
  new: false,
  dispatched: false,
  accepted: false,
  arrived: true,
  working: true,
  // Nobody is there; who leaves a machine open hangs a lock on it.
  paused: false,
  restored: false,
  verified: false,
  closed: false,
}

const TRIGGER_OF: Readonly<Record<string, OrderTrigger>> = {
  'order.dispatched': 'dispatch',
  'order.accepted': 'accept',
  'order.arrived': 'arrive',
  'order.started': 'start',
  'order.paused': 'pause',
  'order.resumed': 'resume',
  'order.declined': 'decline',
  'order.transferred': 'transfer',
  'order.finished': 'finish',
  'order.verified': 'verify',
  'order.unverified': 'unverify',
  'order.reopened': 'reopen',
  'order.closed': 'close',
}

/** The state after an event of the order; the same for one that moves nothing. */
export function nextOrderState(state: OrderState, eventType: string): OrderState {
  const trigger = TRIGGER_OF[eventType]
  return trigger ? (ORDER_TRANSITIONS[state][trigger] ?? state) : state
}
