import { hoursOfClasses } from '../clocks/class-hours.ts'
import type { Plan } from '../plan.ts'
import type { Order, OrderBook } from './order.ts'

type Asked = Pick<Order, 'class' | 'asset'>

/** Outside the hours of its class an order waits for the shift in which they open: nobody is asked to accept it before. */
export type OpenHours = Readonly<{
  /** The wall's time at which somebody can begin. */
  opensAt(order: Asked, at: number): number
  /** Site time by which its assignee should have accepted it. */
  acceptBy(order: Order): number
}>

export function openHoursOf(plan: Pick<Plan, 'timeZone' | 'assets' | 'settings'>, book: OrderBook): OpenHours {
  const hoursOf = hoursOfClasses(plan)
  /** Asked after each input, and calendars are slow: counted out once. */
  const counted = new WeakMap<Order, Readonly<{ dispatchedAt: number; wall: number; ofClass: string; by: number }>>()
  const of = ({ class: ofClass, asset }: Asked) => hoursOf(ofClass, asset)
  return {
    opensAt: (order, at) => of(order).nextOpening(book.wallAt(at)),
    acceptBy(order) {
      const { dispatchedAt, class: ofClass } = order
      if (dispatchedAt === null) return Infinity
      const wall = book.wallAt(dispatchedAt)
      const known = counted.get(order)
      if (known?.dispatchedAt === dispatchedAt && known.wall === wall && known.ofClass === ofClass) return known.by
      const by = dispatchedAt + (of(order).nextOpening(wall) - wall) + plan.settings.acceptWithinMs
      counted.set(order, { dispatchedAt, wall, ofClass, by })
      return by
    },
  }
}
