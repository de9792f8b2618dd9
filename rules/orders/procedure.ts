import type { OrderClass } from '#devices/alarm-definition.ts'

/** How strictly a site handles its orders; what it does not say is not asked for. */
export type Procedure = Readonly<{
  /** `scan`: whoever arrives reads the tag of the asset, or a supervisor answers for it. */
  arrival?: 'scan' | 'word'
  photos?: 'by_class' | 'none'
  /** `by_class`: after a call-back by somebody else, or when nobody objected for three days. */
  closing?: 'by_class' | 'free'
  /** `by_profile`: the readings must be normal for as long as the profile says, and show what it asks for. */
  verify?: 'by_profile' | 'at_once'
}>

export const PHOTO_KINDS = ['before', 'after', 'other'] as const
export type PhotoKind = (typeof PHOTO_KINDS)[number]

/** Which photos an order must have before it can be finished. Who frees a person takes none. */
export const PHOTOS: Readonly<Record<OrderClass, readonly PhotoKind[]>> = {
  P0: [],
  P1: ['after'],
  P2: ['before', 'after'],
  P3: ['before', 'after'],
  P4a: ['before', 'after'],
  P4b: ['before', 'after'],
  P5: [],
  P5q: [],
  P6: ['before', 'after'],
  P7: ['after'],
  P8a: [],
  P8b: [],
}

/** What stands between verified and closed, for orders that do not close themselves. */
export const CLOSING: Readonly<Record<OrderClass, 'call_back' | 'no_objection'>> = {
  P0: 'call_back',
  P1: 'call_back',
  P2: 'call_back',
  P3: 'no_objection',
  P4a: 'call_back',
  P4b: 'no_objection',
  P5: 'call_back',
  P5q: 'no_objection',
  P6: 'no_objection',
  P7: 'no_objection',
  P8a: 'no_objection',
  P8b: 'no_objection',
}

/** What somebody complained of is never closed at the word of those who handled it, whatever a site says of the others. */
export function isClosedByClass({ class: ofClass }: Readonly<{ class: OrderClass }>, { closing }: Procedure): boolean {
  return closing === 'by_class' || ofClass === 'P5'
}

const HOUR = 3_600_000
export const CALL_BACK_WITHIN_MS = 24 * HOUR
export const OBJECTION_WITHIN_MS = 72 * HOUR
/** For so long after its end an order can be rated, and opened again because it is not solved. */
export const REOPEN_WITHIN_MS = 7 * 24 * HOUR
