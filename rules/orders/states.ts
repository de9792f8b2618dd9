/** States of a work order that this build walks through. `restored`: the technician says it is repaired. */
export type OrderState = 'new' | 'dispatched' | 'accepted' | 'arrived' | 'restored' | 'verified' | 'closed'
export type OrderTrigger = 'dispatch' | 'accept' | 'arrive' | 'finish' | 'verify' | 'unverify' | 'reopen' | 'close'

export const ORDER_TRANSITIONS: Readonly<Record<OrderState, Partial<Record<OrderTrigger, OrderState>>>> = {
  new: { dispatch: 'dispatched', accept: 'accepted', close: 'closed' },
  dispatched: { dispatch: 'dispatched', accept: 'accepted', close: 'closed' },
  // Dispatched again when the assignee is no longer there.
  accepted: { dispatch: 'dispatched', arrive: 'arrived', close: 'closed' },
  arrived: { dispatch: 'dispatched', finish: 'restored', close: 'closed' },
  restored: { verify: 'verified', reopen: 'new', close: 'closed' },
  verified: { unverify: 'restored', reopen: 'new', close: 'closed' },
  closed: {},
}
