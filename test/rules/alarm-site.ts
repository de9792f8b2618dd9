import type { CommandBody, Command } from '#rules/command.ts'
import { isRefusal } from '#rules/command.ts'
import type { BodyOf, Event, EventOf, EventType, Silence } from '#rules/event.ts'
import type { Asset, Plan, Rule } from '#rules/plan.ts'
import type { Stage } from '#rules/stage.ts'

const S = 1_000

export function rule(device: string, changes: Partial<Rule> = {}): Rule {
  return {
    id: `${device}/hi`,
    device,
    asset: device,
    name: device,
    watch: { kind: 'limit', point: 'v', side: 'hi', limit: 10, deadband: 0 },
    onDelayMs: 0,
    offDelayMs: 0,
    latch: false,
    safety: false,
    priority: 'high',
    class: 'P1',
    skill: 'water',
    closesItself: false,
    validityMs: 10_000 * S,
    ...changes,
  }
}

/** Loss of communication of a device. */
export function lossOf(device: string, changes: Partial<Rule> = {}): Rule {
  const of = { id: `${device}/communication`, watch: { kind: 'data', family: 'communication' } } as const
  return rule(device, { ...of, priority: 'medium', class: 'P8a', closesItself: true, validityMs: 10 * S, ...changes })
}

export function asset(id: string, changes: Partial<Asset> = {}): Asset {
  return { id, name: id, kind: 'pump-set', room: id, region: 'north', homes: [`home-of-${id}`], ...changes }
}

export function alarmPlan(
  rules: readonly Rule[],
  assets: readonly Asset[] = [...new Set(rules.map((each) => each.asset))].map((id) => asset(id)),
  alarms: Plan['settings']['alarms'] = {},
): Plan {
  const duty = [{ from: 0, to: 1_440 }]
  return {
    site: 'x',
    timeZone: 'Asia/Shanghai',
    rules,
    assets: new Map(assets.map((each) => [each.id, each])),
    staff: [
      { id: 'T1', role: 'technician', regions: ['north'], skills: ['water'], duty },
      { id: 'PM', role: 'manager', regions: ['north'], skills: [], duty },
    ],
    fallback: 'PM',
    channels: ['screen'],
    settings: {
      incidentWindowMs: 600 * S,
      publishAfterMs: 100 * S,
      publishConfirmedAfterMs: 50 * S,
      allClearHoldMs: 60 * S,
      acceptWithinMs: 36_000 * S,
      alarms,
    },
  }
}

export type KeptAlarm = Readonly<{
  alarm: string
  rule: string
  state: string
  silence: Silence | null
  isTold: boolean
  priority: string
}>

/** One stage that is told events and commands, second by second, and answers itself until nothing follows. */
export function told(plan: Plan, stageOf: (plan: Plan) => Stage) {
  let stage = stageOf(plan)
  let [seq, now, commands] = [0, 0, 0]
  const events: Event[] = []
  function derive(drafts: readonly object[], at: number, stamp: object = {}): void {
    const queue: Event[] = []
    const admit = (list: readonly object[], said: object = {}) => {
      for (const draft of list) {
        const event = { ...draft, seq: ++seq, at, v: 1, ...said } as Event
        stage.apply(event)
        events.push(event)
        queue.push(event)
      }
    }
    admit(drafts, stamp)
    for (let next = queue.shift(); next; next = queue.shift()) {
      const answer = stage.decide(next, { at, seq: seq + 1 })
      if (!isRefusal(answer)) admit(answer)
    }
  }
  function passes(second: number): void {
    const to = second * S
    for (let due = stage.due(); due !== null && due <= to; due = stage.due()) {
      now = Math.max(now, due)
      const answer = stage.decide({ type: 'tick' }, { at: now, seq: seq + 1 })
      if (isRefusal(answer) || answer.length === 0) throw new Error('due without an event')
      derive(answer, now)
    }
    now = Math.max(now, to)
  }
  return {
    events,
    passes,
    says<T extends EventType>(second: number, body: BodyOf<T>): void {
      passes(second)
      derive([{ trace: 'R1', ...body }], now)
    },
    does(second: number, body: CommandBody): string {
      passes(second)
      const command = { actor: 'x', ...body, id: `c${++commands}` } as Command
      const answer = stage.decide(command, { at: now, seq: seq + 1 })
      if (isRefusal(answer)) return answer.refused
      derive(answer, now, { actor: command.actor })
      return 'done'
    },
    restarts(): void {
      const kept = JSON.parse(JSON.stringify(stage.snapshot()))
      stage = stageOf(plan)
      stage.restore(kept)
    },
    alarms: () => (stage.snapshot() as unknown as { alarms: KeptAlarm[] }).alarms,
    newest: <T extends EventType>(type: T, is: (event: EventOf<T>) => boolean = () => true) =>
      events.findLast((event): event is EventOf<T> => event.type === type && is(event as EventOf<T>)),
  }
}
