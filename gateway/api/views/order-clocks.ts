import { OrderClocks } from '#rules/clocks/order-clocks.ts'
import type { OrderDocument } from '../../store/documents.ts'

/**
 * The clocks of an order as people read them. Calendars follow the wall; what is shown is site time again. A closed
 * order has none: its times say how it went.
 */
export function clocksView(
  timeZone: string,
  clock: Readonly<{ now(): number; wallOffsetMs(): number }>,
  time: (at: number | null) => string | null,
): (order: OrderDocument) => object[] {
  const clocks = new OrderClocks(timeZone)
  return (order) => {
    if (order.state === 'closed') return []
    const offset = clock.wallOffsetMs()
    const onWall = (at: number) => at + offset
    const orNot = (at: number | null) => (at === null ? null : onWall(at))
    const facts = {
      class: order.class,
      startedAt: onWall(order.reopenedAt ?? order.openedAt),
      acceptedAt: orNot(order.acceptedAt),
      arrivedAt: orNot(order.arrivedAt),
      restoredAt: orNot(order.finishedAt),
      toldAt: orNot(order.updates?.at(-1)?.at ?? null),
      pauses: (order.pauses ?? []).map(({ from, to }) => ({ from: onWall(from), to: orNot(to) })),
    }
    const onSite = (at: number | null) => time(at === null ? null : at - offset)
    return clocks.read(facts, onWall(clock.now())).map(({ clock: name, dueAt, metAt, state }) => ({
      clock: name,
      dueAt: onSite(dueAt),
      metAt: onSite(metAt),
      state,
    }))
  }
}
