/** States of a work order that this build walks through. `restored`: the technician says it is repaired. */
export type OrderState = 'new' | 'dispatched' | 'accepted' | 'arrived' | 'restored' | 'verified' | 'closed'
export type OrderTrigger = 'dispatch' | 'accept' | 'arrive' | 'finish' | 'verify' | 'unverify' | 'close'

export const ORDER_TRANSITIONS: Readonly<Record<OrderState, Partial<Record<OrderTrigger, OrderState>>>> = {
  new: { dispatch: 'dispatched', accept: 'accepted', close: 'closed' },
  dispatched: { dispatch: 'dispatched', accept: 'accepted', close: 'closed' },
  accepted: { arrive: 'arrived', close: 'closed' },
  arrived: { finish: 'restored', close: 'closed' },
  restored: { verify: 'verified', close: 'closed' },
  verified: { unverify: 'restored', close: 'closed' },
  closed: {},
}
