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
