import { type CommandBody, refuse, type Refusal } from '../command.ts'
import type { Draft } from '../event.ts'
import type { Person, Plan } from '../plan.ts'
import { checklistOf } from './checklist.ts'
import { ANSWERED } from './intake.ts'
import { isQualified } from '../roster/fit.ts'
import { assetsOf, graver, type Order, type OrderBook, wantedOf } from './order.ts'
import { closeRefusal, type OrderCommand, type Refused, reopenRefusal, whatRefusal } from './order-guards.ts'
import { ENDED, ORDER_TRANSITIONS, type OrderTrigger } from './states.ts'

type Around = Readonly<{
  book: OrderBook
  plan: Pick<Plan, 'staff' | 'settings' | 'rules' | 'certificates'>
  at: number
}>

const TRIGGER_OF: Readonly<Partial<Record<OrderCommand['type'], OrderTrigger>>> = {
  'order.accept': 'accept',
  'order.depart': 'depart',
  'order.decline': 'decline',
  'order.transfer': 'transfer',
  'order.arrive': 'arrive',
  'order.start': 'start',
  'order.pause': 'pause',
  'order.resume': 'resume',
  'order.finish': 'finish',
  'order.report': 'report',
  'order.merge': 'merge',
  'order.find_false': 'find_false',
  'order.approve_false': 'find_false',
  'order.cancel': 'cancel',
  'order.reopen': 'reopen',
}

/** Who may give a command, beside the assignee and whoever may step in for him. */
const WHO: Readonly<Partial<Record<OrderCommand['type'], 'supervisor' | 'anybody' | 'who fits' | 'owner'>>> = {
  // Whoever the resident spoke with first may ring up again.
  'order.appoint': 'owner',
  'order.update': 'owner',
  'order.accept': 'who fits',
  // Whoever is on the spot sees it.
  'order.photo': 'anybody',
  'order.close': 'anybody',
  'order.reopen': 'anybody',
  'order.call_back': 'anybody',
  'order.rate': 'anybody',
  'order.find_false': 'anybody',
  'order.approve_false': 'supervisor',
  'order.merge': 'supervisor',
  'order.cancel': 'supervisor',
}

/** Said of an order that is over, too. */
const AFTER_THE_END: readonly OrderCommand['type'][] = ['order.reopen', 'order.rate', 'order.call_back', 'order.report']

export function isOrderCommand(input: Readonly<{ type: string }>): input is OrderCommand {
  return 'id' in input && input.type.startsWith('order.') && input.type !== 'order.open'
}

/** What a person's command does to an order: what happens, or a refusal that says why not. */
export function answerTo(command: OrderCommand, around: Around): readonly Draft[] | Refusal {
  const { book, plan } = around
  const order = AFTER_THE_END.includes(command.type) ? book.recall(command.order) : book.get(command.order)
  if (!order) return refuse(...missing(command.order, book))
  const person = plan.staff.find(({ id }) => id === command.by)
  if (!person && !isOfReporter(command, order)) return refuse('unknown_person', { person: command.by })
  const refused =
    (person ? whoRefusal(command, order, person, around) : null) ??
    whenRefusal(command, order) ??
    guardRefusal(command, order, around)
  return refused ? refuse(...refused) : done(command, order, book)
}

/** Whoever reported it, or the home that did, says how it was done, and that it is not; nothing else. */
function isOfReporter({ type, by }: OrderCommand, { reports }: Order): boolean {
  if (type !== 'order.rate' && type !== 'order.reopen') return false
  return reports.some(({ reporter, home }) => by === reporter || by === home)
}

/** Late news of an order that is over: whoever was offline learns how it ended. */
function missing(id: string, book: OrderBook): Refused {
  const ended = book.recall(id)
  return ended ? ['order_ended', { order: id, state: ended.state }] : ['unknown_order', { order: id }]
}

function done(command: OrderCommand, order: Order, book: OrderBook): readonly Draft[] {
  const { trace } = order
  const { type: _, id: __, actor: ___, deviceAt: ____, ...body } = command
  const said = <T extends Draft['type']>(past: T): Draft => ({ ...body, type: past, trace }) as unknown as Draft
  const ended = (how: 'merged' | 'false_alarm' | 'cancelled'): Draft => ({
    type: 'order.closed',
    order: order.order,
    by: command.by,
    how,
    trace,
  })
  switch (command.type) {
    case 'order.accept':
      return [
        {
          type: 'order.accepted',
          order: order.order,
          by: command.by,
          alarms: order.alarms.map(({ alarm }) => alarm),
          trace,
        },
      ]
    case 'order.merge':
      return [...joined(order, book.get(command.into)!), said('order.merged'), ended('merged')]
    case 'order.find_false':
      return [said('order.false_alarm_found')]
    case 'order.approve_false': {
      const { by, proof, reason } = order.found!
      const agreed = { type: 'order.false_alarm', order: order.order, by, approver: command.by, proof, reason } as const
      return [{ ...agreed, trace }, ended('false_alarm')]
    }
    case 'order.cancel':
      return [said('order.cancelled'), ended('cancelled')]
    case 'order.reopen':
      return [reopened(order, command)]
    case 'order.call_back':
      return command.reached && command.solved === false && ORDER_TRANSITIONS[order.state].reopen
        ? [said('order.called_back'), reopened(order, { by: command.by, reason: 'not_solved' })]
        : [said('order.called_back')]
    default:
      return [said(PAST[command.type])]
  }
}

const PAST = {
  'order.appoint': 'order.appointed',
  'order.depart': 'order.departed',
  'order.arrive': 'order.arrived',
  'order.start': 'order.started',
  'order.pause': 'order.paused',
  'order.resume': 'order.resumed',
  'order.tick': 'order.ticked',
  'order.photo': 'order.photo_added',
  'order.finish': 'order.finished',
  'order.report': 'order.reported',
  'order.decline': 'order.declined',
  'order.transfer': 'order.transferred',
  'order.update': 'order.updated',
  'order.rate': 'order.rated',
  'order.close': 'order.closed',
} as const satisfies Partial<Record<CommandBody['type'], Draft['type']>>

/** The other order answers for its alarms from now on. */
function joined(
  { alarms, asset, reports, class: ofClass }: Order,
  { order, trace, closesItself, ...into }: Order,
): readonly Draft[] {
  const graverClass = graver(into.class, ofClass)
  const own: Draft[] = alarms.map((known) => ({
    type: 'order.joined',
    order,
    ...known,
    class: graverClass,
    closesItself,
    trace,
  }))
  // Whoever reported it is told by the other order from now on, and nothing closes that over his head.
  const said = { alarm: '', rule: '', asset, class: graverClass, closesItself: false }
  return [...own, ...reports.map((reported): Draft => ({ type: 'order.joined', order, ...said, reported, trace }))]
}

function reopened(order: Order, { by, reason }: Readonly<{ by: string; reason: string }>): Draft {
  const { order: id, alarms, incident, skill, region, class: ofClass, state, planned, trace } = order
  const was = { incident, skill, region, class: ofClass, assets: assetsOf(order), ...planned }
  const rule = alarms[0]?.rule ?? ''
  return { type: 'order.reopened', order: id, rule, by, reason, ...(ENDED.includes(state) ? { was } : {}), trace }
}

/** Who may: the assignee, or whoever may step in; whoever fits may take it. */
function whoRefusal(command: OrderCommand, order: Order, person: Person, around: Around): Refused | null {
  const may = WHO[command.type]
  if (may === 'anybody' || isSupervisor(person)) return null
  if (may === 'supervisor') return ['needs_supervisor', { person: person.id }]
  if (order.assignee === person.id || (may === 'owner' && order.owner === person.id)) return null
  if (may !== 'who fits') return ['not_assignee', { order: order.order, assignee: order.assignee ?? '' }]
  if (isTaken(order)) return ['already_accepted', { order: order.order, by: order.assignee ?? '' }]
  return mayTake(person, order, around) ? null : ['not_qualified', { person: person.id, skill: order.skill }]
}

/** The state must know the step. */
function whenRefusal(command: OrderCommand, order: Order): Refused | null {
  const trigger = TRIGGER_OF[command.type]
  if (!trigger || mayStep(order, trigger)) return null
  if (command.type === 'order.accept' && isTaken(order))
    return ['already_accepted', { order: order.order, by: order.assignee ?? '' }]
  return ['wrong_state', { state: order.state, command: trigger }]
}

/** What is only answered is finished where one sits; whatever is mended, where it stands. */
function mayStep({ state, class: ofClass }: Order, trigger: OrderTrigger): boolean {
  const isThere = trigger !== 'finish' || state !== 'accepted' || ANSWERED.has(ofClass)
  return ORDER_TRANSITIONS[state][trigger] !== undefined && isThere
}

/** Who left, or has no certificate for it, cannot have it. */
function mayTake(person: Person, order: Order, { book, plan, at }: Around): boolean {
  return isQualified(person, wantedOf(order), plan, book.roster, book.wallAt(at))
}

function guardRefusal(command: OrderCommand, order: Order, around: Around): Refused | null {
  const { book, plan, at } = around
  const isGiven = (id: string) => plan.staff.some((person) => person.id === id && isSupervisor(person))
  switch (command.type) {
    case 'order.close':
      return closeRefusal(order, command.by, plan.settings.orders ?? {}, book, at)
    case 'order.reopen':
      return reopenRefusal(order, at)
    case 'order.transfer': {
      const to = plan.staff.find(({ id }) => id === command.to)
      if (!to) return ['unknown_person', { person: command.to }]
      return mayTake(to, order, around) || isSupervisor(to)
        ? null
        : ['not_qualified', { person: to.id, skill: order.skill }]
    }
    case 'order.merge': {
      const into = book.get(command.into)
      if (!into || into === order) return ['unknown_order', { order: command.into }]
      if (order.class === 'P0' || into.class === 'P0') return ['never_grouped', { order: order.order }]
      return ORDER_TRANSITIONS[into.state].merge ? null : ['wrong_state', { state: into.state, command: 'merge' }]
    }
    case 'order.find_false':
      // From outside a closed door nobody sees whether the car is empty.
      return isOfRescue(order, around) && command.proof === 'looked_on_site'
        ? ['proof_too_weak', { order: order.order, proof: command.proof }]
        : null
    case 'order.approve_false': {
      const { found } = order
      if (found === null) return ['wrong_state', { state: order.state, command: 'approve_false' }]
      // Another name is not another person: the account says who it is.
      return found.by === command.by || found.actor === command.actor ? ['second_person', { person: found.by }] : null
    }
    case 'order.arrive':
      if (command.approver !== undefined && !isGiven(command.approver))
        return ['needs_supervisor', { person: command.approver }]
      return whatRefusal(command, order, plan.settings.orders ?? {}, book, at)
    case 'order.tick': {
      const rule = order.alarms.some(({ rule: known }) => known === command.rule)
        ? plan.rules.find(({ id }) => id === command.rule)
        : undefined
      return checklistOf(rule?.response)[command.item] === undefined ? ['unknown_step', { item: command.item }] : null
    }
    default:
      return whatRefusal(command, order, plan.settings.orders ?? {}, book, at)
  }
}

function isOfRescue({ alarms }: Order, { plan }: Around): boolean {
  return alarms.some((known) => plan.rules.find(({ id }) => id === known.rule)?.rescue)
}

function isTaken({ state }: Order): boolean {
  return state !== 'new' && state !== 'dispatched'
}

/** Chiefs and managers may step in for anybody. */
export function isSupervisor({ role }: Pick<Person, 'role'>): boolean {
  return role === 'manager' || role === 'chief'
}
