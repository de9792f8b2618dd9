import { type Command, refuse, type Refusal } from '../command.ts'
import type { Draft } from '../event.ts'
import type { Person, Plan } from '../plan.ts'
import type { Roster } from '../roster/who.ts'
import type { Task } from './book.ts'
import { mayRescue, NEXT_CONTACT_MS, OUTSIDE_STEPS, type TaskKind } from './chain.ts'

export type TaskCommand = Extract<Command, { type: `task.${string}` }>
type CommandOf<T extends TaskCommand['type']> = Extract<TaskCommand, { type: T }>
type Around = Readonly<{
  task: Task
  plan: Pick<Plan, 'staff' | 'rescue' | 'certificates'>
  at: number
  roster: Roster
  /** The same moment on the wall. */
  wall: number
}>

export function isTaskCommand(input: Readonly<{ type: string }>): input is TaskCommand {
  return 'id' in input && input.type.startsWith('task.')
}

/**
 * What a person's command does to a task. `by` is whoever does it on site: the monitoring room records it for a contractor
 * in his name, and for help from outside in its own.
 */
export function answerTo(command: TaskCommand, around: Around): readonly Draft[] | Refusal {
  const { task, plan, at } = around
  const person = plan.staff.find(({ id }) => id === command.by)
  if (!person) return refuse('unknown_person', { person: command.by })
  const { task: id, order, trace } = task
  const step = task.step === null ? {} : { step: task.step }
  const { by } = command
  switch (command.type) {
    case 'task.accept':
      if (task.state !== 'open') return refuse('already_accepted', { order: id, by: task.to })
      if (!mayHold(person, around)) return refuse('not_certified', { person: by })
      return [{ type: 'task.accepted', task: id, order, by, ...step, trace }]
    case 'task.contact':
      return contacted(command, task, at)
    case 'task.confirm':
      return confirmed(command, task)
    case 'task.done':
      if (task.kind !== 'supply') return refuse('wrong_state', { state: task.kind, command: 'done' })
      return [{ type: 'task.ended', task: id, order, how: 'done', by, trace }]
    case 'task.arrive':
      if (!MAY_ARRIVE.includes(task.kind) || task.state === 'arrived')
        return refuse('wrong_state', { state: task.state, command: 'arrive' })
      if (!mayHold(person, around)) return refuse('not_certified', { person: by })
      return [{ type: 'task.arrived', task: id, order, by, trace }]
    case 'task.dial':
      if (task.kind !== 'rescue' || !OUTSIDE_STEPS.includes(command.step))
        return refuse('wrong_state', { state: task.kind, command: 'dial' })
      return [{ type: 'task.dialled', task: id, order, step: command.step, by, trace }]
    case 'task.out':
      if (task.kind !== 'rescue') return refuse('wrong_state', { state: task.kind, command: 'out' })
      return [{ type: 'task.out', task: id, order, by, trace }]
  }
}

/** Somebody answered: that people are in there is then no suspicion any more. */
function contacted({ by, asset }: CommandOf<'task.contact'>, task: Task, at: number): readonly Draft[] | Refusal {
  const { task: id, order, trace, cars, kind } = task
  const spoken = { type: 'task.contacted', task: id, order, by, trace } as const
  const answered: Draft = { type: 'task.ended', task: id, order, how: 'answered', by, trace }
  if (kind === 'comfort') {
    const sure: Draft = { type: 'task.confirmed', task: id, order, by, via: 'intercom', trace }
    return [{ ...spoken, nextAt: at + NEXT_CONTACT_MS }, ...(task.isConfirmed ? [] : [sure])]
  }
  if (kind === 'intercom') return [{ ...spoken, nextAt: at }, answered]
  if (!cars) return refuse('wrong_state', { state: kind, command: 'contact' })
  if (asset === undefined || !cars.open.includes(asset)) return refuse('unknown_asset', { asset: asset ?? '' })
  return [{ ...spoken, nextAt: cars.allBy, asset }, ...(cars.open.length === 1 ? [answered] : [])]
}

/** The rescue goes on all the same; of a car among many it begins with this. */
function confirmed({ by, via, asset }: CommandOf<'task.confirm'>, task: Task): readonly Draft[] | Refusal {
  const { task: id, order, trace, kind, isConfirmed } = task
  const sure = { type: 'task.confirmed', task: id, order, by, via, trace } as const
  if (kind === 'call_cars') return asset === undefined ? refuse('unknown_asset', { asset: '' }) : [{ ...sure, asset }]
  if (kind !== 'comfort' || isConfirmed) return refuse('wrong_state', { state: kind, command: 'confirm' })
  return [sure]
}

const MAY_ARRIVE: readonly TaskKind[] = ['on_site', 'rescue', 'supply']

/** Comfort and the place before the door are for anybody; to open it one is certified. Help from outside brings its own. */
function mayHold(person: Person, { task: { kind, step }, plan, roster, wall }: Around): boolean {
  if (kind !== 'rescue' || mayRescue(person, plan, roster, wall)) return true
  const isOutside = step === '96333' || step === '119'
  return isOutside && (person.role === 'monitor' || person.role === 'guard' || person.role === 'manager')
}
