import { type CommandBody, type Command } from '#rules/command.ts'
import { coreOf } from '#rules/core.ts'
import type { Event, EventOf, EventType } from '#rules/event.ts'
import type { Plan, Rule } from '#rules/plan.ts'
import { alarmPlan, asset, rule } from './alarm-site.ts'

const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
/** Tuesday; the estate lives by Shanghai's clock. */
export const at = (clock: string, day = 8) => Date.parse(`2026-12-${String(day).padStart(2, '0')}T${clock}+08:00`)
/** `09:30`, and with its day where that is not the eighth. */
export function clockOf(ms: number): string {
  const text = new Date(ms + 8 * HOUR).toISOString()
  const [day, time] = [Number(text.slice(8, 10)), text.slice(11, 19).replace(/:00$/, '')]
  return day === 8 ? time : `${day}/${time}`
}

/** A pump set of the high zone, one of the low zone, two lifts of one building; everything told after 10 and 5 min. */
export function noticePlan(changes: Partial<Plan> = {}): Plan {
  const water = { notice: 'water-off' } as const
  const lift = { notice: 'lift-stopped', class: 'P2', skill: 'lift' } as const
  const measured: Partial<Rule> = { id: 'H/water-unfit', watch: { kind: 'measured' }, notice: 'water-unfit' }
  const rules = [
    rule('H', water),
    rule('H', { id: 'H/level', watch: { kind: 'limit', point: 'level', side: 'lo', limit: 1, deadband: 0 } }),
    rule('H', measured),
    rule('Lo', water),
    rule('E1', lift),
    rule('E2', lift),
  ]
  const assets = [
    asset('H', { homes: ['B1-1301', 'B1-1401'], zoneLevel: 'high' }),
    asset('Lo', { homes: ['B1-0101'], zoneLevel: 'low' }),
    asset('E1', { kind: 'lift', homes: ['B1-0101', 'B1-1301', 'B1-1401'] }),
    asset('E2', { kind: 'lift', homes: ['B1-0101', 'B1-1301', 'B1-1401'] }),
  ]
  const plan = alarmPlan(rules, assets)
  const settings = {
    ...plan.settings,
    publishAfterMs: 10 * MINUTE,
    publishConfirmedAfterMs: 5 * MINUTE,
    allClearHoldMs: 10 * MINUTE,
  }
  return { ...plan, channels: ['screen', 'sms'], channelKinds: { screen: 'page', sms: 'paid' }, settings, ...changes }
}

/** The whole core, told what each device says and what people do, by the clock. */
export function noticeSite(plan: Plan = noticePlan()) {
  let flow = coreOf(plan)
  const events: Event[] = []
  let [batches, commands] = [0, 0]
  return {
    events,
    /** Null: it does not answer. */
    says(when: number, device: string, value: number | null, point = 'v') {
      const said =
        value === null ? ({ quality: 'bad', reason: 'no_response' } as const) : ({ quality: 'good' } as const)
      const reading = { device, point, value, ...said, at: when }
      events.push(...flow.judge({ source: 's', receivedAt: when, readings: [reading] }, ++batches))
    },
    does(when: number, body: CommandBody, actor = 'x'): string {
      const answer = flow.command({ ...body, id: `c${++commands}`, actor } as Command, when)
      events.push(...answer.events)
      return answer.refusal?.refused ?? 'done'
    },
    passes(when: number) {
      events.push(...flow.advance(when))
    },
    /** A new program reads the snapshot of the old one. */
    restarts() {
      const kept = JSON.parse(JSON.stringify(flow.snapshot())) as ReturnType<typeof flow.snapshot>
      const keyframe = flow.keyframe()
      flow = coreOf(plan)
      if (!flow.restore(kept)) throw new Error('the snapshot is of another version')
      flow.recall(keyframe)
    },
    of: <T extends EventType>(type: T) => events.filter((event): event is EventOf<T> => event.type === type),
    /** What became of notices: `drafted@06:30 published@06:40`. */
    story: () =>
      events
        .filter(({ type }) => type.startsWith('notice.'))
        .map(({ type, at: when }) => `${type.slice('notice.'.length)}@${clockOf(when)}`)
        .join(' '),
  }
}
