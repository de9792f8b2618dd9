import { checklistOf } from '#rules/orders/checklist.ts'
import { CALL_BACK_WITHIN_MS, CLOSING, OBJECTION_WITHIN_MS, PHOTOS } from '#rules/orders/procedure.ts'
import type { Plan, Rule } from '#rules/plan.ts'
import type { OrderDocument } from '../../store/documents.ts'
import { both } from './said.ts'

type Time = (at: number | null) => string | null

/** What an order has been through beyond its clocks, and what it still waits for. */
export function orderLife(order: OrderDocument, settings: Plan['settings'], time: Time): object {
  const { arrival, photos = [], callBacks = [], reopenings = [], rating } = order
  return {
    departedAt: time(order.departedAt ?? null),
    arrival: arrival ? { ...arrival, at: time(arrival.at) } : null,
    photos: photos.map((photo) => ({ ...photo, at: time(photo.at), deviceAt: time(photo.deviceAt) })),
    finishedBy: order.finishedBy ?? null,
    reportedAt: time(order.reportedAt ?? null),
    parts: order.parts ?? [],
    minutes: order.minutes ?? null,
    callBacks: callBacks.map((call) => ({ ...call, at: time(call.at) })),
    reopenings: reopenings.map(({ at, closedAt, ...again }) => ({ ...again, at: time(at), closedAt: time(closedAt) })),
    rating: rating ? { ...rating, at: time(rating.at) } : null,
    mergedInto: order.mergedInto ?? null,
    follows: order.follows?.order ?? null,
    falseAlarm: order.closedAt === null && order.found ? { ...order.found, at: time(order.found.at) } : null,
    ended: order.ended ?? null,
    how: order.how ?? null,
    waitsFor: waitsFor(order, settings.orders ?? {}, time),
  }
}

/** What a person, or time, must still bring. */
function waitsFor(
  order: OrderDocument,
  { arrival, photos, closing }: NonNullable<Plan['settings']['orders']>,
  time: Time,
) {
  const taken = (order.photos ?? []).map(({ kind }) => kind)
  const isOver = order.closedAt !== null
  const { verifiedAt } = order
  const isCalledBack = (order.callBacks ?? []).some(({ reached, solved }) => reached && solved === true)
  const isVerified = verifiedAt !== null && !isOver && closing === 'by_class'
  return {
    scan: arrival === 'scan' && order.arrivedAt === null && !isOver,
    photos:
      photos === 'by_class' && order.finishedAt === null
        ? PHOTOS[order.class].filter((kind) => !taken.includes(kind))
        : [],
    callBackBy:
      isVerified && CLOSING[order.class] === 'call_back' && !isCalledBack
        ? time(verifiedAt + CALL_BACK_WITHIN_MS)
        : null,
    objectionUntil:
      isVerified && CLOSING[order.class] === 'no_objection' ? time(verifiedAt + OBJECTION_WITHIN_MS) : null,
  }
}

/** What the responses of its alarms ask for, step by step, each ticked or not. */
export function checklist(
  rules: readonly (Pick<Rule, 'id' | 'response'> | undefined)[],
  { ticks = [] }: OrderDocument,
  time: Time,
): object[] {
  const known = new Map(rules.flatMap((rule) => (rule ? [[rule.id, rule] as const] : [])))
  return [...known.values()].flatMap(({ id, response }) =>
    checklistOf(response).map((text, item) => {
      const tick = ticks.find((each) => each.rule === id && each.item === item)
      return { rule: id, item, text: both(text), done: tick ? { by: tick.by, at: time(tick.at) } : null }
    }),
  )
}
