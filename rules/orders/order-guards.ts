import type { OrderClass } from '#devices/alarm-definition.ts'
import type { FaultCode, Params } from '#devices/fault.ts'
import { POLICIES } from '../clocks/policy.ts'
import type { Command } from '../command.ts'
import { assetsOf, type Order, type OrderBook } from './order.ts'
import { CLOSING, isClosedByClass, PHOTOS, type Procedure, REOPEN_WITHIN_MS } from './procedure.ts'

/** Other stages take commands about an order, too: these are the order's own. */
export type OrderCommand = Exclude<Extract<Command, { type: `order.${string}` }>, { type: 'order.open' }>
export type Refused = readonly [FaultCode, Params]

/** To somebody's home one comes when they are there. */
const IS_APPOINTED: ReadonlySet<OrderClass> = new Set(['P4a', 'P4b'])
/** A pause is for days, not for ever: then somebody looks again. */
const LONGEST_PAUSE_MS = 30 * 24 * 3_600_000

/** What else a step asks for: a scan, photos, somebody who was not there himself. */
export function whatRefusal(
  command: OrderCommand,
  order: Order,
  procedure: Procedure,
  book: OrderBook,
  at: number,
): Refused | null {
  switch (command.type) {
    case 'order.pause':
      if (POLICIES[order.class]?.mayPause === false) return ['never_pauses', { class: order.class }]
      if (command.until <= at || command.until > at + LONGEST_PAUSE_MS) return ['pause_too_long', { days: 30 }]
      return null
    case 'order.appoint':
      if (!IS_APPOINTED.has(order.class)) return ['wrong_state', { state: order.state, command: 'appoint' }]
      if (order.doer !== null) return ['wrong_state', { state: order.state, command: 'appoint' }]
      return command.for <= book.wallAt(at) || command.for > book.wallAt(at) + LONGEST_PAUSE_MS
        ? ['invalid_request', { detail: 'for' }]
        : null
    case 'order.arrive': {
      const { scan, approver, reason } = command
      const assets = assetsOf(order)
      if (scan && !assets.includes(scan.asset)) return ['wrong_tag', { asset: scan.asset, order: order.order }]
      // A tag hangs on equipment, not on somebody's door.
      const isTagged = order.alarms.length > 0 || order.isOfAsset
      if (scan || !isTagged || procedure.arrival !== 'scan' || (approver !== undefined && reason !== undefined))
        return null
      return ['scan_needed', { order: order.order, asset: assets[0] ?? '' }]
    }
    case 'order.finish': {
      const wanted = procedure.photos === 'by_class' ? PHOTOS[order.class] : []
      const missing = wanted.find((kind) => !order.photos.includes(kind))
      return missing === undefined ? null : ['photo_missing', { order: order.order, kind: missing }]
    }
    case 'order.call_back':
      // Nobody is asked whether it is solved before somebody says that it is.
      if (order.doer === null) return ['wrong_state', { state: order.state, command: 'call_back' }]
      return isConcerned(order, command.by) ? ['second_person', { person: command.by }] : null
    case 'order.rate':
      // Nobody has an opinion of work that is not done.
      return order.doer === null ? ['wrong_state', { state: order.state, command: 'rate' }] : lateRefusal(order, at)
    default:
      return null
  }
}

/** Who did the work says nothing of it; of a complaint neither whoever has it, nor whom it is about. */
function isConcerned({ class: ofClass, doer, assignee, against }: Order, person: string): boolean {
  return person === doer || (ofClass === 'P5' && (person === assignee || person === against))
}

/** No order closes while its source is true, or while nobody can tell: until a person who looked does. */
export function closeRefusal(
  order: Order,
  by: string,
  procedure: Procedure,
  book: OrderBook,
  at: number,
): Refused | null {
  const source = book.sourceOf(order)
  if (source === 'true') return ['source_still_active', { order: order.order }]
  if (source === 'unknown' && !book.isForPersonToTell(order, at)) return ['source_unknown', { order: order.order }]
  const isRepaired = order.state === 'restored' || order.state === 'feedback'
  const isDone = order.state === 'verified' || (source === 'unknown' && isRepaired)
  if (!isDone) return ['wrong_state', { state: order.state, command: 'close' }]
  if (order.class === 'P5' && isConcerned(order, by)) return ['second_person', { person: by }]
  if (!isClosedByClass(order, procedure) || order.isCalledBack) return null
  if (CLOSING[order.class] === 'no_objection') return ['waits_for_objection', { order: order.order }]
  return ['call_back_owed', { order: order.order, doer: order.doer ?? by }]
}

export function reopenRefusal(order: Order, at: number): Refused | null {
  return order.endedAt === null ? null : lateRefusal(order, at)
}

function lateRefusal({ order, endedAt }: Order, at: number): Refused | null {
  return endedAt !== null && at > endedAt + REOPEN_WITHIN_MS ? ['too_late', { order, days: 7 }] : null
}
