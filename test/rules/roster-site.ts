import { Temporal } from 'temporal-polyfill'
import type { OrderClass } from '#devices/alarm-definition.ts'
import { coreOf } from '#rules/core.ts'
import type { Command } from '#rules/command.ts'
import type { Event, EventOf, EventType } from '#rules/event.ts'
import type { Flow } from '#rules/flow.ts'
import type { Person, Plan, Rule } from '#rules/plan.ts'

const ZONE = 'Asia/Shanghai'
export const DAY = [{ from: 420, to: 1_140 }]
export const NIGHT = [{ from: 1_140, to: 1_860 }]

/** `8 23:40` is the eighth of December 2026 on the wall of a site in Shanghai. */
export function at(text: string): number {
  const [day, time] = text.split(' ') as [string, string]
  return Temporal.PlainDateTime.from(`2026-12-01T${time}`)
    .add({ days: Number(day) - 1 })
    .toZonedDateTime(ZONE).epochMilliseconds
}
export function said(ms: number): string {
  const wall = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(ZONE)
  const [hour, minute] = [wall.hour, wall.minute].map((part) => String(part).padStart(2, '0'))
  return `${wall.day} ${hour}:${minute}`
}
export function person(id: string, more: Partial<Person> = {}): Person {
  return { id, role: 'technician', regions: ['north'], skills: ['lift'], duty: DAY, ...more }
}
export function rule(device: string, more: Partial<Rule> = {}): Rule {
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
    class: 'P1' satisfies OrderClass,
    skill: 'lift',
    closesItself: false,
    validityMs: 400 * 86_400_000,
    ...more,
  }
}
export function planOf(staff: readonly Person[], more: Partial<Plan> = {}): Plan {
  const rules = more.rules ?? [rule('L1')]
  const asset = (id: string) => ({ id, name: id, kind: 'lift', room: id, region: 'north', homes: [] })
  return {
    site: 'x',
    timeZone: ZONE,
    rules,
    assets: new Map(rules.map(({ asset: id }) => [id, asset(id)])),
    staff,
    fallback: 'PM',
    channels: [],
    settings: {
      incidentWindowMs: 600_000,
      publishAfterMs: 3_600_000,
      publishConfirmedAfterMs: 3_600_000,
      allClearHoldMs: 3_600_000,
      acceptWithinMs: 400 * 86_400_000,
    },
    ...more,
  }
}

/** A core of lifts and people, told what happens and when. */
export class RosterSite {
  readonly events: Event[] = []
  flow: Flow
  #commands = 0

  constructor(plan: Plan, start = '1 00:00') {
    this.flow = coreOf(plan)
    const started = { type: 'gateway.started', epoch: 'e', after: null, blindFrom: null, wallOffsetMs: 0 } as const
    this.events.push(...this.flow.record({ ...started, trace: 'G' }, at(start)))
  }

  of<T extends EventType>(type: T): EventOf<T>[] {
    return this.events.filter((event): event is EventOf<T> => event.type === type)
  }
  fails(time: string, device = 'L1', value = 20): void {
    const receivedAt = at(time)
    const reading = { device, point: 'v', value, quality: 'good', at: receivedAt } as const
    this.events.push(...this.flow.judge({ source: 's', receivedAt, readings: [reading] }, ++this.#commands))
  }
  does(time: string, body: Readonly<Record<string, unknown>>): string {
    const command = { by: 'PM', ...body, id: `c${++this.#commands}`, actor: 'x' }
    const answer = this.flow.command(command as unknown as Command, at(time))
    this.events.push(...answer.events)
    return answer.refusal?.refused ?? 'done'
  }
  passes(time: string): void {
    this.events.push(...this.flow.advance(at(time)))
  }
  steps(time: string, byMs: number): void {
    this.events.push(...this.flow.record({ type: 'clock.stepped', byMs, trace: 'C' }, at(time)))
  }
  /** Another configuration takes effect in the running core. */
  loads(time: string, plan: Plan): void {
    this.flow = coreOf(plan, this.flow)
    this.events.push(...this.flow.load('next', '1', at(time)))
  }
  /** It ends and starts again from what it kept. */
  restarts(plan: Plan): void {
    const kept: ReturnType<Flow['snapshot']> = JSON.parse(JSON.stringify(this.flow.snapshot()))
    this.flow = coreOf(plan)
    this.flow.restore(kept)
  }
  /** To whom orders went, and why. */
  given(): string[] {
    return this.of('order.dispatched').map(
      ({ order, assignee, why, at: when }) => `${order} ${assignee} ${why.code} ${said(when)}`,
    )
  }
}
