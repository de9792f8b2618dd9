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
  INTERCOM_MS,
  ON_SITE_MS,
  RESCUE_KINDS,
  RESCUER_MS,
  RESCUER_OUTSIDE_CITIES_MS,
  STEP_MS,
  stepsOf,
  SUPPLY_MS,
  type TaskKind,
} from './chain.ts'
import type { MissedClock, TaskEnd } from './events.ts'
import { answerTo, isTaskCommand } from './task-commands.ts'

/**
 * What an order asks of people at the same moment. Somebody is trapped: one speaks with them and goes on doing so, one
 * stands before the door, and the chain of those who may open it is asked one by one until one accepts. An alarm button is
 * answered; where the power is gone every car is called; homes that are dry for a day are brought water.
 */
export function taskStage(plan: Plan): Stage {
  const rescues = new Set(plan.rules.filter(({ rescue }) => rescue).map(({ id }) => id))
  const alone = new Map<string, 'intercom' | 'call_cars'>([
    ...plan.rules.filter(({ intercom }) => intercom).map(({ id }) => [id, 'intercom'] as const),
    ...plan.rules.filter(({ watch }) => watch.kind === 'lost-lifts').map(({ id }) => [id, 'call_cars'] as const),
  ])
  const book = new TaskBook(plan)

  function onOrder({ order, rule, asset, trace }: EventOf<'order.opened' | 'order.joined'>, context: Context) {
    if (rescues.has(rule)) return begin(order, asset, trace, context)
    const kind = alone.get(rule)
    // Whoever comforts them has the intercom already.
    if (!kind || book.get(`${order}-${kind}`) || book.get(`${order}-rescue`)) return []
    const to = crewAt(order, context.at).comfort
    return [
      opened(kind, { order, asset, trace }, to, context.at + (kind === 'intercom' ? INTERCOM_MS : FIRST_CONTACT_MS)),
    ]
  }

  function crewAt(order: string, at: number): ReturnType<typeof crewOf> {
    return crewOf(plan, book.roster, book.wallAt(at), book.regionOf(order))
  }

  function opened(
    kind: TaskKind,
    { order, asset, trace }: Pick<Task, 'order' | 'asset' | 'trace'>,
    to: string,
    dueAt: number,
    code: 'rescue' | 'nobody_certified' | 'asked' = 'asked',
  ): Draft {
    const why = { code, params: { kind } }
    return { type: 'task.opened', task: `${order}-${kind}`, order, kind, asset, to, dueAt, why, trace }
  }

  /** Whoever is trapped again while the rescue goes on is the same rescue. */
  function begin(order: string, asset: string, trace: string, { at }: Context): readonly Draft[] {
    if (book.get(`${order}-rescue`)) return []
    const crew = crewAt(order, at)
    const steps = stepsOf(plan, crew.certified !== undefined)
    const first = steps[0]!
    const to = {
      comfort: crew.comfort,
      on_site: crew.onSite([crew.comfort]),
      rescue: reachedBy(first, crew),
    }
    const rescuerMs = plan.rescue?.isOutsideCities ? RESCUER_OUTSIDE_CITIES_MS : RESCUER_MS
    const dueAt = { comfort: at + FIRST_CONTACT_MS, on_site: at + ON_SITE_MS, rescue: at + rescuerMs }
    const rescue = `${order}-rescue`
    const code = crew.certified === undefined ? 'nobody_certified' : 'rescue'
    const answered = [...book.all()]
      .filter((task) => task.kind === 'intercom' && task.asset === asset)
      .map((task) => ended(task, 'rescue'))
    const tasks = RESCUE_KINDS.map((kind) =>
      opened(kind, { order, asset, trace }, to[kind], dueAt[kind], kind === 'rescue' ? code : 'rescue'),
    )
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
    return [...answered, ...tasks, ...uncovered, called({ task: rescue, order, trace }, first, steps, to.rescue, at)]
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
    const crew = crewAt(task.order, at)
    const steps = stepsOf(plan, task.step === 'staff')
    const next = steps[steps.indexOf(task.step!) + 1]
    return next === undefined ? [] : [called(task, next, steps, reachedBy(next, crew, comforting(task)), at)]
  }

  function comforting({ order }: Task): string | undefined {
    return book.get(`${order}-comfort`)?.to
  }

  function onTick({ at }: Context): readonly Draft[] {
    const dry = book.dry.due(at).map((homes) => opened('supply', homes, crewAt(homes.order, at).supply, at + SUPPLY_MS))
    const tasks = [...book.all()].flatMap((task): readonly Draft[] => {
      if (task.acceptBy !== null && at >= task.acceptBy)
        return [missed(task, 'accept', task.acceptBy), ...nextStep(task, at)]
      const next = clockOf(task)
      return next !== null && at >= next.dueAt ? [missed(task, next.clock, next.dueAt)] : []
    })
    return [...dry, ...tasks]
  }

  /** Whoever takes the order itself, and may free people, has the rescue. */
  function onAccepted({ order, by, at, trace }: EventOf<'order.accepted'>): readonly Draft[] {
    const task = book.get(`${order}-rescue`)
    const person = plan.staff.find(({ id }) => id === by)
    if (task?.state !== 'open' || !person || !mayRescue(person, plan, book.roster, book.wallAt(at))) return []
    return [{ type: 'task.accepted', task: task.task, order, by, trace }]
  }

  /** Of several cars one has somebody in it: a rescue like any other. */
  function onConfirmed({ order, asset, trace }: EventOf<'task.confirmed'>, context: Context): readonly Draft[] {
    return asset === undefined ? [] : begin(order, asset, trace, context)
  }

  /** The last car is heard again. */
  function onHeard(order: string): readonly Draft[] {
    const task = book.get(`${order}-call_cars`)
    return task?.cars?.open.length === 0 ? [ended(task, 'over')] : []
  }

  /** The water is back. */
  function onWater({ notice }: EventOf<'notice.monitoring'>): readonly Draft[] {
    const task = book.get(`${book.dry.orderOf(notice)}-supply`)
    return task ? [ended(task, 'over')] : []
  }

  return {
    name: 'tasks',
    version: 3,
    decide(input: Event | Command | Tick, context): readonly Draft[] | Refusal {
      switch (input.type) {
        case 'order.opened':
        case 'order.joined':
          return onOrder(input, context)
        case 'order.line_ended':
          return onHeard(input.order)
        case 'notice.monitoring':
          return onWater(input)
        case 'task.confirmed':
          return onConfirmed(input, context)
        case 'order.accepted':
          return onAccepted(input)
        case 'order.closed':
          return book.ofOrder(input.order).map((task) => ended(task, 'order_ended'))
        case 'task.out':
          return 'seq' in input ? onOut(input.order) : answered(input, context)
        case 'tick':
          return onTick(context)
        default:
          return isTaskCommand(input) ? answered(input, context) : []
      }
    },
    apply: (event) => book.apply(event),
    due() {
      let due = book.dry.nextAt()
      for (const task of book.all()) due = Math.min(due, task.acceptBy ?? Infinity, clockOf(task)?.dueAt ?? Infinity)
      return due === Infinity ? null : due
    },
    snapshot: () => book.snapshot() as unknown as Json,
    restore: (state) => book.restore(state as unknown as ReturnType<TaskBook['snapshot']>),
  }

  function onOut(order: string): readonly Draft[] {
    return book
      .ofOrder(order)
      .filter(({ kind }) => RESCUE_KINDS.some((each) => each === kind))
      .map((task) => ended(task, 'out'))
  }

  function answered(command: Parameters<typeof answerTo>[0], { at }: Context): readonly Draft[] | Refusal {
    const task = book.get(command.task)
    return task
      ? answerTo(command, { task, plan, at, roster: book.roster, wall: book.wallAt(at) })
      : refuse('unknown_task', { task: command.task })
  }
}

/** Which clock of a task runs, and was not said to have run out. */
function clockOf({ kind, state, missed, dueAt, cars }: Task): Readonly<{ clock: MissedClock; dueAt: number }> | null {
  const running: readonly MissedClock[] = cars && !cars.isBegun ? ['contact', 'all_cars'] : [CLOCK_OF[kind]]
  const clock = running.find((each) => !missed.includes(each))
  if (clock === undefined || (clock === 'arrive' && state === 'arrived')) return null
  return { clock, dueAt: clock === 'all_cars' ? cars!.allBy : dueAt }
}

/** Of a task that was begun. */
const CLOCK_OF: Readonly<Record<TaskKind, MissedClock>> = {
  comfort: 'contact',
  on_site: 'arrive',
  rescue: 'arrive',
  intercom: 'contact',
  call_cars: 'all_cars',
  supply: 'done',
}

function ended({ task, order, trace }: Pick<Task, 'task' | 'order' | 'trace'>, how: TaskEnd): Draft {
  return { type: 'task.ended', task, order, how, trace }
}

function missed({ task, order, to, trace }: Task, clock: MissedClock, dueAt: number): Draft {
  return { type: 'task.missed', task, order, clock, dueAt, to, trace }
}

/** Whom a step reaches: a person of the site, or whoever dials for help from outside. */
function reachedBy(step: ChainStep, crew: ReturnType<typeof crewOf>, dialler: string = crew.comfort): string {
  if (step === 'staff') return crew.certified ?? crew.fallback
  return step === 'contractor' || step === 'contractor_second' ? (crew.contractor ?? dialler) : dialler
}
