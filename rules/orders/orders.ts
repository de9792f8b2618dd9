import type { FaultCode, Params } from '#devices/fault.ts'
import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft, Event, EventOf } from '../event.ts'
import type { Asset, Person, Plan, Rule } from '../plan.ts'
import type { Context, Json, Stage, Tick } from '../stage.ts'
import { dispatch, isFitting } from './dispatch.ts'
import { graver, type Order, OrderBook } from './order.ts'
import { ORDER_TRANSITIONS } from './states.ts'

type OrderCommand = Extract<Command, { order: string }>
type Refused = readonly [FaultCode, Params]

/** Alarms become work orders: one open order per incident, dispatched, accepted, worked on, closed when it is really over. */
export function orderStage(plan: Plan): Stage {
  const rules = new Map(plan.rules.map((rule) => [rule.id, rule]))
  const book = new OrderBook()

  /** An alarm that occurs again before it was closed needs an order as much as a new one. */
  function onAlarm(
    event: EventOf<'alarm.raised'> | EventOf<'alarm.reoccurred'>,
    { at, seq }: Context,
  ): readonly Draft[] {
    const { alarm, rule: ruleId, asset: assetId, trace } = event
    const rule = rules.get(ruleId)
    const asset = plan.assets.get(assetId)
    if (!rule || !asset) return []
    // The order knows; but residents whose notice has ended hear of it by what happens to the order.
    const isKnown = book.ofRule(ruleId).some((order) => order.alarms.some((known) => known.alarm === alarm))
    // The order that has the rule already comes first: a rule must never have two.
    const same = book.ofRule(ruleId)[0]
    if (isKnown && rule.notice === undefined && same && !isThoughtOver(same)) return []
    const incident = incidentOf(rule, asset)
    const open = same ?? [...book.all()].find((order) => isSameIncident(order, incident, at) && canCarry(order, rule))
    const { skill, closesItself } = rule
    if (open) {
      const { order, trace: thread } = open
      const joined: Draft = {
        type: 'order.joined',
        order,
        alarm,
        rule: ruleId,
        asset: assetId,
        class: rule.class,
        closesItself,
        trace: thread,
      }
      // Whoever thought it done has gone home: it is dispatched anew.
      return isThoughtOver(open) ? [joined, { type: 'order.reopened', order, rule: ruleId, trace: thread }] : [joined]
    }
    return [
      {
        type: 'order.opened',
        order: `W${seq}`,
        incident,
        alarm,
        rule: ruleId,
        asset: assetId,
        class: rule.class,
        skill,
        region: asset.region,
        closesItself,
        trace,
      },
    ]
  }

  function isSameIncident(order: Order, incident: string, at: number): boolean {
    return order.incident === incident && at - order.lastJoinedAt <= plan.settings.incidentWindowMs
  }

  function assign(
    order: Pick<Order, 'order' | 'skill' | 'region' | 'trace'>,
    passedOver: readonly string[],
    at: number,
    /** Orders given out in the same moment. */
    given: readonly Draft[] = [],
  ): Draft {
    const givenTo = (person: string) =>
      given.filter((draft) => draft.type === 'order.dispatched' && draft.assignee === person).length
    const { assignee, why } = dispatch(
      plan,
      { skill: order.skill, region: order.region, passedOver },
      (person) => book.loadOf(person) + givenTo(person),
      book.wallAt(at),
    )
    return { type: 'order.dispatched', order: order.order, assignee, why, trace: order.trace }
  }

  /** The source's condition decides when work is verified, and takes it back when it returns. */
  function onCondition(rule: string): readonly Draft[] {
    return book.ofRule(rule).flatMap((order): readonly Draft[] => {
      const source = book.sourceOf(order)
      const { order: id, trace } = order
      if (source === 'false' && order.closesItself) return [{ type: 'order.closed', order: id, by: 'telemetry', trace }]
      if (source === 'false' && order.state === 'restored') return [{ type: 'order.verified', order: id, trace }]
      if (source === 'true' && order.state === 'verified') return [{ type: 'order.unverified', order: id, rule, trace }]
      return []
    })
  }

  /** An order nobody accepts goes on to the next; with nobody left it rests with the fallback. */
  function onTick({ at }: Context): readonly Draft[] {
    return assignAll(
      [...book.all()].filter((order) => at >= passOnAt(order)),
      at,
    )
  }

  /** Whoever is no longer in the plan can do nothing for an order any more. */
  function onLoad(at: number): readonly Draft[] {
    const isGone = (order: Order) =>
      order.assignee !== plan.fallback && !plan.staff.some(({ id }) => id === order.assignee)
    return assignAll(
      [...book.all()].filter((order) => isGone(order) && ORDER_TRANSITIONS[order.state].dispatch),
      at,
    )
  }

  function assignAll(orders: readonly Order[], at: number): readonly Draft[] {
    return orders.reduce<Draft[]>((given, order) => {
      const passedOver = order.assignee === null ? order.passedOver : [...order.passedOver, order.assignee]
      return [...given, assign(order, passedOver, at, given)]
    }, [])
  }

  function passOnAt(order: Order): number {
    if (order.state !== 'dispatched' || order.dispatchedAt === null || order.assignee === plan.fallback) return Infinity
    return order.dispatchedAt + plan.settings.acceptWithinMs
  }

  function onCommand(command: OrderCommand, at: number): readonly Draft[] | Refusal {
    const order = book.get(command.order)
    if (!order) return refuse('unknown_order', { order: command.order })
    const refused = refusalOf(command, order, at)
    if (refused) return refuse(...refused)
    const { order: id, trace } = order
    const { by } = command
    switch (command.type) {
      case 'order.accept':
        return [{ type: 'order.accepted', order: id, by, alarms: order.alarms.map((alarm) => alarm.alarm), trace }]
      case 'order.arrive':
        return [{ type: 'order.arrived', order: id, by, trace }]
      case 'order.finish': {
        const finding = command.finding === undefined ? {} : { finding: command.finding }
        return [{ type: 'order.finished', order: id, by, ...finding, trace }]
      }
      case 'order.close':
        return [{ type: 'order.closed', order: id, by, trace }]
    }
  }

  function refusalOf(command: OrderCommand, order: Order, at: number): Refused | null {
    const person = plan.staff.find((candidate) => candidate.id === command.by)
    if (!person) return ['unknown_person', { person: command.by }]
    if (command.type === 'order.close') return closeRefusal(order, at)
    const trigger = TRIGGER_OF[command.type]
    if (command.type === 'order.accept') {
      const isTaken = order.state !== 'new' && order.state !== 'dispatched'
      if (isTaken) return ['already_accepted', { order: order.order, by: order.assignee ?? '' }]
      if (order.assignee !== person.id && !isSupervisor(person) && !isFitting(person, order))
        return ['not_qualified', { person: person.id, skill: order.skill }]
      return null
    }
    if (order.assignee !== person.id && !isSupervisor(person))
      return ['not_assignee', { order: order.order, assignee: order.assignee ?? '' }]
    return ORDER_TRANSITIONS[order.state][trigger] ? null : ['wrong_state', { state: order.state, command: trigger }]
  }

  /** No order closes while its source is true, or while nobody can tell: until a person who looked does. */
  function closeRefusal(order: Order, at: number): Refused | null {
    const source = book.sourceOf(order)
    if (source === 'true') return ['source_still_active', { order: order.order }]
    if (source === 'unknown' && !book.isForPersonToTell(order, at)) return ['source_unknown', { order: order.order }]
    const isDone = order.state === 'verified' || (source === 'unknown' && order.state === 'restored')
    return isDone ? null : ['wrong_state', { state: order.state, command: 'close' }]
  }

  return {
    name: 'orders',
    version: 2,
    decide(input: Event | Command | Tick, context) {
      switch (input.type) {
        case 'alarm.raised':
        case 'alarm.reoccurred':
          return onAlarm(input, context)
        case 'site.loaded':
          return onLoad(context.at)
        case 'order.reopened': {
          const order = book.get(input.order)
          return order ? [assign(order, [], context.at)] : []
        }
        case 'order.opened':
          return [assign(input, [], context.at)]
        case 'condition.became':
          return onCondition(input.rule)
        case 'order.finished':
          return onFinished(book, input)
        case 'tick':
          return onTick(context)
        case 'order.accept':
        case 'order.arrive':
        case 'order.finish':
        case 'order.close':
          return onCommand(input, context.at)
        default:
          return []
      }
    },
    apply: (event) => book.apply(event),
    due() {
      const due = Math.min(...[...book.all()].map(passOnAt))
      return due === Infinity ? null : due
    },
    snapshot: () => book.snapshot() as unknown as Json,
    restore: (state) => book.restore(state as unknown as ReturnType<OrderBook['snapshot']>),
  }
}

const TRIGGER_OF = { 'order.accept': 'accept', 'order.arrive': 'arrive', 'order.finish': 'finish' } as const

function onFinished(book: OrderBook, { order: id, trace }: EventOf<'order.finished'>): readonly Draft[] {
  const order = book.get(id)
  return order && book.sourceOf(order) === 'false' ? [{ type: 'order.verified', order: id, trace }] : []
}

/** The technician said so, or the telemetry. */
function isThoughtOver(order: Order): boolean {
  return order.state === 'restored' || order.state === 'verified'
}

/** An accepted order cannot take on something graver unseen: that gets an order, and an answer, of its own. */
function canCarry(order: Order, rule: Rule): boolean {
  if (order.state === 'new' || order.state === 'dispatched') return true
  return !isThoughtOver(order) && graver(order.class, rule.class) === order.class
}

/** Chiefs and managers may step in for anybody. */
function isSupervisor(person: Pick<Person, 'role'>): boolean {
  return person.role === 'manager' || person.role === 'chief'
}

/** A person in danger is never grouped. Alarms of one room are one incident; loss of data is another matter than what the data say. */
function incidentOf(rule: Rule, asset: Asset): string {
  if (rule.class === 'P0') return `${asset.room}/${rule.id}`
  return rule.watch.kind === 'data' ? `${asset.room}/data` : asset.room
}
