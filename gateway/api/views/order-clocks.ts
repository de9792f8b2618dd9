import { OrderClocks } from '#rules/clocks/order-clocks.ts'
import { circumstanceOf } from '#rules/clocks/policy.ts'
import type { Plan } from '#rules/plan.ts'
import type { OrderDocument } from '../../store/documents.ts'

/**
 * The clocks of an order as people read them. Calendars follow the wall; what is shown is site time again. A closed
 * order has none: its times say how it went.
 */
export function clocksView(
  site: Readonly<{ plan: Pick<Plan, 'timeZone' | 'assets'> }>,
  clock: Readonly<{ now(): number; wallOffsetMs(): number }>,
  time: (at: number | null) => string | null,
): (order: OrderDocument) => object[] {
  const clocks = new OrderClocks(site.plan.timeZone)
  return (order) => {
    if (order.closedAt !== null) return []
    const offset = clock.wallOffsetMs()
    const onWall = (at: number) => at + offset
    const orNot = (at: number | null) => (at === null ? null : onWall(at))
    const facts = {
      class: order.class,
      circumstance: circumstanceOf(site.plan.assets.get(order.asset)),
      startedAt: onWall(order.reopenedAt ?? order.openedAt),
      acceptedAt: orNot(order.acceptedAt),
      arrivedAt: orNot(order.arrivedAt),
      restoredAt: orNot(order.finishedAt),
      toldAt: orNot(order.updates?.at(-1)?.at ?? null),
      etaAt: orNot(etaOf(order)),
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

/** The end that those concerned were told last; one that had passed when something was said after it binds nobody. */
function etaOf({ updates = [] }: OrderDocument): number | null {
  return updates.reduce<number | null>((eta, said) => said.eta ?? (eta !== null && eta > said.at ? eta : null), null)
}
