import type { Reading } from '#devices/reading.ts'
import type { CommandBody } from '#rules/command.ts'
import { coreOf } from '#rules/core.ts'
import type { Event } from '#rules/event.ts'
import type { Flow } from '#rules/flow.ts'
import type { Plan } from '#rules/plan.ts'
import type { PlannedWork, Report } from './report.ts'
import { EventTally } from './tally.ts'

export type BacktestOptions = Readonly<{
  plan: Plan
  /** What came before is told to the rules, and not counted. */
  from: number
  planned?: readonly PlannedWork[]
  /** Sees every event, in order. */
  watch?(event: Event): void
}>

/**
 * History through the very core that judges live: the same detectors, delays, alarms, orders and notices. Each reading is
 * judged at its own source time. The staff is scripted: everybody accepts at once, repairs when the alarm clears, and
 * resets what latches; otherwise the first order of a rule would stand to the end and hide all that follow.
 */
export class Backtest {
  readonly #flow: Flow
  readonly #tally: EventTally
  readonly #watch: ((event: Event) => void) | undefined
  readonly #assignees = new Map<string, string>()
  readonly #ordersOf = new Map<string, string>()
  #batches = 0
  #commands = 0
  #readings = 0

  constructor({ plan, from, planned = [], watch }: BacktestOptions) {
    this.#flow = coreOf(plan)
    this.#tally = new EventTally({ from, timeZone: plan.timeZone, planned })
    this.#watch = watch
  }

  /** What one device said in one moment; moments in order. */
  take(at: number, readings: readonly Reading[]): void {
    this.#readings += readings.length
    const batch = { source: 'backtest', receivedAt: at, readings }
    const events = this.#flow.judge(batch, ++this.#batches)
    if (events.length > 0) this.#live(events)
  }

  end(to: number, series: number): Report {
    this.#live(this.#flow.advance(to))
    return this.#tally.report(to, this.#readings, series)
  }

  /** What happened, and what people do about it, until nobody has anything to do. */
  #live(happened: readonly Event[]): void {
    const queue = [...happened]
    for (let next = 0; next < queue.length; next++) {
      const event = queue[next]!
      this.#tally.take(event)
      this.#watch?.(event)
      for (const body of this.#deeds(event)) {
        const command = { ...body, id: `B${++this.#commands}`, actor: body.by }
        // Refused is refused: the state does not ask for it.
        queue.push(...this.#flow.command(command, this.#flow.at).events)
      }
    }
  }

  #deeds(event: Event): Extract<CommandBody, { by: string }>[] {
    switch (event.type) {
      case 'order.opened':
      case 'order.joined':
        this.#ordersOf.set(event.alarm, event.order)
        if (event.type === 'order.opened') return []
        return this.#accepted(event.order, [{ type: 'alarm.acknowledge', alarm: event.alarm }])
      case 'order.dispatched':
        this.#assignees.set(event.order, event.assignee)
        return this.#accepted(event.order, [{ type: 'order.accept', order: event.order }])
      case 'alarm.reoccurred':
        return this.#accepted(this.#ordersOf.get(event.alarm), [{ type: 'alarm.acknowledge', alarm: event.alarm }])
      case 'alarm.cleared': {
        const order = this.#ordersOf.get(event.alarm)
        if (order === undefined) return []
        return this.#accepted(order, [
          { type: 'alarm.reset', alarm: event.alarm },
          { type: 'order.arrive', order },
          { type: 'order.finish', order },
        ])
      }
      case 'order.verified':
        return this.#accepted(event.order, [{ type: 'order.close', order: event.order }])
      case 'order.closed':
        this.#assignees.delete(event.order)
        return []
      case 'alarm.closed':
        this.#ordersOf.delete(event.alarm)
        return []
      default:
        return []
    }
  }

  #accepted(order: string | undefined, deeds: readonly Deed[]): Extract<CommandBody, { by: string }>[] {
    const by = order === undefined ? undefined : this.#assignees.get(order)
    return by === undefined ? [] : deeds.map((deed) => ({ ...deed, by }) as Extract<CommandBody, { by: string }>)
  }
}

type Deed =
  | Readonly<{ type: 'alarm.acknowledge' | 'alarm.reset'; alarm: string }>
  | Readonly<{ type: 'order.accept' | 'order.arrive' | 'order.finish' | 'order.close'; order: string }>
