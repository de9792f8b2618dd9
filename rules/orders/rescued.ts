import type { Draft, EventOf } from '../event.ts'
import type { OrderBook } from './order.ts'
import { ORDER_TRANSITIONS } from './states.ts'

type Rescue = EventOf<'task.accepted' | 'task.arrived' | 'task.out'>

/** What the rescue does, the order does: its clocks ask for the one who may open the door, and stop with him. */
export function onRescue(event: Rescue, book: OrderBook): readonly Draft[] {
  const order = event.task.endsWith('-rescue') ? book.get(event.order) : undefined
  if (!order) return []
  const { order: id, trace, state, alarms } = order
  const { by } = event
  const may = ORDER_TRANSITIONS[state]
  if (event.type === 'task.accepted' || event.type === 'task.arrived') {
    const accepted: Draft[] = may.accept
      ? [{ type: 'order.accepted', order: id, by, alarms: alarms.map(({ alarm }) => alarm), trace }]
      : []
    if (event.type === 'task.accepted') return accepted
    const isComing = accepted.length > 0 || may.arrive
    return isComing ? [...accepted, { type: 'order.arrived', order: id, by, trace }] : []
  }
  return may.finish && state !== 'accepted' ? [{ type: 'order.finished', order: id, by, trace }] : []
}
