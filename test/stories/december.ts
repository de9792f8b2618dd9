import type { Command, CommandBody } from '#rules/command.ts'
import { coreOf } from '#rules/core.ts'
import type { Event } from '#rules/event.ts'
import type { Asset, Person, Plan, Rule } from '#rules/plan.ts'
import { devicesOfTheDemo } from './part-of-the-demo.ts'

const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** Days and hours of December 2026 on the wall in Shanghai; the 32nd is New Year. */
export const at = (day: number, hour = 0, minute = 0): number => Date.UTC(2026, 11, day, hour - 8, minute)

const everybody = (id: string, role: string, skills: readonly string[]): Person => {
  return { id, role, regions: ['site'], skills, duty: [{ from: 0, to: 1_440 }] }
}
const STAFF = [
  everybody('T1', 'technician', ['water', 'electric']),
  everybody('T2', 'technician', ['water', 'electric']),
  everybody('CE', 'chief', []),
  everybody('PM', 'manager', []),
  everybody('S1', 'steward', ['notices']),
  everybody('A', 'agent', ['service']),
  everybody('Q', 'quality', []),
]

/** The demonstration's 600 homes, and so many pumps of a room of their own, each with one value above which it is an alarm. */
function planOf(pumps: readonly Readonly<{ id: string; class: 'P2' | 'P3' }>[]): Plan {
  const { plan } = devicesOfTheDemo(() => false)
  const assets = new Map(plan.assets)
  const rules = pumps.map(({ id, class: ofClass }): Rule => {
    assets.set(id, { id, name: id, kind: 'pump', room: id, region: 'site', homes: [] } satisfies Asset)
    return {
      id: `${id}/hi`,
      device: id,
      asset: id,
      name: id,
      watch: { kind: 'limit', point: 'v', side: 'hi', limit: 10, deadband: 0 },
      onDelayMs: 0,
      offDelayMs: 0,
      latch: false,
      safety: false,
      priority: 'medium',
      class: ofClass,
      skill: 'water',
      closesItself: false,
      validityMs: 365 * DAY,
    }
  })
  const { paging: _, rosterOwner: __, handovers: ___, rescue: ____, ...rest } = plan
  const settings = { ...plan.settings, acceptWithinMs: 365 * DAY, orders: { closing: 'by_class' } as const }
  return { ...rest, assets, rules, staff: STAFF, fallback: 'PM', supervisors: undefined!, settings }
}

/** What becomes of one order: steps of people by minutes after it was opened. */
export type Script = Readonly<{
  opened: number
  /** Somebody opens it; else a pump of this class does. */
  intake?: Omit<Extract<CommandBody, { type: 'order.open' }>, 'type' | 'by'>
  pump?: 'P2' | 'P3'
  steps: readonly (readonly [minutes: number, step: Step])[]
  /** The pump is well again; never while this is left out. */
  wellAfter?: number
}>
/** A command of the order, without its number; `into` is the place of another script. */
export type Step = Readonly<{ type: CommandBody['type']; by: string; into?: number }> &
  Readonly<Record<string, unknown>>

/** What people do beside the orders, by what has happened until then. */
export type Deed = Readonly<{ at: number; command(events: readonly Event[]): CommandBody }>

/** The month through the real core, each command at its minute. */
export function played(scripts: readonly Script[], deeds: readonly Deed[] = []) {
  const pumps = scripts.flatMap(({ pump }, i) => (pump ? [{ id: `PU${i}`, class: pump }] : []))
  const plan = planOf(pumps)
  const flow = coreOf(plan)
  const events: Event[] = []
  const orders = new Map<number, string>()
  const refused: string[] = []
  let sent = 0

  function does(time: number, body: CommandBody): string | null {
    const command: Command = { ...body, id: `c${++sent}`, actor: body.type }
    const answer = flow.command(command, time)
    events.push(...answer.events)
    if (answer.refusal) refused.push(`${body.type} ${JSON.stringify(body)}: ${answer.refusal.refused}`)
    return answer.refusal?.refused ?? null
  }

  function says(time: number, device: string, value: number): void {
    const readings = [{ device, point: 'v', value, quality: 'good', at: time } as const]
    events.push(...flow.judge({ source: 'plc', receivedAt: time, readings }, ++sent))
  }

  function opens({ intake, opened }: Script, i: number): void {
    const from = events.length
    if (intake) does(opened, { type: 'order.open', by: 'A', ...intake })
    else says(opened, `PU${i}`, 20)
    const order = events.slice(from).find((event) => event.type === 'order.opened')
    if (order?.type === 'order.opened') orders.set(i, order.order)
  }

  const done = scripts.flatMap((script, i) => [
    { at: script.opened, run: () => opens(script, i) },
    ...script.steps.map(([minutes, { into, ...step }]) => {
      const time = script.opened + minutes * MINUTE
      const run = () => {
        const where = into === undefined ? {} : { into: orders.get(into)! }
        does(time, { order: orders.get(i)!, ...where, ...step } as unknown as CommandBody)
      }
      return { at: time, run }
    }),
    ...(script.wellAfter === undefined ? [] : [wellAt(script.opened + script.wellAfter * MINUTE, i)]),
  ])
  function wellAt(time: number, i: number) {
    return { at: time, run: () => says(time, `PU${i}`, 5) }
  }

  const agenda = [
    ...done,
    ...deeds.map(({ at: time, command }) => ({ at: time, run: () => does(time, command(events)) })),
  ]
  const started = { type: 'gateway.started', epoch: 'e', after: null, blindFrom: null, wallOffsetMs: 0 } as const
  events.push(...flow.record({ ...started, trace: 'G' }, at(1)))
  for (const { run } of agenda.toSorted((a, b) => a.at - b.at)) run()
  return {
    plan,
    flow,
    events,
    refused,
    orderOf: (i: number) => orders.get(i)!,
    does,
    passes: (time: number) => void events.push(...flow.advance(time)),
  }
}
