import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft, Event, EventOf, Silence } from '../event.ts'
import type { Plan, Rule } from '../plan.ts'
import type { Context, Json, Stage, Tick } from '../stage.ts'
import { AssetTree } from '../asset-tree.ts'
import type { Alarm } from './alarm.ts'
import { AlarmBook } from './book.ts'
import type { Teller } from './flood.ts'
import { Hands, partsAbove, unshelved } from './hands.ts'
import { SimultaneousLosses } from './losses.ts'
import { ALARM_SETTINGS, type AlarmSettings } from './settings.ts'
import { type Candidate, silenceOf } from './silences.ts'
import { type AlarmTrigger, nextAlarmState } from './states.ts'
import { Timers } from './timers.ts'

/** A rule listed once as a bad actor is not said again before this time. */
const BAD_ACTOR_AGAIN_MS = 24 * 3_600_000

/**
 * Conditions become alarms: raise, rise, acknowledge, clear, latch, reset, and whatever keeps them silent meanwhile. At
 * most one alarm for all sides of one definition. Evaluation never stops; a silence only keeps from telling.
 */
export function alarmStage(plan: Pick<Plan, 'rules' | 'assets'> & Partial<Pick<Plan, 'settings'>>): Stage {
  const settings: AlarmSettings = { ...ALARM_SETTINGS, ...plan.settings?.alarms }
  const rules = new Map(plan.rules.map((rule) => [rule.id, rule]))
  const siblings = new Map<string, Rule[]>()
  for (const rule of plan.rules) {
    const definition = rule.definition ?? rule.id
    siblings.set(definition, [...(siblings.get(definition) ?? []), rule])
  }
  const book = new AlarmBook(settings)
  const tree = new AssetTree(plan.assets)
  const call = plan.rules.find(({ watch }) => watch.kind === 'lost-lifts')
  const lifts = new Set(call?.watch.kind === 'lost-lifts' ? call.watch.lifts : [])
  const losses = new SimultaneousLosses(book, tree, settings, lifts)
  const hands = new Hands(book, plan, settings)
  const timers = new Timers(book, losses, settings)
  const around = {
    book,
    tree,
    losses,
    rules,
    partsAbove: (asset: string) => partsAbove(plan.assets, asset),
    lifts,
    call: call?.id ?? null,
  }

  const move = (alarm: Alarm, trigger: AlarmTrigger) => nextAlarmState(alarm.state, trigger, alarm.latch)
  const of = ({ alarm, rule, asset, trace }: Alarm) => ({ alarm, rule, asset, trace })
  const closed = (alarm: Alarm, code: string): Draft => ({
    type: 'alarm.closed',
    ...of(alarm),
    why: { code, params: {} },
  })

  function alarmOf(rule: Rule): Alarm | undefined {
    const own = book.ofRule(rule.id)
    if (own) return own
    return siblings
      .get(rule.definition ?? rule.id)
      ?.map(({ id }) => book.ofRule(id))
      .find((alarm) => alarm !== undefined)
  }

  function onCondition(event: EventOf<'condition.became'>, context: Context): readonly Draft[] {
    const rule = rules.get(event.rule)
    // Unknown neither raises nor clears.
    if (event.state === 'unknown') return []
    if (rule?.mode) return book.on(rule.asset).flatMap((alarm) => reconciled(alarm, context))
    const alarm = rule ? alarmOf(rule) : book.ofRule(event.rule)
    if (event.state === 'false') return alarm ? onFalse(alarm, event.rule) : []
    if (!alarm) return rule ? raised(rule, event, context) : []
    if (alarm.holding.includes(event.rule)) return []
    if (alarm.holding.length > 0) return severityChanged(alarm, [...alarm.holding, event.rule], context)
    if (move(alarm, 'occur') === null) return []
    const teller = book.flood.teller(context.at, alarm.trace)
    const silence = silenced({ ...alarm, rule: event.rule, holds: true }, teller)
    const { alarm: id, asset, trace } = alarm
    const { rule: again, since: occurredAt } = event
    return [
      ...teller.drafts,
      { type: 'alarm.reoccurred', alarm: id, rule: again, asset, occurredAt, ...silence, trace },
    ]
  }

  function onFalse(alarm: Alarm, rule: string): readonly Draft[] {
    if (!alarm.holding.includes(rule)) return []
    const left = alarm.holding.filter((side) => side !== rule)
    if (left.length > 0) return severityChanged(alarm, left, null)
    const cleared: Draft = { type: 'alarm.cleared', ...of(alarm), rule }
    // Nobody was told that it began: nobody has to know that it ended.
    if (!alarm.isTold && !alarm.latch) return [cleared, closed(alarm, 'cleared_untold')]
    return move(alarm, 'clear') === 'normal' ? [cleared, closed(alarm, 'cleared')] : [cleared]
  }

  function raised(rule: Rule, event: EventOf<'condition.became'>, { at, seq }: Context): readonly Draft[] {
    const { id, priority, latch, safety } = rule
    // Of the event: what is found out of several assets stands at one of them.
    const { device, asset, since: occurredAt, evidence, found, trace } = event
    const isLoss = rule.watch.kind === 'data' && rule.watch.family === 'communication'
    const candidate = { alarm: null, rule: id, asset, priority, class: rule.class, safety, loss: isLoss, holds: true }
    const teller = book.flood.teller(at, trace)
    const loss = isLoss && !lifts.has(asset) ? losses.covering(rule, occurredAt) : null
    const silence =
      silenceOf(candidate, around) ?? (loss ? losses.silenceOf(null, loss) : null) ?? teller.silence(candidate)
    const draft: Draft = {
      type: 'alarm.raised',
      alarm: `A${seq + teller.drafts.length}`,
      rule: id,
      device,
      asset,
      priority,
      class: rule.class,
      latch,
      safety,
      occurredAt,
      evidence,
      ...(found ? { found } : {}),
      ...(isLoss ? { loss: true as const } : {}),
      ...(silence ? { silence } : {}),
      trace,
    }
    return [...teller.drafts, draft]
  }

  function severityChanged(alarm: Alarm, holding: readonly string[], context: Context | null): readonly Draft[] {
    const step = (id: string) => rules.get(id)?.step ?? 0
    const rule = holding.toSorted((a, b) => step(b) - step(a))[0]!
    const gravest = rules.get(rule)
    const rises = context !== null && step(rule) > step(alarm.rule)
    const teller = book.flood.teller(context?.at ?? 0, alarm.trace)
    const priority = gravest?.priority ?? alarm.priority
    const orderClass = gravest?.class ?? alarm.class
    const silence = rises ? silenced({ ...alarm, rule, priority, class: orderClass, holds: true }, teller) : {}
    const { alarm: id, asset, trace } = alarm
    const changed = { alarm: id, rule, asset, rules: holding, priority, class: orderClass, rises, ...silence, trace }
    return [...teller.drafts, { type: 'alarm.severity_changed', ...changed }]
  }

  function silenced(candidate: Candidate, teller: Teller): { silence?: Silence } {
    const silence = silenceOf(candidate, around) ?? teller.silence(candidate)
    return silence ? { silence } : {}
  }

  /** What should be silent and is not, or is and should not be. What still holds when its silence ends is told at once. */
  function reconciled(alarm: Alarm, { at }: Context, teller = book.flood.teller(at, alarm.trace)): readonly Draft[] {
    const wanted = silenceOf({ ...alarm, holds: alarm.holding.length > 0 }, around)
    const present = alarm.silence?.by === 'flood' ? null : alarm.silence
    if (wanted) {
      if (present?.by === wanted.by && present.root === wanted.root) return []
      return [{ type: 'alarm.silenced', ...of(alarm), silence: wanted }]
    }
    if (!present) return []
    const isToTell = alarm.holding.length > 0 || !alarm.isTold
    if (!isToTell) return [{ type: 'alarm.unsilenced', ...of(alarm) }]
    const why = { code: 'silence_ended', params: { was: present.by } }
    const said = teller.drafts.length
    const silence = teller.silence(alarm)
    const draft: Draft = { type: 'alarm.announced', ...of(alarm), why, ...(silence ? { silence } : {}) }
    return [...teller.drafts.slice(said), draft]
  }

  /** From above downwards: whom something above explains waits for what becomes of that. */
  function reconciledAll(alarms: readonly Alarm[], context: Context): readonly Draft[] {
    const teller = book.flood.teller(context.at, alarms[0]?.trace ?? '')
    const moved = new Set<string>()
    return alarms
      .toSorted((a, b) => tree.above(a.asset).length - tree.above(b.asset).length)
      .flatMap((alarm) => {
        if (tree.above(alarm.asset).some((asset) => moved.has(asset))) return []
        const drafts = reconciled(alarm, context, teller)
        if (drafts.length > 0) moved.add(alarm.asset)
        return drafts
      })
  }

  const onRule = (rule: string): readonly Alarm[] => {
    const alarm = book.ofRule(rule)
    return alarm ? [alarm] : []
  }
  const below = (asset: string): readonly Alarm[] => tree.below(asset).flatMap((each) => book.on(each))
  const lostLifts = (): readonly Alarm[] =>
    [...lifts].flatMap((asset) => book.on(asset).filter((alarm) => alarm.loss && alarm.holding.length > 0))
  const all = (): readonly Alarm[] => [...book.alarms.values()]

  function acknowledge(alarm: Alarm, by: string, comment?: string): readonly Draft[] | null {
    const to = move(alarm, 'acknowledge')
    if (to === null) return null
    const { alarm: id, trace } = alarm
    const said = comment === undefined ? {} : { comment }
    const acknowledged: Draft = { type: 'alarm.acknowledged', alarm: id, by, ...said, trace }
    return to === 'normal' ? [acknowledged, closed(alarm, 'acknowledged')] : [acknowledged]
  }

  function onCommand(command: Command, context: Context): readonly Draft[] | Refusal {
    switch (command.type) {
      case 'alarm.acknowledge':
      case 'alarm.reset':
      case 'alarm.comment':
      case 'alarm.shelve': {
        const alarm = book.alarms.get(command.alarm)
        return alarm ? onAlarmCommand(command, alarm, context) : refuse('unknown_alarm', { alarm: command.alarm })
      }
      case 'alarm.unshelve':
        return hands.unshelve(command)
      case 'service.remove':
        return hands.remove(command, context)
      case 'service.return':
        return hands.return(command)
      case 'maintenance.plan':
        return hands.plan(command, context)
      case 'maintenance.extend':
        return hands.extend(command, context)
      case 'maintenance.end':
        return hands.end(command)
      default:
        return []
    }
  }

  function onAlarmCommand(
    command: Extract<Command, { type: `alarm.${string}`; alarm: string }>,
    alarm: Alarm,
    context: Context,
  ): readonly Draft[] | Refusal {
    const { alarm: id, trace } = alarm
    const { by } = command
    switch (command.type) {
      case 'alarm.acknowledge':
        return acknowledge(alarm, by, command.comment) ?? refuse('already_acknowledged', { alarm: id })
      case 'alarm.comment':
        return [{ type: 'alarm.commented', alarm: id, by, comment: command.comment, trace }]
      case 'alarm.shelve':
        return hands.shelve(command, alarm, context)
      case 'alarm.reset':
        if (move(alarm, 'reset') === null) return refuse('wrong_state', { state: alarm.state, command: 'reset' })
        return [{ type: 'alarm.reset', alarm: id, by, trace }, closed(alarm, 'reset')]
    }
  }

  /** What a new configuration removed is closed now, by a decision, never in replay. */
  function onLoad(context: Context): readonly Draft[] {
    return all().flatMap((alarm) => {
      const holding = alarm.holding.filter((side) => rules.has(side))
      if (!alarm.sides.some((side) => rules.has(side))) return [closed(alarm, 'rule_removed')]
      if (alarm.holding.length > 0 && holding.length === 0) return [closed(alarm, 'rule_removed')]
      if (holding.length < alarm.holding.length) return severityChanged(alarm, holding, null)
      return reconciled(alarm, context)
    })
  }

  /** Counted on the raw condition: it is listed, and kept from ringing until it has rested. A safety alarm goes on ringing. */
  function onChatter(event: EventOf<'condition.chattered'>, { at, seq }: Context): readonly Draft[] {
    const { rule: id, device, asset, flips, withinMs, trace } = event
    const rule = rules.get(id)
    if (!rule || rule.mode) return []
    const since = book.badActorSince(id)
    const alarm = book.lastOf(id)
    const listed: readonly Draft[] =
      since !== null && at - since < BAD_ACTOR_AGAIN_MS
        ? []
        : [{ type: 'alarm.bad_actor', rule: id, device, asset, alarm, flips, withinMs, trace }]
    const standing = book.ofRule(id)
    if (!standing || standing.safety || book.shelves.has(standing.rule)) return listed
    const shelf: Draft = {
      type: 'alarm.shelved',
      shelf: `S${seq + listed.length}`,
      ...of(standing),
      by: 'caretaker',
      reason: 'chattering',
      until: at + settings.shelfMostMs,
      oneShot: true,
      restMs: settings.restMs,
    }
    return [...listed, shelf]
  }

  function onCleared(event: EventOf<'alarm.cleared'>, context: Context): readonly Draft[] {
    const shelf = book.shelves.get(event.rule)
    const ended = shelf?.oneShot && shelf.restMs === null ? [unshelved(shelf, 'caretaker', 'one_shot')] : []
    return [...ended, ...onCauseMoved(event, context)]
  }

  /** Those it explained, and the loss it was part of, look for another cause. */
  function onCauseMoved({ alarm: id, asset, trace }: CauseEvent, context: Context): readonly Draft[] {
    const alarm = book.alarms.get(id)
    const loss = book.losses.of(id)
    const called = alarm === undefined || alarm.rule === call?.id ? lostLifts() : []
    const explained = [...(alarm ? [alarm] : []), ...(asset === undefined ? [] : below(asset)), ...called]
    return [
      ...reconciledAll([...new Set(explained)], context),
      ...(loss && !(alarm && alarm.holding.length > 0) ? losses.ended(loss, trace) : []),
    ]
  }

  function onTold(event: CauseEvent, context: Context): readonly Draft[] {
    const alarm = book.alarms.get(event.alarm)
    const isNewLoss = alarm?.loss && alarm.holding.length > 0 && event.type !== 'alarm.announced'
    return [...onCauseMoved(event, context), ...(isNewLoss ? losses.opened(alarm, context) : [])]
  }

  /** What was agreed only while the asset was out of service. */
  function onReturned({ asset }: EventOf<'service.returned'>, context: Context): readonly Draft[] {
    const over = [...book.shelves.values()].filter((shelf) => shelf.safety && !hands.isOutOfService(shelf.asset))
    const parts = all().filter((alarm) => alarm.asset === asset || around.partsAbove(alarm.asset).includes(asset))
    return [...over.map((shelf) => unshelved(shelf, 'caretaker', 'back_in_service')), ...reconciledAll(parts, context)]
  }

  function onEvent(event: Event, context: Context): readonly Draft[] {
    switch (event.type) {
      case 'condition.became':
        return onCondition(event, context)
      case 'condition.chattered':
        return onChatter(event, context)
      case 'alarm.raised':
      case 'alarm.reoccurred':
      case 'alarm.announced':
        return onTold(event, context)
      case 'alarm.severity_changed':
      case 'alarm.silenced':
      case 'alarm.unsilenced':
      case 'alarm.closed':
        return onCauseMoved(event, context)
      case 'alarm.cleared':
        return onCleared(event, context)
      case 'alarm.shelved':
      case 'alarm.unshelved':
        return reconciledAll(onRule(event.rule), context)
      case 'incident.opened':
      case 'incident.closed':
        return reconciledAll(
          event.alarms.flatMap((id) => book.alarms.get(id) ?? []),
          context,
        )
      case 'incident.rerooted':
        return reconciledAll(
          book.losses.get(event.incident)?.alarms.flatMap((id) => book.alarms.get(id) ?? []) ?? [],
          context,
        )
      case 'service.removed':
      case 'maintenance.began':
      case 'maintenance.ended':
        return reconciledAll(all(), context)
      case 'service.returned':
        return onReturned(event, context)
      case 'order.accepted':
        // Accepting the order acknowledges its alarms in the accepter's name.
        return event.alarms.flatMap((id) => {
          const alarm = book.alarms.get(id)
          return alarm ? (acknowledge(alarm, event.by) ?? []) : []
        })
      case 'site.loaded':
        return onLoad(context)
      default:
        return []
    }
  }

  function onTick(context: Context): readonly Draft[] {
    const { at } = context
    const again = timers.toAnnounce(at)
    const teller = book.flood.teller(at, again[0]?.trace ?? '')
    const announced = again.map((alarm): Draft => {
      const silence = teller.silence(alarm)
      return {
        type: 'alarm.announced',
        ...of(alarm),
        why: { code: 're_alarm', params: {} },
        ...(silence ? { silence } : {}),
      }
    })
    const acknowledged = timers.toAcknowledge(at).flatMap((alarm) => acknowledge(alarm, 'caretaker', 'auto') ?? [])
    return [...acknowledged, ...teller.drafts, ...announced, ...timers.ended(at), ...losses.onTick(at)]
  }

  return {
    name: 'alarms',
    version: 2,
    decide(input: Event | Command | Tick, context) {
      if (input.type === 'tick') return onTick(context)
      return 'seq' in input ? onEvent(input, context) : onCommand(input, context)
    },
    apply(event) {
      if (book.apply(event)) timers.changed()
    },
    due: () => timers.due(),
    snapshot: () => book.snapshot() as unknown as Json,
    restore(state) {
      book.restore(state as unknown as ReturnType<AlarmBook['snapshot']>)
      timers.changed()
    },
  }
}

type CauseEvent = Readonly<{
  type: Event['type']
  alarm: string
  asset?: string
  trace: string
}>
