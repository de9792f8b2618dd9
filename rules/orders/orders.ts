import { SILENCES } from '../alarms/states.ts'
import type { Command } from '../command.ts'
import type { Draft, Event, EventOf, Silence } from '../event.ts'
import type { Asset, Plan, Rule } from '../plan.ts'
import type { Context, Json, Stage, Tick } from '../stage.ts'
import { OpeningHours } from '../clocks/opening-hours.ts'
import { CALENDARS, POLICIES } from '../clocks/policy.ts'
import { dispatch, fallbackOf, isGap } from './dispatch.ts'
import { endingOf } from './ending.ts'
import { gapOf, handedOver } from './hand-over.ts'
import { UNHURRIED } from './intake.ts'
import { opening } from './opening.ts'
import { answerTo, isOrderCommand } from './order-commands.ts'
import { openHoursOf } from './open-hours.ts'
import { onRescue } from './rescued.ts'
import { graver, type Order, OrderBook, wantedOf } from './order.ts'
import { ON_THE_WAY, ORDER_TRANSITIONS } from './states.ts'

/** Alarms become work orders: one open order per incident, dispatched, accepted, worked on, closed when it is really over. */
export function orderStage(plan: Plan): Stage {
  const rules = new Map(plan.rules.map((rule) => [rule.id, rule]))
  const call = plan.rules.find(({ watch }) => watch.kind === 'lost-lifts')
  const callWithinMs = call?.watch.kind === 'lost-lifts' ? call.watch.withinMs : 0
  const lifts = new Set(call?.watch.kind === 'lost-lifts' ? call.watch.lifts : [])
  const book = new OrderBook(plan)
  const ending = endingOf(plan, book)
  const service = new OpeningHours(CALENDARS.service, plan.timeZone)
  const hours = openHoursOf(plan, book)
  const proofs = new Set(plan.rules.filter(({ mode }) => mode === 'proof').map(({ id }) => id))

  /**
   * An alarm that occurs again before it was closed needs an order as much as a new one. One that nobody is told of waits
   * for that; one with a known cause, or counted in a flood, is work all the same.
   */
  function onAlarm(event: AlarmEvent, { at, seq }: Context): readonly Draft[] {
    const { alarm, rule: ruleId, asset: assetId, trace, silence } = event
    const rule = rules.get(ruleId)
    const asset = plan.assets.get(assetId)
    if (!rule || !asset || (silence && !SILENCES[silence.by].work)) return []
    // The order that has the rule already comes first: a rule must never have two. Then the one that has the alarm.
    const same = book.ofRule(ruleId)[0] ?? book.ofAlarm(alarm)
    // The order knows; but residents whose notice has ended hear of it by what happens to the order.
    const isKnown = same?.alarms.some((known) => known.alarm === alarm && known.rule === ruleId) ?? false
    const isRepeated = event.type === 'alarm.announced' && event.why.code === 're_alarm'
    const isSaidAgain = rule.notice === undefined || isRepeated
    if (isKnown && isSaidAgain && same && !isThoughtOver(same)) return []
    const incident = isLostLift(rule) ? LOST_LIFTS : incidentOf(rule, asset)
    const open =
      same ??
      ofRoot(silence, rule) ??
      [...book.all()].find((order) => isSameIncident(order, incident, at) && canCarry(order, rule)) ??
      (rule.intercom && rescueIn(assetId, rule))
    if (!open) return [opened(rule, asset, { alarm, order: `W${seq}`, incident, trace })]
    const { order, trace: thread } = open
    const joined: Draft = {
      type: 'order.joined',
      order,
      alarm,
      rule: ruleId,
      asset: assetId,
      class: rule.class,
      closesItself: rule.closesItself,
      trace: thread,
    }
    // Whoever thought it done has gone home: it is dispatched anew.
    return isThoughtOver(open) ? [joined, { type: 'order.reopened', order, rule: ruleId, trace: thread }] : [joined]
  }

  function opened(
    { id: rule, class: orderClass, skill, closesItself }: Rule,
    { id: asset, region }: Asset,
    more: Pick<EventOf<'order.opened'>, 'alarm' | 'order' | 'incident' | 'trace' | 'badActor'>,
  ): Draft {
    return { type: 'order.opened', rule, asset, class: orderClass, skill, region, closesItself, ...more }
  }

  /** Whoever presses the button while the rescue is on its way is known, and spoken with. */
  function rescueIn(asset: string, rule: Rule): Order | undefined {
    return [...book.all()].find((order) => order.incident === rescueOf(asset) && canCarry(order, rule))
  }

  /** What has a known cause is mended with it. */
  function ofRoot(silence: Silence | undefined, rule: Rule): Order | undefined {
    const order = silence?.root === undefined ? undefined : book.ofAlarm(silence.root)
    return order && canCarry(order, rule) ? order : undefined
  }

  /** One order to mend the sensor or its limits; while the alarm has one anyhow, that is the one. */
  function onBadActor(event: EventOf<'alarm.bad_actor'>, { seq }: Context): readonly Draft[] {
    const rule = rules.get(event.rule)
    const asset = plan.assets.get(event.asset)
    const { alarm, trace } = event
    if (!rule || !asset || alarm === null || book.ofRule(rule.id).length > 0) return []
    const incident = `${asset.room}/bad-actor/${rule.id}`
    const plainly = { ...rule, class: 'P8a', closesItself: false } as const
    return [opened(plainly, asset, { alarm, order: `W${seq}`, incident, trace, badActor: true })]
  }

  /** One lost lift may be the first of many: who looks after it calls the others, too. */
  function isLostLift({ watch, asset }: Rule): boolean {
    if (watch.kind === 'lost-lifts') return true
    const isLoss = watch.kind === 'lost' || (watch.kind === 'data' && watch.family === 'communication')
    return isLoss && lifts.has(asset)
  }

  /** Every car is called by this order: whatever lift is lost then joins it, however late. */
  function isCalled(order: Order): boolean {
    return call !== undefined && order.alarms.some(({ rule }) => rule === call.id) && book.truthOf(call.id) === 'true'
  }

  function isSameIncident(order: Order, incident: string, at: number): boolean {
    if (isOfRoute(incident)) return order.incident === incident && ON_THE_WAY.includes(order.state)
    if (order.incident !== incident) return false
    const withinMs = incident === LOST_LIFTS ? callWithinMs : plan.settings.incidentWindowMs
    const isRescue = order.alarms.some(({ asset }) => incident === rescueOf(asset))
    return isRescue || at - order.lastJoinedAt <= withinMs || isCalled(order)
  }

  function assign(
    order: Order,
    passedOver: readonly string[],
    at: number,
    loads: ReadonlyMap<string, number> = book.loads(),
  ): Extract<Draft, { type: 'order.dispatched' }> {
    const wanted = { ...wantedOf(order), passedOver }
    const loadOf = (person: string) => loads.get(person) ?? 0
    const times = timesOf(order, at)
    const found = times.map((wall) => dispatch(plan, wanted, loadOf, wall, book.roster))
    const { assignee, why } = found.find((each) => !isGap(each.why)) ?? found[0]!
    return { type: 'order.dispatched', order: order.order, assignee, why, trace: order.trace }
  }

  /**
   * When somebody must be there for it: as soon as its class is at work; what has time waits for whoever comes within two
   * hours of service.
   */
  function timesOf(order: Order, at: number): readonly number[] {
    if (!UNHURRIED.has(order.class)) return [hours.opensAt(order, at)]
    const first = service.nextOpening(book.wallAt(at))
    return [0, 1, 2, 3, 4].map((half) => service.after(first, half * HALF_AN_HOUR_MS))
  }

  /** The source's conditions, and those that show a repair, decide when work is verified and take it back. */
  function onCondition(rule: string, { at }: Context): readonly Draft[] {
    const orders = proofs.has(rule) ? [...book.all()] : book.ofRule(rule)
    return orders.flatMap((order) => ending.decide(order, at))
  }

  function look(id: string, { at }: Context): readonly Draft[] {
    const order = book.get(id)
    return order ? ending.decide(order, at) : []
  }

  /** An order nobody accepts goes on to the next; with nobody left it rests with the fallback. A pause ends by itself. */
  function onTick({ at }: Context): readonly Draft[] {
    const orders = [...book.all()]
    const resumed = orders
      .filter((order) => at >= resumeAt(order))
      .map(({ order, trace }): Draft => ({ type: 'order.resumed', order, by: 'caretaker', trace }))
    const ended = orders.filter((order) => at >= ending.dueAt(order)).flatMap((order) => ending.decide(order, at))
    const over = new Set(ended.flatMap((draft) => (draft.type === 'order.closed' ? [draft.order] : [])))
    const unaccepted = orders.filter((order) => at >= passOnAt(order) && !over.has(order.order))
    return [...resumed, ...ended, ...assignAll(unaccepted, at)]
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

  /** Given out in one moment: what somebody just got counts for the next. */
  function assignAll(orders: readonly Order[], at: number): readonly Draft[] {
    const loads = book.loads()
    return orders.map((order) => {
      const passedOver = order.assignee === null ? order.passedOver : [...order.passedOver, order.assignee]
      const given = assign(order, passedOver, at, loads)
      loads.set(given.assignee, (loads.get(given.assignee) ?? 0) + 1)
      return given
    })
  }

  function passOnAt(order: Order): number {
    if (order.state !== 'dispatched' || UNHURRIED.has(order.class)) return Infinity
    if (order.assignee === plan.fallback || order.assignee === fallbackOf(plan, book.roster, order)) return Infinity
    return hours.acceptBy(order)
  }

  return {
    name: 'orders',
    version: 7,
    decide(input: Event | Command | Tick, context) {
      switch (input.type) {
        case 'alarm.raised':
        case 'alarm.reoccurred':
        case 'alarm.announced':
        // Silent for another reason than before, and now work.
        case 'alarm.silenced':
          return onAlarm(input, context)
        case 'alarm.severity_changed':
          return input.rises ? onAlarm(input, context) : []
        case 'alarm.bad_actor':
          return onBadActor(input, context)
        case 'site.loaded':
          return onLoad(context.at)
        case 'order.dispatched':
          return gapOf(input, book.get(input.order), plan)
        case 'roster.left':
        case 'roster.leave_began':
          return handedOver(input, { book, plan, at: context.at, assignAll })
        case 'order.reopened': {
          const order = book.get(input.order)
          return order ? [assign(order, [], context.at)] : []
        }
        case 'order.joined': {
          // What took on something graver rests no longer.
          const order = book.get(input.order)
          return order?.state === 'paused' && POLICIES[order.class]?.mayPause === false
            ? [{ type: 'order.resumed', order: order.order, by: 'caretaker', trace: order.trace }]
            : []
        }
        case 'order.open':
          return opening(input, plan, context, book.wallAt(context.at))
        case 'order.opened': {
          const order = book.get(input.order)
          return order ? [assign(order, [], context.at)] : []
        }
        case 'condition.became':
          return onCondition(input.rule, context)
        case 'order.finished':
        case 'order.verified':
        case 'order.called_back':
          return look(input.order, context)
        case 'task.accepted':
        case 'task.arrived':
          return onRescue(input, book)
        case 'task.out':
          return 'seq' in input ? onRescue(input, book) : []
        case 'tick':
          return onTick(context)
        case 'order.declined': {
          const order = book.get(input.order)
          return order ? [assign(order, order.passedOver, context.at)] : []
        }
        default:
          return isOrderCommand(input) ? answerTo(input, { book, plan, at: context.at }) : []
      }
    },
    apply: (event) => book.apply(event),
    due() {
      let due = Infinity
      for (const order of book.all()) due = Math.min(due, passOnAt(order), resumeAt(order), ending.dueAt(order))
      return due === Infinity ? null : due
    },
    snapshot: () => book.snapshot() as unknown as Json,
    restore: (state) => book.restore(state as unknown as ReturnType<OrderBook['snapshot']>),
  }
}

type AlarmEvent = EventOf<
  'alarm.raised' | 'alarm.reoccurred' | 'alarm.announced' | 'alarm.silenced' | 'alarm.severity_changed'
>

function resumeAt({ state, pausedUntil }: Order): number {
  return state === 'paused' && pausedUntil !== null ? pausedUntil : Infinity
}

/** The technician said so, or the telemetry. */
function isThoughtOver(order: Order): boolean {
  return order.state === 'restored' || order.state === 'feedback' || order.state === 'verified'
}

/** An accepted order cannot take on something graver unseen: that gets an order, and an answer, of its own. */
function canCarry(order: Order, rule: Rule): boolean {
  if (order.state === 'new' || order.state === 'dispatched') return true
  return !isThoughtOver(order) && graver(order.class, rule.class) === order.class
}

const HALF_AN_HOUR_MS = 30 * 60_000

/** Lifts that are lost within the same minute. */
const LOST_LIFTS = 'lifts/lost'

/** Whatever says that somebody is trapped in a car, it is one rescue as long as that goes on. */
function rescueOf(asset: string): string {
  return `${asset}/rescue`
}

/**
 * A person in danger is never grouped. Alarms of one room are one incident; loss of data is another matter than what the
 * data say. What a cart collects on one round is one incident, but its sensors are mended one by one.
 */
function incidentOf({ id, class: ofClass, watch, rescue }: Rule, { id: asset, room, route }: Asset): string {
  if (rescue) return rescueOf(asset)
  if (ofClass === 'P0') return `${room}/${id}`
  if (watch.kind === 'data') return `${room}/data`
  return route === undefined || watch.kind === 'stuck' ? room : `${ROUTE}${route}`
}

const ROUTE = 'route/'

function isOfRoute(incident: string): boolean {
  return incident.startsWith(ROUTE)
}
