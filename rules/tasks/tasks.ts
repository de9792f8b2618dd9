import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft, Event, EventOf } from '../event.ts'
import type { Plan } from '../plan.ts'
import type { Context, Json, Stage, Tick } from '../stage.ts'
import { type Task, TaskBook } from './book.ts'
import {
  type ChainStep,
  crewOf,
  FIRST_CONTACT_MS,
  mayRescue,
  ON_SITE_MS,
  RESCUER_MS,
  STEP_MS,
  stepsOf,
  TASK_KINDS,
} from './chain.ts'
import type { MissedClock } from './events.ts'
import { answerTo, isTaskCommand } from './task-commands.ts'

/**
 * Somebody is trapped: one order, three tasks at the same moment. Somebody speaks with them and goes on doing so, somebody
 * stands before the door, and the chain of those who may open it is asked one by one until one accepts.
 */
export function taskStage(plan: Plan): Stage {
  const rescues = new Set(plan.rules.filter(({ rescue }) => rescue).map(({ id }) => id))
  const book = new TaskBook(plan)

  /** Whoever is trapped again while the rescue goes on is the same rescue. */
  function begin(order: string, asset: string, trace: string, { at }: Context): readonly Draft[] {
    if (book.ofOrder(order).length > 0) return []
    const crew = crewOf(plan, book.roster, book.wallAt(at), book.regionOf(order))
    const steps = stepsOf(plan, crew.certified !== undefined)
    const first = steps[0]!
    const to = {
      comfort: crew.comfort,
      on_site: crew.onSite([crew.comfort]),
      rescue: reachedBy(first, crew),
    }
    const dueAt = { comfort: at + FIRST_CONTACT_MS, on_site: at + ON_SITE_MS, rescue: at + RESCUER_MS }
    const rescue = `${order}-rescue`
    const code = crew.certified === undefined ? 'nobody_certified' : 'rescue'
    const opened = TASK_KINDS.map((kind): Draft => {
      const why = { code: kind === 'rescue' ? code : 'rescue', params: { kind } }
      return {
        type: 'task.opened',
        task: `${order}-${kind}`,
        order,
        kind,
        asset,
        to: to[kind],
        dueAt: dueAt[kind],
        why,
        trace,
      }
    })
    const uncovered: Draft[] =
      crew.certified === undefined
        ? [
            {
              type: 'task.uncovered',
              task: rescue,
              order,
              kind: 'rescue',
              to: plan.rosterOwner ?? plan.fallback,
              trace,
            },
          ]
        : []
    return [...opened, ...uncovered, called({ task: rescue, order, trace }, first, steps, to.rescue, at)]
  }

  function called(
    { task, order, trace }: Pick<Task, 'task' | 'order' | 'trace'>,
    step: ChainStep,
    steps: readonly ChainStep[],
    to: string,
    at: number,
  ): Draft {
    const acceptBy = step === steps.at(-1) ? null : at + STEP_MS
    return { type: 'task.called', task, order, step, to, acceptBy, trace }
  }

  /** The next who may free them; whoever comforts dials the numbers outside. */
  function nextStep(task: Task, at: number): readonly Draft[] {
    const crew = crewOf(plan, book.roster, book.wallAt(at), book.regionOf(task.order))
    const steps = stepsOf(plan, task.step === 'staff')
    const next = steps[steps.indexOf(task.step!) + 1]
    return next === undefined ? [] : [called(task, next, steps, reachedBy(next, crew, comforting(task)), at)]
  }

  function comforting({ order }: Task): string | undefined {
    return book.get(`${order}-comfort`)?.to
  }

  function onTick({ at }: Context): readonly Draft[] {
    return [...book.all()].flatMap((task): readonly Draft[] => {
      if (task.acceptBy !== null && at >= task.acceptBy)
        return [missed(task, 'accept', task.acceptBy), ...nextStep(task, at)]
      const clock = clockOf(task)
      return clock !== null && at >= task.dueAt ? [missed(task, clock, task.dueAt)] : []
    })
  }

  /** Whoever takes the order itself, and may free people, has the rescue. */
  function onAccepted({ order, by, at, trace }: EventOf<'order.accepted'>): readonly Draft[] {
    const task = book.get(`${order}-rescue`)
    const person = plan.staff.find(({ id }) => id === by)
    if (task?.state !== 'open' || !person || !mayRescue(person, plan, book.roster, book.wallAt(at))) return []
    return [{ type: 'task.accepted', task: task.task, order, by, trace }]
  }

  function ended(order: string, how: 'out' | 'order_ended'): readonly Draft[] {
    return book.ofOrder(order).map(({ task, trace }) => ({ type: 'task.ended', task, order, how, trace }))
  }

  return {
    name: 'tasks',
    version: 2,
    decide(input: Event | Command | Tick, context): readonly Draft[] | Refusal {
      switch (input.type) {
        case 'order.opened':
        case 'order.joined':
          return rescues.has(input.rule) ? begin(input.order, input.asset, input.trace, context) : []
        case 'order.accepted':
          return onAccepted(input)
        case 'order.closed':
          return ended(input.order, 'order_ended')
        case 'task.out':
          return 'seq' in input ? ended(input.order, 'out') : answered(input, context)
        case 'tick':
          return onTick(context)
        default:
          return isTaskCommand(input) ? answered(input, context) : []
      }
    },
    apply: (event) => book.apply(event),
    due() {
      let due = Infinity
      for (const task of book.all())
        due = Math.min(due, task.acceptBy ?? Infinity, clockOf(task) === null ? Infinity : task.dueAt)
      return due === Infinity ? null : due
    },
    snapshot: () => book.snapshot() as unknown as Json,
    restore: (state) => book.restore(state as unknown as ReturnType<TaskBook['snapshot']>),
  }

  function answered(command: Parameters<typeof answerTo>[0], { at }: Context): readonly Draft[] | Refusal {
    const task = book.get(command.task)
    return task
      ? answerTo(command, { task, plan, at, roster: book.roster, wall: book.wallAt(at) })
      : refuse('unknown_task', { task: command.task })
  }
}

/** Which clock of a task runs, and was not said to have run out. */
function clockOf({ kind, state, missed }: Task): MissedClock | null {
  const clock = kind === 'comfort' ? 'contact' : 'arrive'
  if (clock === 'arrive' && state === 'arrived') return null
  return missed.includes(clock) ? null : clock
}

function missed({ task, order, to, trace }: Task, clock: MissedClock, dueAt: number): Draft {
  return { type: 'task.missed', task, order, clock, dueAt, to, trace }
}

/** Whom a step reaches: a person of the site, or whoever dials for help from outside. */
function reachedBy(step: ChainStep, crew: ReturnType<typeof crewOf>, dialler: string = crew.comfort): string {
  if (step === 'staff') return crew.certified ?? crew.fallback
  return step === 'contractor' || step === 'contractor_second' ? (crew.contractor ?? dialler) : dialler
}
