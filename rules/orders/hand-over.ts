import type { Draft, EventOf } from '../event.ts'
import type { Plan } from '../plan.ts'
import { supervisorsIn } from '../clocks/supervisors.ts'
import type { Leave } from '../roster/book.ts'
import { certificateFor, isQualified } from '../roster/fit.ts'
import { isGap } from './dispatch.ts'
import { type Order, type OrderBook, wantedOf } from './order.ts'
import { ORDER_TRANSITIONS } from './states.ts'

type Around = Readonly<{
  book: OrderBook
  plan: Plan
  at: number
  assignAll(orders: readonly Order[], at: number): readonly Draft[]
}>

/**
 * F64: whoever is away has no open work. Who goes for good hands over everything, to the person named where that one may
 * do it, else as the rules find; who is sick everything, too; who goes on leave what is not begun, or would go on before
 * he is back. All of it in the same moment.
 */
export function handedOver(event: EventOf<'roster.left' | 'roster.leave_began'>, around: Around): readonly Draft[] {
  const { book, plan, at, assignAll } = around
  const leave = event.type === 'roster.left' ? undefined : book.roster.leave(event.leave)
  const mine = [...book.all()].filter((order) => order.assignee === event.person)
  const movable = mine.filter(
    (order) => ORDER_TRANSITIONS[order.state].dispatch && (!leave || isLeftBehind(order, leave, book)),
  )
  if (event.type !== 'roster.left') return assignAll(movable, at)
  const { handTo, by } = event
  const heir = plan.staff.find(({ id }) => id === handTo)
  const wall = book.wallAt(at)
  const mayDo = (order: Order) => heir !== undefined && mayTake(heir, order, around, wall)
  const given = movable.filter(mayDo).map(({ order, trace }): Draft => ({
    type: 'order.transferred',
    order,
    by,
    to: heir!.id,
    reason: 'left',
    trace,
  }))
  const found = assignAll(
    movable.filter((order) => !mayDo(order)),
    at,
  )
  return [...given, ...found, ...owned(event, around)]
}

/** Whoever is sick is at nothing any more; others finish what they are at, and what rests until they are back. */
function isLeftBehind({ state, pausedUntil }: Order, { reason, to }: Leave, book: OrderBook): boolean {
  if (reason === 'sick' || state === 'dispatched' || state === 'accepted') return true
  return state === 'paused' && pausedUntil !== null && book.wallAt(pausedUntil) < to
}

/** What somebody was asked first for, and what waits only for its end, is followed by another. */
function owned({ person, handTo, by }: EventOf<'roster.left'>, { book, plan }: Around): readonly Draft[] {
  const heir = handTo ?? (plan.fallback === person ? undefined : plan.fallback)
  if (heir === undefined) return []
  return [...book.all()]
    .filter(({ owner }) => owner === person)
    .map(({ order, trace }): Draft => ({ type: 'order.owner_changed', order, owner: heir, by, trace }))
}

/** A chief or manager may take anything, as when handing over one order. */
function mayTake(heir: Plan['staff'][number], order: Order, { book, plan }: Around, wall: number): boolean {
  if (heir.role === 'manager' || heir.role === 'chief') return !book.roster.hasLeft(heir.id)
  return isQualified(heir, wantedOf(order), plan, book.roster, wall)
}

/**
 * F64: nobody was there for it. The fallback has the order; the roster's owner hears that it was needed, and the manager
 * as well where the law asks for a certificate: the law holds him to it.
 */
export function gapOf(event: EventOf<'order.dispatched'>, order: Order | undefined, plan: Plan): readonly Draft[] {
  if (!order || !isGap(event.why)) return []
  const { skill, region, trace } = order
  const certificate = certificateFor(plan, { skill, region })
  const paper = certificate === undefined ? {} : { certificate }
  const owner = plan.rosterOwner ?? plan.fallback
  const told = certificate === undefined ? [owner] : [owner, ...supervisorsIn(plan)(skill, 2)]
  return [...new Set(told)].map((to) => {
    return { type: 'roster.gap_found', order: order.order, region, skill, ...paper, to, trace }
  })
}
