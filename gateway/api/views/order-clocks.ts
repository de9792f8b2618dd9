import { OrderClocks } from '#rules/clocks/order-clocks.ts'
import { circumstanceOf } from '#rules/clocks/policy.ts'
import type { Plan } from '#rules/plan.ts'
import type { OrderDocument, TaskDocument } from '../../store/documents.ts'

/**
 * The clocks of an order as people read them. Calendars follow the wall; what is shown is site time again. A closed
 * order has none: its times say how it went.
 */
export function clocksView(
  site: Readonly<{ plan: Pick<Plan, 'timeZone' | 'assets' | 'rescue'> }>,
  clock: Readonly<{ now(): number; wallOffsetMs(): number }>,
  time: (at: number | null) => string | null,
): (order: OrderDocument) => object[] {
  const clocks = new OrderClocks(site.plan.timeZone, site.plan.rescue)
  return (order) => {
    if (order.closedAt !== null) return []
    const offset = clock.wallOffsetMs()
    const onWall = (at: number) => at + offset
    const orNot = (at: number | null) => (at === null ? null : onWall(at))
    const taskOf = (kind: TaskDocument['kind']) => order.tasks?.find((task) => task.kind === kind)
    const facts = {
      class: order.class,
      circumstance: circumstanceOf(site.plan.assets.get(order.asset)),
      startedAt: onWall(order.reopenedAt ?? order.openedAt),
      acceptedAt: orNot(order.acceptedAt ?? taskOf('rescue')?.acceptedAt ?? null),
      arrivedAt: orNot(order.arrivedAt ?? taskOf('on_site')?.arrivedAt ?? taskOf('rescue')?.arrivedAt ?? null),
      restoredAt: orNot(order.finishedAt ?? outOf(taskOf('rescue'))),
      toldAt: orNot(lastOf(order.updates?.at(-1)?.at, taskOf('comfort')?.contacts.at(-1)?.at)),
      etaAt: orNot(etaOf(order)),
      ...(order.planned ? { planned: order.planned } : {}),
      ...(order.appointment
        ? { appointment: { for: order.appointment.for, madeAt: onWall(order.appointment.madeAt) } }
        : {}),
      raises: (order.raises ?? []).map(({ at, was }) => ({ at: onWall(at), was })),
      pauses: (order.pauses ?? []).map(({ from, to }) => ({ from: onWall(from), to: orNot(to) })),
    }
    const onSite = (at: number | null) => time(at === null ? null : at - offset)
    return clocks.read(facts, onWall(clock.now())).map(({ clock: name, dueAt, metAt, state, latestAt }) => ({
      clock: name,
      dueAt: onSite(dueAt),
      metAt: onSite(metAt),
      state,
      ...(latestAt === undefined ? {} : { latestAt: onSite(latestAt) }),
    }))
  }
}

/** The end that those concerned were told last; one that had passed when something was said after it binds nobody. */
function etaOf({ updates = [] }: OrderDocument): number | null {
  return updates.reduce<number | null>((eta, said) => said.eta ?? (eta !== null && eta > said.at ? eta : null), null)
}

/** When they were out. */
function outOf(rescue: TaskDocument | undefined): number | null {
  return rescue?.how === 'out' ? rescue.endedAt : null
}

function lastOf(...times: readonly (number | undefined)[]): number | null {
  const known = times.filter((at) => at !== undefined)
  return known.length === 0 ? null : Math.max(...known)
}
