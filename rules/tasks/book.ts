import type { Event } from '../event.ts'
import type { Plan } from '../plan.ts'
import { RosterBook, type RosterState } from '../roster/book.ts'
import { ALL_CARS_MS, type ChainStep, type TaskKind } from './chain.ts'
import { DryHomes, type DryState } from './dry-homes.ts'
import type { MissedClock } from './events.ts'

export type Task = {
  readonly task: string
  readonly order: string
  readonly kind: TaskKind
  readonly asset: string
  readonly trace: string
  /** Who is asked, or has it. */
  to: string
  state: 'open' | 'accepted' | 'arrived'
  step: ChainStep | null
  /** Rescue: until then the step may accept; null for the last one, and once it is accepted. */
  acceptBy: number | null
  /** First or next contact, or on site. */
  dueAt: number
  missed: MissedClock[]
  /** Somebody said that people are in there. */
  isConfirmed?: true
  /** Every car is called: those that nobody spoke with yet, by when all are reached, and whether one was. */
  cars?: { open: string[]; allBy: number; isBegun: boolean }
}

type BookState = Readonly<{
  tasks: readonly Task[]
  regions: readonly (readonly [string, string])[]
  lines: readonly (readonly [string, readonly string[]])[]
  roster: RosterState
  dry: DryState
  wallOffsetMs: number
}>

/** The rescues that go on: a function of the events alone. */
export class TaskBook {
  readonly #tasks = new Map<string, Task>()
  /** Of open orders. */
  readonly #regions = new Map<string, string>()
  /** Lifts that an order names, and that are lost: said before the task that calls them is opened. */
  readonly #lines = new Map<string, string[]>()
  /** Who is there, and may do what. */
  readonly roster: RosterBook
  /** Homes to which water may have to be brought. */
  readonly dry = new DryHomes()
  #wallOffsetMs = 0

  constructor(plan: Pick<Plan, 'staff' | 'timeZone' | 'calendar'>) {
    this.roster = new RosterBook(plan)
  }

  get(task: string): Task | undefined {
    return this.#tasks.get(task)
  }

  all(): Iterable<Task> {
    return this.#tasks.values()
  }

  ofOrder(order: string): Task[] {
    return [...this.#tasks.values()].filter((task) => task.order === order)
  }

  regionOf(order: string): string {
    return this.#regions.get(order) ?? ''
  }

  /** What the wall clock says at this site time: duty follows the calendar on the wall. */
  wallAt(at: number): number {
    return at + this.#wallOffsetMs
  }

  apply(event: Event): void {
    this.roster.apply(event)
    this.dry.apply(event)
    switch (event.type) {
      case 'gateway.started':
        this.#wallOffsetMs = event.wallOffsetMs
        return
      case 'clock.stepped':
        this.#wallOffsetMs += event.byMs
        return
      case 'order.opened':
        this.#regions.set(event.order, event.region)
        return
      case 'order.closed':
        this.#regions.delete(event.order)
        this.#lines.delete(event.order)
        return
      case 'order.reopened':
        if (event.was) this.#regions.set(event.order, event.was.region)
        return
      case 'task.opened': {
        const { task, order, kind, asset, to, dueAt, trace } = event
        const fresh = { state: 'open', step: null, acceptBy: null } as const
        const cars =
          kind === 'call_cars'
            ? { cars: { open: this.#lines.get(order) ?? [], allBy: event.at + ALL_CARS_MS, isBegun: false } }
            : {}
        this.#tasks.set(task, { task, order, kind, asset, to, dueAt, trace, ...fresh, missed: [], ...cars })
        return
      }
      case 'order.line_added':
        return this.#carsOf(event.order, (open) => [...new Set([...open, event.asset])])
      case 'order.line_ended':
        return this.#carsOf(event.order, (open) => open.filter((asset) => asset !== event.asset))
      case 'task.ended':
        this.#tasks.delete(event.task)
        return
      default: {
        const task = 'task' in event ? this.#tasks.get(event.task) : undefined
        if (task) change(task, event)
      }
    }
  }

  #carsOf(order: string, change: (open: readonly string[]) => string[]): void {
    this.#lines.set(order, change(this.#lines.get(order) ?? []))
    const cars = this.#tasks.get(`${order}-call_cars`)?.cars
    if (cars) cars.open = change(cars.open)
  }

  snapshot(): BookState {
    const tasks = [...this.#tasks.values()].map((task) => structuredClone(task))
    return {
      tasks,
      regions: [...this.#regions],
      lines: [...this.#lines],
      roster: this.roster.snapshot(),
      dry: this.dry.snapshot(),
      wallOffsetMs: this.#wallOffsetMs,
    }
  }

  restore({ tasks, regions, lines, roster, dry, wallOffsetMs }: BookState): void {
    this.roster.restore(roster)
    this.dry.restore(dry)
    this.#wallOffsetMs = wallOffsetMs
    this.#tasks.clear()
    this.#regions.clear()
    this.#lines.clear()
    for (const [order, open] of lines) this.#lines.set(order, [...open])
    for (const [order, region] of regions) this.#regions.set(order, region)
    for (const task of tasks) this.#tasks.set(task.task, structuredClone(task))
  }
}

function change(task: Task, event: Event): void {
  switch (event.type) {
    case 'task.called':
      Object.assign(task, { step: event.step, to: event.to, acceptBy: event.acceptBy })
      return
    case 'task.accepted':
      Object.assign(task, { to: event.by, state: 'accepted', acceptBy: null })
      return
    case 'task.contacted':
      Object.assign(task, { to: event.by, dueAt: event.nextAt, missed: [] })
      if (task.state === 'open') task.state = 'accepted'
      if (task.cars)
        Object.assign(task.cars, { open: task.cars.open.filter((asset) => asset !== event.asset), isBegun: true })
      return
    case 'task.confirmed':
      task.isConfirmed = true
      return
    case 'task.arrived':
      Object.assign(task, { to: event.by, state: 'arrived', acceptBy: null })
      return
    case 'task.missed':
      task.missed.push(event.clock)
      return
    default:
  }
}
