import type { EventOf } from '#rules/event.ts'
import { reportedOf } from '#rules/orders/intake.ts'
import { nextOrderState } from '#rules/orders/states.ts'
import type { OrderDocument } from './documents.ts'

type Step = EventOf<
  | 'order.appointed'
  | 'order.departed'
  | 'order.arrived'
  | 'order.ticked'
  | 'order.photo_added'
  | 'order.finished'
  | 'order.reported'
  | 'order.verified'
  | 'order.unverified'
  | 'order.reopened'
  | 'order.called_back'
  | 'order.rated'
  | 'order.merged'
  | 'order.false_alarm_found'
  | 'order.false_alarm'
  | 'order.cancelled'
  | 'order.closed'
>

/** The row of an order after a step of its life. */
export function goOn(order: OrderDocument, event: Step): void {
  const { at } = event
  order.state = nextOrderState(order.state, event.type)
  switch (event.type) {
    case 'order.appointed':
      order.appointment = { for: event.for, madeAt: order.appointment?.madeAt ?? at, by: event.by }
      return
    case 'order.departed':
      order.departedAt = at
      return
    case 'order.arrived': {
      const { scan, approver, reason } = event
      Object.assign(order, { arrivedAt: at, arrival: { at: event.deviceAt ?? at, scan, approver, reason } })
      return
    }
    case 'order.ticked': {
      const { rule, item, by, done } = event
      const others = (order.ticks ?? []).filter((tick) => tick.rule !== rule || tick.item !== item)
      order.ticks = done ? [...others, { rule, item, by, at }] : others
      return
    }
    case 'order.photo_added': {
      const { photo, kind, by, deviceAt = null } = event
      order.photos = [...(order.photos ?? []), { photo, kind, by, at, deviceAt }]
      return
    }
    case 'order.finished':
      endPause(order, at)
      Object.assign(order, { finishedAt: at, finishedBy: event.by, finding: null })
      return report(order, event)
    case 'order.reported':
      order.reportedAt = at
      return report(order, event)
    case 'order.verified':
      order.verifiedAt = at
      return
    case 'order.unverified':
      order.verifiedAt = null
      return
    case 'order.reopened': {
      const { by = null, reason = null } = event
      order.reopenings = [...(order.reopenings ?? []), { at, by, reason, closedAt: order.closedAt }]
      delete order.appointment
      Object.assign(order, ANEW, { reopenedAt: at, pauses: [], raises: [], updates: [], escalations: [], ticks: [] })
      return
    }
    case 'order.called_back': {
      const { by, reached, solved = null } = event
      order.callBacks = [...(order.callBacks ?? []), { at, by, reached, solved }]
      return
    }
    case 'order.rated':
      order.rating = { at, by: event.by, stars: event.stars }
      return
    case 'order.merged':
      order.mergedInto = event.into
      return
    case 'order.false_alarm_found': {
      const { by, proof, reason } = event
      order.found = { at, by, proof, reason }
      return
    }
    case 'order.false_alarm': {
      const { by, approver, proof, reason } = event
      order.ended = { by, approver, proof, reason }
      return
    }
    case 'order.cancelled':
      order.ended = { by: event.by, reason: event.reason }
      return
    case 'order.closed':
      endPause(order, at)
      Object.assign(order, { closedAt: at, closedBy: event.by, how: event.how ?? null })
      return
    default:
  }
}

/** What is known of an order that people opened, and of no other. */
export function openedByPeople(event: EventOf<'order.opened'>): Partial<OrderDocument> {
  const { source, by, owner, home, place, against, due, latest, at } = event
  if (source === undefined) return {}
  const planned = due === undefined ? {} : { planned: { due, ...(latest === undefined ? {} : { latest }) } }
  return {
    source,
    ...(by === undefined ? {} : { by }),
    ...(owner === undefined ? {} : { owner }),
    ...(home === undefined ? {} : { home }),
    ...(place === undefined ? {} : { place }),
    ...(against === undefined ? {} : { against }),
    ...planned,
    reports: [{ ...reportedOf(event), at }],
  }
}

/** What the clocks and the people begin with again. Photos and call-backs stay: they are history. */
const ANEW = {
  assignee: null,
  why: null,
  acceptedAt: null,
  departedAt: null,
  arrivedAt: null,
  arrival: null,
  startedAt: null,
  finishedAt: null,
  finishedBy: null,
  reportedAt: null,
  verifiedAt: null,
  closedAt: null,
  closedBy: null,
  how: null,
  silentSince: null,
  found: null,
} as const

/** What is not said again stays as it was said. */
function report(
  order: OrderDocument,
  { finding, parts, minutes }: EventOf<'order.finished'> | EventOf<'order.reported'>,
): void {
  if (finding !== undefined) order.finding = finding
  if (parts !== undefined) order.parts = parts
  if (minutes !== undefined) order.minutes = minutes
}

export function endPause({ pauses }: OrderDocument, at: number): void {
  const last = pauses?.at(-1)
  if (last) last.to ??= at
}
