import type { Draft, Event, EventOf } from '../event.ts'
import type { Plan, Rule } from '../plan.ts'
import type { Json, Stage } from '../stage.ts'
import { LiftBook, type LostLift } from './book.ts'

type CallRule = Rule & { readonly watch: Extract<Rule['watch'], { kind: 'lost-lifts' }> }

/**
 * Call every car. Two lifts that are lost within a minute, whatever they did before, are no fault of a lift: the power
 * is gone, and people may stand in any of the cars. That is a condition of its own, with an alarm and an order of its
 * own; the order gets one line for each lift that is lost, those first in which somebody is likely to be.
 */
export function liftStage({ rules }: Pick<Plan, 'rules'>): Stage {
  const call = rules.find((rule): rule is CallRule => rule.watch.kind === 'lost-lifts')
  const lifts = new Set(call?.watch.lifts)
  const watched = new Map(
    rules.filter(({ asset }) => lifts.has(asset)).flatMap((rule) => told(rule).map((of) => [rule.id, of] as const)),
  )
  const book = new LiftBook(call?.id ?? null, watched)

  function onCondition(event: EventOf<'condition.became'>): readonly Draft[] {
    if (!call) return []
    if (event.rule === call.id) return event.state === 'true' ? lines(event.trace) : []
    if (!watched.has(event.rule)) return []
    if (event.state !== 'true') return onBack(event, call)
    if (book.isCalled) return lines(event.trace)
    const { withinMs, count } = call.watch
    const newest = book.lost.get(event.asset)!
    const together = book.likeliestFirst().filter(({ since }) => Math.abs(since - newest.since) <= withinMs)
    if (together.length < count) return []
    const why = { code: 'lifts_lost', params: { lifts: together.length, withinMs } }
    const since = Math.min(...together.map((lift) => lift.since))
    return [became(call, 'true', since, together[0]!, why, event)]
  }

  /** It is over when none of those that were called is lost any more. */
  function onBack({ asset, device, trace, at }: EventOf<'condition.became'>, rule: CallRule): readonly Draft[] {
    if (!book.isCalled || book.lost.has(asset)) return []
    const { order } = book
    const ended: Draft[] =
      order !== null && book.lines.has(asset) ? [{ type: 'order.line_ended', order: order.id, asset, trace }] : []
    if (book.lost.size > 0) return ended
    return [...ended, became(rule, 'false', at, { asset, device }, undefined, { trace, at })]
  }

  /** A configuration without the lifts that were called. */
  function onLoad({ trace, at }: EventOf<'site.loaded'>): readonly Draft[] {
    if (!call || !book.isCalled || book.lost.size > 0) return []
    return [became(call, 'false', at, call, undefined, { trace, at })]
  }

  /** What the order does not say yet. */
  function lines(trace: string): readonly Draft[] {
    const { order } = book
    if (order === null || !call || !book.isCalled) return []
    return book
      .likeliestFirst()
      .filter(({ asset, likely }) => book.lines.get(asset) !== likely && !(book.lines.get(asset) === true))
      .map(({ asset, device, likely, since }) => ({
        type: 'order.line_added',
        order: order.id,
        alarm: order.alarm,
        rule: call.id,
        asset,
        device,
        likely,
        since,
        trace,
      }))
  }

  function became(
    { id }: CallRule,
    state: 'true' | 'false',
    since: number,
    { asset, device }: Pick<LostLift, 'asset' | 'device'>,
    why: EventOf<'condition.became'>['evidence']['why'],
    { trace, at }: { trace: string; at: number },
  ): Draft {
    const evidence = { at, ...(why ? { why } : {}) }
    return { type: 'condition.became', rule: id, device, asset, state, since, evidence, trace }
  }

  return {
    name: 'lifts',
    version: 1,
    decide(input) {
      if (!('seq' in input)) return []
      switch (input.type) {
        case 'condition.became':
          return onCondition(input)
        case 'site.loaded':
          return onLoad(input)
        case 'order.opened':
        case 'order.joined':
        case 'order.reopened':
          return input.rule === call?.id ? lines(input.trace) : []
        default:
          return []
      }
    },
    apply: (event: Event) => book.apply(event),
    due: () => null,
    snapshot: () => book.snapshot() as unknown as Json,
    restore: (state) => book.restore(state as unknown as ReturnType<LiftBook['snapshot']>),
  }
}

/** What a rule of a lift tells of it: that it is not heard, or that somebody is likely to be in it. */
function told({ watch }: Rule): ('silent' | 'likely')[] {
  if (watch.kind === 'lost') return ['likely']
  return watch.kind === 'data' && watch.family === 'communication' ? ['silent'] : []
}
