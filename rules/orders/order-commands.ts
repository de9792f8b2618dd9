import type { FaultCode, Params } from '#devices/fault.ts'
import { POLICIES } from '../clocks/policy.ts'
import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft } from '../event.ts'
import type { Person, Plan } from '../plan.ts'
import { isFitting } from './dispatch.ts'
import type { Order, OrderBook } from './order.ts'
import { ORDER_TRANSITIONS, type OrderTrigger } from './states.ts'

export type OrderCommand = Extract<Command, { order: string }>
type Refused = readonly [FaultCode, Params]

/** A pause is for days, not for ever: then somebody looks again. */
const LONGEST_PAUSE_MS = 30 * 24 * 3_600_000

const TRIGGER_OF = {
  'order.accept': 'accept',
  'order.decline': 'decline',
  'order.transfer': 'transfer',
  'order.arrive': 'arrive',
  'order.start': 'start',
  'order.pause': 'pause',
  'order.resume': 'resume',
  'order.finish': 'finish',
} as const satisfies Partial<Record<OrderCommand['type'], OrderTrigger>>

/** What a person's command does to an order: one event, or a refusal that says why not. */
export function answerTo(
  command: OrderCommand,
  { book, plan, at }: Readonly<{ book: OrderBook; plan: Pick<Plan, 'staff'>; at: number }>,
): readonly Draft[] | Refusal {
  const order = book.get(command.order)
  if (!order) return refuse('unknown_order', { order: command.order })
  const person = plan.staff.find(({ id }) => id === command.by)
  if (!person) return refuse('unknown_person', { person: command.by })
  const refused =
    command.type === 'order.close'
      ? closeRefusal(order, book, at)
      : (whoRefusal(command, order, person) ?? whenRefusal(command, order) ?? whatRefusal(command, order, plan, at))
  return refused ? refuse(...refused) : [done(command, order)]
}

function done(command: OrderCommand, { order, trace, alarms }: Order): Draft {
  const { by } = command
  switch (command.type) {
    case 'order.accept':
      return { type: 'order.accepted', order, by, alarms: alarms.map(({ alarm }) => alarm), trace }
    case 'order.decline':
      return { type: 'order.declined', order, by, reason: command.reason, trace }
    case 'order.transfer':
      return { type: 'order.transferred', order, by, to: command.to, reason: command.reason, trace }
    case 'order.arrive':
      return { type: 'order.arrived', order, by, trace }
    case 'order.start':
      return { type: 'order.started', order, by, trace }
    case 'order.pause':
      return { type: 'order.paused', order, by, reason: command.reason, until: command.until, trace }
    case 'order.resume':
      return { type: 'order.resumed', order, by, trace }
    case 'order.update': {
      const eta = command.eta === undefined ? {} : { eta: command.eta }
      return { type: 'order.updated', order, by, text: command.text, ...eta, trace }
    }
    case 'order.finish': {
      const finding = command.finding === undefined ? {} : { finding: command.finding }
      return { type: 'order.finished', order, by, ...finding, trace }
    }
    case 'order.close':
      return { type: 'order.closed', order, by, trace }
  }
}

/** Who may: the assignee, or whoever may step in; whoever fits may take it. */
function whoRefusal(command: OrderCommand, order: Order, person: Person): Refused | null {
  if (order.assignee === person.id || isSupervisor(person)) return null
  if (command.type !== 'order.accept') return ['not_assignee', { order: order.order, assignee: order.assignee ?? '' }]
  if (isTaken(order)) return ['already_accepted', { order: order.order, by: order.assignee ?? '' }]
  return isFitting(person, order) ? null : ['not_qualified', { person: person.id, skill: order.skill }]
}

/** The state must know the step. */
function whenRefusal(command: OrderCommand, order: Order): Refused | null {
  if (command.type === 'order.update' || command.type === 'order.close') return null
  const trigger = TRIGGER_OF[command.type]
  if (ORDER_TRANSITIONS[order.state][trigger]) return null
  if (command.type === 'order.accept' && isTaken(order))
    return ['already_accepted', { order: order.order, by: order.assignee ?? '' }]
  return ['wrong_state', { state: order.state, command: trigger }]
}

function whatRefusal(command: OrderCommand, order: Order, { staff }: Pick<Plan, 'staff'>, at: number): Refused | null {
  if (command.type === 'order.transfer') {
    const to = staff.find(({ id }) => id === command.to)
    if (!to) return ['unknown_person', { person: command.to }]
    return isFitting(to, order) || isSupervisor(to) ? null : ['not_qualified', { person: to.id, skill: order.skill }]
  }
  if (command.type === 'order.pause') {
    if (POLICIES[order.class]?.mayPause === false) return ['never_pauses', { class: order.class }]
    if (command.until <= at || command.until > at + LONGEST_PAUSE_MS) return ['pause_too_long', { days: 30 }]
  }
  return null
}

/** No order closes while its source is true, or while nobody can tell: until a person who looked does. */
function closeRefusal(order: Order, book: OrderBook, at: number): Refused | null {
  const source = book.sourceOf(order)
  if (source === 'true') return ['source_still_active', { order: order.order }]
  if (source === 'unknown' && !book.isForPersonToTell(order, at)) return ['source_unknown', { order: order.order }]
  const isDone = order.state === 'verified' || (source === 'unknown' && order.state === 'restored')
  return isDone ? null : ['wrong_state', { state: order.state, command: 'close' }]
}

function isTaken({ state }: Order): boolean {
  return state !== 'new' && state !== 'dispatched'
}

/** Chiefs and managers may step in for anybody. */
function isSupervisor({ role }: Pick<Person, 'role'>): boolean {
  return role === 'manager' || role === 'chief'
}
