import type { OrderClass } from '#devices/alarm-definition.ts'
import { coreOf } from '#rules/core.ts'
import type { Command, CommandBody } from '#rules/command.ts'
import type { Draft, Event, EventOf, EventType } from '#rules/event.ts'
import type { Person, Plan, Rule } from '#rules/plan.ts'

const H = 3_600_000
/** `6 21:40` is the sixth of January 2026 on the wall of a site in Shanghai. */
export const at = (text: string): number => {
  const [day, time] = text.split(' ') as [string, string]
  const [hour, minute, second = 0] = time.split(':').map(Number) as [number, number, number?]
  return Date.UTC(2026, 0, Number(day), hour - 8, minute, second)
}
/** … and back; seconds where there are any. */
export const said = (ms: number | null | undefined): string => {
  if (ms == null) return '-'
  const wall = new Date(ms + 8 * H).toISOString()
  return `${Number(wall.slice(8, 10))} ${wall.slice(11, wall.slice(17, 19) === '00' ? 16 : 19)}`
}

export const person = (id: string, role: string, skills: string[] = [], hours = [0, 1_440]): Person => ({
  id,
  role,
  regions: ['r'],
  skills,
  duty: [{ from: hours[0]!, to: hours[1]! }],
})
export const STAFF = [
  person('T1', 'technician', ['water']),
  person('T2', 'technician', ['water']),
  person('CE', 'chief'),
  person('PM', 'manager'),
  person('S1', 'steward'),
  person('Q', 'quality'),
  person('MR', 'monitor'),
]

export const ruleOf = (ofClass: OrderClass): Rule => ({
  id: 'A/hi',
  device: 'A',
  asset: 'A',
  name: 'A',
  watch: { kind: 'limit', point: 'v', side: 'hi', limit: 10, deadband: 0 },
  onDelayMs: 0,
  offDelayMs: 0,
  latch: false,
  safety: false,
  priority: 'high',
  class: ofClass,
  skill: 'water',
  closesItself: false,
  validityMs: 100_000 * H,
})

/** A pump whose value above 10 is an alarm of this class, and the people around it. Time is what the test says. */
export function orderSite(
  ofClass: OrderClass,
  { staff = STAFF, ...changes }: Partial<Plan> = {},
  after?: ReturnType<typeof coreOf>,
) {
  const rule = ruleOf(ofClass)
  const settings = { incidentWindowMs: 600_000, publishAfterMs: H, publishConfirmedAfterMs: H, allClearHoldMs: H }
  const plan: Plan = {
    site: 'x',
    timeZone: 'Asia/Shanghai',
    rules: [rule],
    assets: new Map([['A', { id: 'A', name: 'A', kind: 'pump', room: 'R', region: 'r', homes: [] }]]),
    staff,
    fallback: 'PM',
    channels: [],
    settings: { ...settings, acceptWithinMs: 100_000 * H },
    ...changes,
  }
  const flow = coreOf(plan)
  if (after) flow.restore(JSON.parse(JSON.stringify(after.snapshot())) as ReturnType<typeof after.snapshot>)
  const events: Event[] = []
  let commands = 0
  const of = <T extends EventType>(type: T) => events.filter((event): event is EventOf<T> => event.type === type)
  return {
    plan,
    flow,
    events,
    of,
    says(time: string, value: number) {
      const receivedAt = at(time)
      const reading = { device: 'A', point: 'v', value, quality: 'good', at: receivedAt } as const
      events.push(...flow.judge({ source: 's', receivedAt, readings: [reading] }, ++commands))
    },
    does(time: string, body: CommandBody): string {
      const command: Command = { ...body, id: `c${++commands}`, actor: 'x' }
      const answer = flow.command(command, at(time))
      events.push(...answer.events)
      return answer.refusal?.refused ?? 'done'
    },
    passes: (time: string) => void events.push(...flow.advance(at(time))),
    records: (time: string, draft: Draft) => void events.push(...flow.record(draft, at(time))),
    returns(time: string, blindFrom: string) {
      const started = { type: 'gateway.started', epoch: 'e', after: null, wallOffsetMs: 0, trace: 'G' } as const
      events.push(...flow.begin({ ...started, blindFrom: at(blindFrom) }, at(time), true))
    },
  }
}
export type OrderSite = ReturnType<typeof orderSite>
