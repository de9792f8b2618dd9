import { refuse, type Command, type Refusal } from '../command.ts'
import type { Draft, Event, EventOf } from '../event.ts'
import type { Plan } from '../plan.ts'
import type { Context, Json, Stage } from '../stage.ts'

/** `order`: which one answers for it; null while none does. */
type Latched = Readonly<{ alarm: string; rule: string; asset: string; order: string | null }>
type FollowUp = Readonly<{ order: string; alarms: readonly string[] }>
type State = Readonly<{ latched: readonly Latched[]; followUps: readonly FollowUp[] }>

/**
 * An order may be over while an alarm of its is still latched: the water is back, and nobody has looked at the floor. Then
 * another order opens, for whoever looks and resets; before the reset it cannot be said to be done.
 */
export function followUpStage(plan: Pick<Plan, 'rules' | 'assets'>): Stage {
  const rules = new Map(plan.rules.map((rule) => [rule.id, rule]))
  const latched = new Map<string, Latched>()
  const followUps = new Map<string, FollowUp>()

  function onClosed({ order, how, trace }: EventOf<'order.closed'>, { seq }: Context): readonly Draft[] {
    // Of a merged order the other one answers for its alarms.
    if (how === 'merged') return []
    const followed = new Set([...followUps.values()].flatMap(({ alarms }) => alarms))
    const left = [...latched.values()].filter((each) => each.order === order && !followed.has(each.alarm))
    const [first] = left
    const rule = rules.get(first?.rule ?? '')
    const asset = plan.assets.get(first?.asset ?? '')
    if (!first || !rule || !asset) return []
    const id = `W${seq}`
    return [
      {
        type: 'order.opened',
        order: id,
        incident: id,
        // None: should one of them occur again, that is an order of its own.
        alarm: '',
        rule: '',
        asset: asset.id,
        // The service is back; what is left is to look, by day.
        class: 'P8b',
        skill: rule.skill,
        region: asset.region,
        closesItself: false,
        follows: { order, alarms: left.map(({ alarm }) => alarm), rule: rule.id },
        trace,
      },
    ]
  }

  function onFinish({ order }: Extract<Command, { type: 'order.finish' }>): readonly Draft[] | Refusal {
    const alarm = followUps.get(order)?.alarms.find((each) => latched.has(each))
    return alarm === undefined ? [] : refuse('still_latched', { alarm })
  }

  function answers(alarm: string, order: string): void {
    const known = latched.get(alarm)
    if (known) latched.set(alarm, { ...known, order })
  }

  return {
    name: 'follow-ups',
    version: 1,
    decide(input, context) {
      if (input.type === 'order.closed') return onClosed(input, context)
      return input.type === 'order.finish' ? onFinish(input) : []
    },
    apply(event: Event) {
      switch (event.type) {
        case 'alarm.raised':
          if (event.latch)
            latched.set(event.alarm, { alarm: event.alarm, rule: event.rule, asset: event.asset, order: null })
          return
        case 'alarm.closed':
          latched.delete(event.alarm)
          return
        case 'order.opened':
          if (event.follows) followUps.set(event.order, { order: event.order, alarms: event.follows.alarms })
          return answers(event.alarm, event.order)
        case 'order.joined':
          return answers(event.alarm, event.order)
        case 'order.closed':
          followUps.delete(event.order)
          return
        default:
      }
    },
    due: () => null,
    snapshot: () => ({ latched: [...latched.values()], followUps: [...followUps.values()] }) as unknown as Json,
    restore(state) {
      const stored = state as unknown as State
      latched.clear()
      followUps.clear()
      for (const each of stored.latched) latched.set(each.alarm, each)
      for (const each of stored.followUps) followUps.set(each.order, each)
    },
  }
}
