import type { Draft } from '../event.ts'
import type { Plan, Rule } from '../plan.ts'
import type { Order, OrderBook } from './order.ts'
import { CLOSING, isClosedByClass, OBJECTION_WITHIN_MS } from './procedure.ts'
import { ORDER_TRANSITIONS } from './states.ts'

export type Ending = Readonly<{
  /** What the readings, and time, make of the order now. */
  decide(order: Order, at: number): readonly Draft[]
  /** When it must be looked at again, should nothing happen until then. */
  dueAt(order: Order): number
}>

/**
 * How an order comes to its end: verified when its readings are normal for long enough and show what the profile asks
 * for; then closed by itself, after a call-back, or when nobody objected. A person's word alone closes none of them.
 */
export function endingOf(plan: Pick<Plan, 'settings' | 'rules'>, book: OrderBook): Ending {
  const procedure = plan.settings.orders ?? {}
  const { verify = 'at_once' } = procedure
  const rules = new Map(plan.rules.map((rule) => [rule.id, rule]))

  /** When it is verified, as things stand; Infinity while something is missing that only a reading can bring. */
  function verifiedAt(order: Order): number {
    const since = book.overSince(order)
    if (since === null) return Infinity
    const asked = verify === 'at_once' ? [] : order.alarms.flatMap(({ rule }) => rules.get(rule)?.verify ?? [])
    const isShown = asked.every(({ proofs = [] }) => proofs.every((proof) => book.truthOf(proof) === 'true'))
    return isShown ? since + Math.max(0, ...asked.map(({ normalMs }) => normalMs)) : Infinity
  }

  function isRepaired({ state }: Order): boolean {
    return state === 'restored' || state === 'feedback'
  }

  /** Verified, it closes when nobody objects for three days. */
  function unopposedAt(order: Order): number {
    const { class: ofClass, verifiedAt: verified } = order
    if (!isClosedByClass(order, procedure) || verified === null || CLOSING[ofClass] === 'call_back') return Infinity
    if (book.sourceOf(order) !== 'false') return Infinity
    return verified + OBJECTION_WITHIN_MS
  }

  return {
    decide(order, at) {
      const { order: id, trace, state } = order
      const isProven = verifiedAt(order) <= at
      const verified: Draft[] =
        isProven && state !== 'verified' && (isRepaired(order) || order.closesItself)
          ? [{ type: 'order.verified', order: id, trace }]
          : []
      if (isProven && order.closesItself)
        return [...verified, { type: 'order.closed', order: id, by: 'telemetry', trace }]
      if (verified.length > 0) return verified
      if (state !== 'verified') return []
      const source = book.sourceOf(order)
      if (source === 'true') return [{ type: 'order.unverified', order: id, rule: standing(order, book, rules), trace }]
      if (source === 'unknown') return []
      if (order.isCalledBack && isClosedByClass(order, procedure))
        return [{ type: 'order.closed', order: id, by: 'caretaker', trace }]
      if (unopposedAt(order) <= at)
        return [{ type: 'order.closed', order: id, by: 'caretaker', how: 'no_objection', trace }]
      return []
    },
    dueAt(order) {
      if (order.state === 'verified') return order.closesItself ? verifiedAt(order) : unopposedAt(order)
      const mayVerify = order.closesItself || isRepaired(order)
      return mayVerify && ORDER_TRANSITIONS[order.state].verify ? verifiedAt(order) : Infinity
    },
  }
}

/** Which of its rules speaks against it. */
function standing(order: Order, book: OrderBook, rules: ReadonlyMap<string, Rule>): string {
  const found = order.alarms.find(({ rule }) => book.truthOf(rule) === 'true') ?? order.alarms[0]
  return rules.get(found?.rule ?? '')?.id ?? found?.rule ?? ''
}
