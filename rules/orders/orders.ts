import type { FaultCode, Params } from '#devices/fault.ts'
import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft, Event, EventOf } from '../event.ts'
import type { Asset, Plan, Rule } from '../plan.ts'
import type { Context, Json, Stage, Tick } from '../stage.ts'
import { dispatch, isFitting } from './dispatch.ts'
import { type Order, OrderBook } from './order.ts'
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
    if (isKnown && rule.notice === undefined) return []
    const incident = incidentOf(rule, asset)
    // The order that has the rule already comes first: a rule must never have two.
    const open = book.ofRule(ruleId)[0] ?? [...book.all()].find((order) => isSameIncident(order, incident, at))
    if (open)
      return [
        {
          type: 'order.joined',
          order: open.order,
          alarm,
          rule: ruleId,
          asset: assetId,
          class: rule.class,
          trace: open.trace,
        },
      ]
    const { skill, closesItself } = rule
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
  ): Draft {
    const { assignee, why } = dispatch(
      plan,
      { skill: order.skill, region: order.region, passedOver },
      (person) => book.loadOf(person),
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
    return [...book.all()]
      .filter((order) => at >= passOnAt(order))
      .map((order) => assign(order, [...order.passedOver, order.assignee!], at))
  }

  function passOnAt(order: Order): number {
    if (order.state !== 'dispatched' || order.dispatchedAt === null || order.assignee === plan.fallback) return Infinity
    return order.dispatchedAt + plan.settings.acceptWithinMs
  }

  function onCommand(command: OrderCommand): readonly Draft[] | Refusal {
    const order = book.get(command.order)
    if (!order) return refuse('unknown_order', { order: command.order })
    const refused = refusalOf(command, order)
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

  function refusalOf(command: OrderCommand, order: Order): Refused | null {
    const person = plan.staff.find((candidate) => candidate.id === command.by)
    if (!person) return ['unknown_person', { person: command.by }]
    if (command.type === 'order.close') return closeRefusal(order)
    const trigger = TRIGGER_OF[command.type]
    if (command.type === 'order.accept') {
      const isTaken = order.state !== 'new' && order.state !== 'dispatched'
      if (isTaken) return ['already_accepted', { order: order.order, by: order.assignee ?? '' }]
      if (order.assignee !== person.id && !isFitting(person, order))
        return ['not_qualified', { person: person.id, skill: order.skill }]
      return null
    }
    if (order.assignee !== person.id) return ['not_assignee', { order: order.order, assignee: order.assignee ?? '' }]
    return ORDER_TRANSITIONS[order.state][trigger] ? null : ['wrong_state', { state: order.state, command: trigger }]
  }

  /** No order closes while its source is true, or while nobody can tell. */
  function closeRefusal(order: Order): Refused | null {
    const source = book.sourceOf(order)
    if (source === 'true') return ['source_still_active', { order: order.order }]
    if (source === 'unknown') return ['source_unknown', { order: order.order }]
    return order.state === 'verified' ? null : ['wrong_state', { state: order.state, command: 'close' }]
  }

  return {
    name: 'orders',
    version: 1,
    decide(input: Event | Command | Tick, context) {
      switch (input.type) {
        case 'alarm.raised':
        case 'alarm.reoccurred':
          return onAlarm(input, context)
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
          return onCommand(input)
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

/** Alarms of one room are one incident; loss of data is another matter than what the data say. */
function incidentOf(rule: Rule, asset: Asset): string {
  return rule.watch.kind === 'data' ? `${asset.room}/data` : asset.room
}
