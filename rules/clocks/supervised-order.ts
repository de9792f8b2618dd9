import type { OrderClass } from '#devices/alarm-definition.ts'
import type { Event } from '../event.ts'
import { graver } from '../orders/order.ts'
import type { OrderFacts, Raise } from './order-clocks.ts'
import type { Circumstance, Planned } from './policy.ts'

/** What supervision knows of one open order. Times are site time. */
export type SupervisedOrder = {
  readonly order: string
  readonly skill: string
  readonly trace: string
  circumstance: Circumstance | null
  class: OrderClass
  assignee: string | null
  startedAt: number
  acceptedAt: number | null
  arrivedAt: number | null
  restoredAt: number | null
  toldAt: number | null
  etaAt: number | null
  /** `for` on the wall. */
  appointment: { for: number; madeAt: number } | null
  readonly planned: Planned
  /** Somebody is to be freed; null where nobody is. */
  rescuer: { arrivedAt: number | null } | null
  raises?: readonly Raise[]
  pauses: { from: number; to: number | null }[]
  /** The highest share of each clock that its assignee was warned of, in percent. */
  warned: Partial<Record<string, number>>
  /** The last level that was told; 0 for none. */
  level: number
  /** Its silence since `toldAt` was told. */
  isSilenceTold: boolean
}

export function supervised(
  {
    order,
    skill,
    trace,
    class: ofClass,
    at,
    due,
    latest,
  }: Pick<SupervisedOrder, 'order' | 'skill' | 'trace' | 'class'> & Readonly<{ at: number }> & Planned,
  circumstance: Circumstance | null,
): SupervisedOrder {
  return {
    order,
    skill,
    trace,
    circumstance,
    class: ofClass,
    assignee: null,
    ...unmetSince(at),
    planned: { ...(due === undefined ? {} : { due }), ...(latest === undefined ? {} : { latest }) },
    pauses: [],
    warned: {},
    level: 0,
  }
}

/** The clocks begin anew: for a new order, and for one that was opened again. */
function unmetSince(startedAt: number) {
  return {
    startedAt,
    acceptedAt: null,
    arrivedAt: null,
    restoredAt: null,
    toldAt: null,
    etaAt: null,
    appointment: null,
    rescuer: null,
    raises: [],
    isSilenceTold: false,
  }
}

/** Takes in one event of its own order. */
export function change(known: SupervisedOrder, event: Event): void {
  switch (event.type) {
    case 'order.joined':
      return rise(known, graver(known.class, event.class), event.at)
    // Whoever has it now did not pause it.
    case 'order.dispatched':
      known.assignee = event.assignee
      return endPause(known, event.at)
    case 'order.transferred':
      known.assignee = event.to
      return endPause(known, event.at)
    case 'order.declined':
      known.assignee = null
      return
    case 'order.accepted':
      Object.assign(known, { assignee: event.by, acceptedAt: event.at })
      return
    case 'order.appointed':
      known.appointment = { for: event.for, madeAt: known.appointment?.madeAt ?? event.at }
      return
    case 'order.arrived':
      known.arrivedAt = event.at
      return
    case 'order.finished':
      known.restoredAt = event.at
      endPause(known, event.at)
      return
    case 'order.reopened':
      Object.assign(known, unmetSince(event.at), { assignee: null, pauses: [], warned: {}, level: 0 })
      return
    case 'order.paused':
      known.pauses.push({ from: event.at, to: null })
      return
    case 'order.resumed':
      endPause(known, event.at)
      return
    case 'order.updated':
      Object.assign(known, { toldAt: event.at, etaAt: etaAfter(known, event), isSilenceTold: false })
      // Another end is warned of anew.
      if (event.eta !== undefined) delete known.warned.eta
      return
    case 'task.opened':
    case 'task.accepted':
    case 'task.contacted':
    case 'task.arrived':
    case 'task.out':
      return rescue(known, event)
    case 'order.warned':
      known.warned[event.clock] = event.percent
      return
    case 'order.escalated':
      known.level = Math.max(known.level, event.level)
      return
    case 'order.silent':
      known.isSilenceTold = true
      return
    default:
  }
}

/** What the graver class promises, it promises from now on. */
function rise(known: SupervisedOrder, to: OrderClass, at: number): void {
  if (to === known.class) return
  known.raises = [...(known.raises ?? []), { at, was: known.class }]
  known.class = to
}

/**
 * Somebody is trapped: whoever may free them counts for levels 2 and 3, speaking with them is the word that is due, and it
 * is over when they are out.
 */
function rescue(known: SupervisedOrder, event: Event & { type: `task.${string}`; task: string }): void {
  const isRescuer = event.task.endsWith('-rescue')
  switch (event.type) {
    case 'task.opened':
      if (isRescuer) known.rescuer = { arrivedAt: null }
      return
    case 'task.accepted':
      if (isRescuer) known.acceptedAt ??= event.at
      return
    case 'task.contacted':
      Object.assign(known, { toldAt: event.at, isSilenceTold: false })
      return
    case 'task.arrived':
      if (isRescuer) known.rescuer = { arrivedAt: event.at }
      known.arrivedAt ??= event.at
      return
    case 'task.out':
      known.restoredAt ??= event.at
      return
    default:
  }
}

/** An end that has passed binds nobody any more once something was said after it. */
function etaAfter({ etaAt }: SupervisedOrder, { eta, at }: Event & { type: 'order.updated' }): number | null {
  return eta ?? (etaAt !== null && etaAt > at ? etaAt : null)
}

function endPause({ pauses }: SupervisedOrder, at: number): void {
  const last = pauses.at(-1)
  if (last) last.to ??= at
}

/** As its clocks see it: on the wall, which calendars follow. */
export function factsOf(known: SupervisedOrder, wallOffsetMs: number): OrderFacts {
  const onWall = (at: number) => at + wallOffsetMs
  const orNot = (at: number | null) => (at === null ? null : onWall(at))
  return {
    class: known.class,
    circumstance: known.circumstance,
    etaAt: orNot(known.etaAt),
    planned: known.planned,
    ...(known.appointment
      ? { appointment: { for: known.appointment.for, madeAt: onWall(known.appointment.madeAt) } }
      : {}),
    ...(known.rescuer ? { rescuerAt: orNot(known.rescuer.arrivedAt) } : {}),
    startedAt: onWall(known.startedAt),
    acceptedAt: orNot(known.acceptedAt),
    arrivedAt: orNot(known.arrivedAt),
    restoredAt: orNot(known.restoredAt),
    toldAt: orNot(known.toldAt),
    raises: (known.raises ?? []).map(({ at, was }) => ({ at: onWall(at), was })),
    pauses: known.pauses.map(({ from, to }) => ({ from: onWall(from), to: orNot(to) })),
  }
}
