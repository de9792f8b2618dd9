import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft, Event, EventOf } from '../event.ts'
import type { Plan, Rule } from '../plan.ts'
import type { Context, Json, Stage, Tick } from '../stage.ts'
import { type AlarmState, type AlarmTrigger, nextAlarmState } from './states.ts'

/** A returned alarm nobody acknowledged is acknowledged by itself after this time; a safety alarm never is. */
const AUTO_ACKNOWLEDGE_MS = 24 * 3_600_000

type Alarm = {
  readonly alarm: string
  readonly rule: string
  readonly asset: string
  readonly latch: boolean
  readonly safety: boolean
  readonly trace: string
  state: AlarmState
  returnedAt: number | null
}

/** Conditions become alarms: raise, acknowledge, clear, latch, reset. At most one alarm per rule. */
export function alarmStage(plan: Pick<Plan, 'rules'>): Stage {
  const rules = new Map(plan.rules.map((rule) => [rule.id, rule]))
  const alarms = new Map<string, Alarm>()
  const ofRule = new Map<string, Alarm>()

  const move = (alarm: Alarm, trigger: AlarmTrigger): AlarmState | null =>
    nextAlarmState(alarm.state, trigger, alarm.latch)
  const closed = (alarm: Alarm, code: string): Draft => ({
    type: 'alarm.closed',
    alarm: alarm.alarm,
    why: { code, params: {} },
    trace: alarm.trace,
  })

  function onCondition(event: EventOf<'condition.became'>, context: Context): readonly Draft[] {
    const alarm = ofRule.get(event.rule)
    const rule = rules.get(event.rule)
    if (event.state === 'true') {
      if (!alarm) return rule ? [raised(rule, event, context)] : []
      if (move(alarm, 'occur') === null) return []
      return [
        {
          type: 'alarm.reoccurred',
          alarm: alarm.alarm,
          rule: alarm.rule,
          asset: alarm.asset,
          occurredAt: event.since,
          trace: alarm.trace,
        },
      ]
    }
    // Unknown neither raises nor clears.
    if (event.state === 'unknown' || !alarm) return []
    const to = move(alarm, 'clear')
    if (to === null) return []
    const cleared: Draft = {
      type: 'alarm.cleared',
      alarm: alarm.alarm,
      rule: alarm.rule,
      asset: alarm.asset,
      trace: alarm.trace,
    }
    return to === 'normal' ? [cleared, closed(alarm, 'cleared')] : [cleared]
  }

  function raised(rule: Rule, event: EventOf<'condition.became'>, context: Context): Draft {
    const { id, device, asset, priority, latch, safety } = rule
    const { since: occurredAt, evidence, found, trace } = event
    return {
      type: 'alarm.raised',
      alarm: `A${context.seq}`,
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
      trace,
    }
  }

  function acknowledge(alarm: Alarm, by: string, comment?: string): readonly Draft[] | null {
    const to = move(alarm, 'acknowledge')
    if (to === null) return null
    const acknowledged: Draft = {
      type: 'alarm.acknowledged',
      alarm: alarm.alarm,
      by,
      ...(comment === undefined ? {} : { comment }),
      trace: alarm.trace,
    }
    return to === 'normal' ? [acknowledged, closed(alarm, 'acknowledged')] : [acknowledged]
  }

  function onCommand(command: Command): readonly Draft[] | Refusal {
    if (command.type !== 'alarm.acknowledge' && command.type !== 'alarm.reset') return []
    const alarm = alarms.get(command.alarm)
    if (!alarm) return refuse('unknown_alarm', { alarm: command.alarm })
    if (command.type === 'alarm.acknowledge') {
      return acknowledge(alarm, command.by, command.comment) ?? refuse('already_acknowledged', { alarm: alarm.alarm })
    }
    if (move(alarm, 'reset') === null) return refuse('wrong_state', { state: alarm.state, command: 'reset' })
    return [{ type: 'alarm.reset', alarm: alarm.alarm, by: command.by, trace: alarm.trace }, closed(alarm, 'reset')]
  }

  /** What a new configuration removed is closed now, by a decision, never in replay. */
  function onLoad(): readonly Draft[] {
    return [...alarms.values()].filter((alarm) => !rules.has(alarm.rule)).map((alarm) => closed(alarm, 'rule_removed'))
  }

  function onTick({ at }: Context): readonly Draft[] {
    return [...alarms.values()]
      .filter((alarm) => at >= autoAcknowledgeAt(alarm))
      .flatMap((alarm) => acknowledge(alarm, 'caretaker', 'auto') ?? [])
  }

  return {
    name: 'alarms',
    version: 1,
    decide(input: Event | Command | Tick, context) {
      switch (input.type) {
        case 'condition.became':
          return onCondition(input, context)
        case 'order.accepted':
          // Accepting the order acknowledges its alarms in the accepter's name.
          return input.alarms.flatMap((id) => {
            const alarm = alarms.get(id)
            return alarm ? (acknowledge(alarm, input.by) ?? []) : []
          })
        case 'site.loaded':
          return onLoad()
        case 'tick':
          return onTick(context)
        default:
          return 'id' in input ? onCommand(input) : []
      }
    },
    apply(event) {
      if (event.type === 'alarm.raised') {
        const { alarm: id, rule, asset, latch, safety, trace } = event
        const alarm: Alarm = { alarm: id, rule, asset, latch, safety, trace, state: 'unacknowledged', returnedAt: null }
        alarms.set(alarm.alarm, alarm)
        ofRule.set(alarm.rule, alarm)
        return
      }
      if (!('alarm' in event)) return
      const alarm = alarms.get(event.alarm)
      if (!alarm) return
      if (event.type === 'alarm.closed') {
        alarms.delete(alarm.alarm)
        ofRule.delete(alarm.rule)
        return
      }
      const trigger = TRIGGER_OF[event.type as keyof typeof TRIGGER_OF]
      if (!trigger) return
      alarm.state = move(alarm, trigger) ?? alarm.state
      alarm.returnedAt = alarm.state === 'returned' ? event.at : null
    },
    due() {
      const due = Math.min(...[...alarms.values()].map(autoAcknowledgeAt))
      return due === Infinity ? null : due
    },
    snapshot: () => [...alarms.values()].map((alarm) => ({ ...alarm })) as unknown as Json,
    restore(state) {
      alarms.clear()
      ofRule.clear()
      for (const alarm of state as unknown as Alarm[]) {
        const own = { ...alarm }
        alarms.set(own.alarm, own)
        ofRule.set(own.rule, own)
      }
    },
  }
}

const TRIGGER_OF = {
  'alarm.reoccurred': 'occur',
  'alarm.cleared': 'clear',
  'alarm.acknowledged': 'acknowledge',
  'alarm.reset': 'reset',
} as const satisfies Partial<Record<Event['type'], AlarmTrigger>>

function autoAcknowledgeAt(alarm: Alarm): number {
  return alarm.returnedAt === null || alarm.safety ? Infinity : alarm.returnedAt + AUTO_ACKNOWLEDGE_MS
}
