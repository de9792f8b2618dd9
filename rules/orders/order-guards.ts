import type { FaultCode, Params } from '#devices/fault.ts'
import { POLICIES } from '../clocks/policy.ts'
import type { Command } from '../command.ts'
import type { Order, OrderBook } from './order.ts'
import { CLOSING, PHOTOS, type Procedure, REOPEN_WITHIN_MS } from './procedure.ts'

/** Other stages take commands about an order, too: these are the order's own. */
export type OrderCommand = Extract<Command, { type: `order.${string}` }>
export type Refused = readonly [FaultCode, Params]

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
    case 'order.arrive': {
      const { scan, approver, reason } = command
      const assets = order.alarms.map(({ asset }) => asset)
      if (scan && !assets.includes(scan.asset)) return ['wrong_tag', { asset: scan.asset, order: order.order }]
      if (scan || procedure.arrival !== 'scan' || (approver !== undefined && reason !== undefined)) return null
      return ['scan_needed', { order: order.order, asset: assets[0] ?? '' }]
    }
    case 'order.finish': {
      const wanted = procedure.photos === 'by_class' ? PHOTOS[order.class] : []
      const missing = wanted.find((kind) => !order.photos.includes(kind))
      return missing === undefined ? null : ['photo_missing', { order: order.order, kind: missing }]
    }
    case 'order.call_back':
      return command.by === order.doer ? ['second_person', { person: command.by }] : null
    case 'order.rate':
      // Nobody has an opinion of work that is not done.
      return order.doer === null ? ['wrong_state', { state: order.state, command: 'rate' }] : lateRefusal(order, at)
    default:
      return null
  }
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
  if (procedure.closing !== 'by_class' || order.isCalledBack) return null
  if (CLOSING[order.class] === 'no_objection') return ['waits_for_objection', { order: order.order }]
  return ['call_back_owed', { order: order.order, doer: order.doer ?? by }]
}

export function reopenRefusal(order: Order, at: number): Refused | null {
  return order.endedAt === null ? null : lateRefusal(order, at)
}

function lateRefusal({ order, endedAt }: Order, at: number): Refused | null {
  return endedAt !== null && at > endedAt + REOPEN_WITHIN_MS ? ['too_late', { order, days: 7 }] : null
}
