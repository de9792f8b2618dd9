import type { OrderClass } from '#devices/alarm-definition.ts'
import type { FaultCode, Params } from '#devices/fault.ts'
import { supervisorsIn } from '../clocks/supervisors.ts'
import { WorkingDays } from '../clocks/working-days.ts'
import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft, Event, EventOf } from '../event.ts'
import { graver } from '../orders/order.ts'
import type { Plan } from '../plan.ts'
import type { Json, Stage } from '../stage.ts'

/** Explained, it waits for its verdict; deducted, quality may still excuse it. */
export type CaseState = 'open' | 'explained' | 'deducted' | 'judged'
type Case = {
  readonly case: string
  readonly order: string
  readonly trace: string
  /** On the wall: a working day ends when the calendar says so. */
  readonly dueOnWall: number | null
  state: CaseState
}
type LedOrder = { readonly order: string; readonly skill: string; class: OrderClass; assignee: string | null }
type State = Readonly<{
  cases: readonly Case[]
  orders: readonly LedOrder[]
  wallOffsetMs: number
}>

const EXPLAINED_WITHIN_DAYS = 3
/** What a level 3 that nobody explains costs, where the site says nothing else. */
export const POINTS = 5
const MOST_POINTS = 100

type CasesPlan = Pick<Plan, 'timeZone' | 'staff' | 'supervisors' | 'calendar' | 'deduction'>

/**
 * Level 3 opens a case of its own: whoever leads the order's people explains it within three working days, or the points
 * are taken by itself; quality judges. What becomes of the order does not touch it.
 */
export function caseStage(plan: CasesPlan): Stage {
  const cases = new Map<string, Case>()
  const orders = new Map<string, LedOrder>()
  const workingDays = new WorkingDays(plan.timeZone, plan.calendar)
  const supervisorsOf = supervisorsIn(plan)
  const points = plan.deduction ?? POINTS
  let wallOffsetMs = 0

  function onLevel(event: EventOf<'order.escalated'>, { at, seq }: Context): readonly Draft[] {
    if (event.level !== 3) return []
    const led = orders.get(event.order)
    if (!led) return []
    const { order, clock, late, trace } = event
    const { skill, assignee, class: ofClass } = led
    const to = [...new Set([...supervisorsOf(skill, 1), ...supervisorsOf(skill, 2)])]
    const what = { case: `SC${seq}`, order, class: ofClass, clock, assignee, to } as const
    if (late?.isGatewayDown === true) return [{ type: 'case.opened', ...what, dueAt: null, trace }]
    const dueOnWall = workingDays.endOf(at + wallOffsetMs, EXPLAINED_WITHIN_DAYS)
    return [{ type: 'case.opened', ...what, dueAt: dueOnWall - wallOffsetMs, dueOnWall, trace }]
  }

  function answerTo(command: CaseCommand): readonly Draft[] | Refusal {
    const known = cases.get(command.case)
    if (!known) return refuse('unknown_case', { case: command.case })
    const refused = refusalOf(command, known)
    if (refused) return refuse(...refused)
    const { case: id, trace } = known
    const { by, text } = command
    if (command.type === 'case.explain') return [{ type: 'case.explained', case: id, by, text, trace }]
    return [{ type: 'case.judged', case: id, by, verdict: command.verdict, points: command.points, text, trace }]
  }

  function refusalOf(command: CaseCommand, { state, case: id }: Case): readonly [FaultCode, Params] | null {
    const person = plan.staff.find((each) => each.id === command.by)
    if (!person) return ['unknown_person', { person: command.by }]
    if (command.type === 'case.explain') {
      return state === 'open' ? null : ['wrong_state', { state, command: 'explain' }]
    }
    if (!supervisorsOf('', 3).includes(person.id)) return ['not_quality', { person: person.id, case: id }]
    // Whoever was not heard yet is not judged.
    if (state === 'open' || state === 'judged') return ['wrong_state', { state, command: 'judge' }]
    const isFitting = command.verdict === 'excused' ? command.points === 0 : command.points > 0
    return isFitting && command.points <= MOST_POINTS ? null : ['wrong_points', { most: MOST_POINTS }]
  }

  const dueOf = ({ state, dueOnWall }: Case) =>
    state === 'open' && dueOnWall !== null ? dueOnWall - wallOffsetMs : Infinity

  function change(event: Event, state: CaseState): void {
    const known = 'case' in event ? cases.get(event.case) : undefined
    if (known) known.state = state
    // What is judged is history; what was deducted may still be excused.
    if (known && state === 'judged') cases.delete(known.case)
  }

  return {
    name: 'cases',
    version: 2,
    decide(input, context) {
      switch (input.type) {
        case 'order.escalated':
          return onLevel(input, context)
        case 'case.explain':
        case 'case.judge':
          return answerTo(input)
        case 'tick':
          return [...cases.values()]
            .filter((each) => dueOf(each) <= context.at)
            .map((each): Draft => {
              return { type: 'case.deducted', case: each.case, points, dueAt: dueOf(each), trace: each.trace }
            })
        default:
          return []
      }
    },
    apply(event) {
      switch (event.type) {
        case 'gateway.started':
          ;({ wallOffsetMs } = event)
          return
        case 'clock.stepped':
          wallOffsetMs += event.byMs
          return
        case 'order.opened':
          orders.set(event.order, { order: event.order, skill: event.skill, class: event.class, assignee: null })
          return
        case 'order.reopened': {
          const { order, was } = event
          if (was) orders.set(order, { order, skill: was.skill, class: was.class, assignee: null })
          return
        }
        case 'order.joined': {
          const led = orders.get(event.order)
          if (led) led.class = graver(led.class, event.class)
          return
        }
        case 'order.dispatched':
          return assigned(event.order, event.assignee)
        case 'order.transferred':
          return assigned(event.order, event.to)
        case 'order.accepted':
          return assigned(event.order, event.by)
        case 'order.closed':
          orders.delete(event.order)
          return
        case 'case.opened': {
          const { case: id, order, dueAt, trace } = event
          const { dueOnWall = dueAt === null ? null : dueAt + wallOffsetMs } = event
          cases.set(id, { case: id, order, trace, dueOnWall, state: 'open' })
          return
        }
        case 'case.explained':
          return change(event, 'explained')
        case 'case.deducted':
          return change(event, 'deducted')
        case 'case.judged':
          return change(event, 'judged')
        default:
      }
    },
    due() {
      const due = Math.min(...[...cases.values()].map(dueOf))
      return due === Infinity ? null : due
    },
    snapshot: (): Json =>
      ({
        cases: [...cases.values()].map((each) => ({ ...each })),
        orders: [...orders.values()].map((order) => ({ ...order })),
        wallOffsetMs,
      }) satisfies State as unknown as Json,
    restore(state) {
      const known = state as unknown as State
      ;({ wallOffsetMs } = known)
      cases.clear()
      orders.clear()
      for (const each of known.cases) cases.set(each.case, { ...each })
      for (const order of known.orders) orders.set(order.order, { ...order })
    },
  }

  function assigned(order: string, assignee: string): void {
    const known = orders.get(order)
    if (known) known.assignee = assignee
  }
}

type Context = Readonly<{ at: number; seq: number }>
type CaseCommand = Extract<Command, { type: 'case.explain' | 'case.judge' }>
