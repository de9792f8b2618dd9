import type { EventOf } from '#rules/event.ts'
import type { OrderDocument, TaskDocument } from './documents.ts'

export type TaskStep = EventOf<
  | 'task.opened'
  | 'task.called'
  | 'task.dialled'
  | 'task.accepted'
  | 'task.contacted'
  | 'task.confirmed'
  | 'task.arrived'
  | 'task.missed'
  | 'task.out'
  | 'task.ended'
>

/** What something that happened to a task leaves in its order: in its tasks, and in the line of the car that was called. */
export function afterTask(order: OrderDocument, event: TaskStep): Pick<OrderDocument, 'tasks' | 'lines'> {
  const tasks = tasksAfter(order, event)
  if (event.type !== 'task.contacted' || event.asset === undefined) return { tasks }
  const { asset, at, by } = event
  const lines = order.lines?.map((line) => (line.asset === asset ? { ...line, called: { at, by } } : line))
  return lines ? { tasks, lines } : { tasks }
}

function tasksAfter({ tasks = [] }: OrderDocument, event: TaskStep): TaskDocument[] {
  if (event.type !== 'task.opened') return tasks.map((task) => (task.id === event.task ? after(task, event) : task))
  const { task: id, kind, to, dueAt, at, why } = event
  const fresh = { acceptBy: null, acceptedAt: null, contacts: [], arrivedAt: null, endedAt: null, how: null }
  const opened: TaskDocument = {
    id,
    kind,
    state: 'open',
    to,
    why,
    openedAt: at,
    dueAt,
    calls: [],
    missed: [],
    ...fresh,
  }
  return [...tasks.filter((task) => task.id !== id), opened]
}

function after(task: TaskDocument, event: Exclude<TaskStep, { type: 'task.opened' }>): TaskDocument {
  const { at } = event
  switch (event.type) {
    case 'task.called': {
      const { step, to, acceptBy } = event
      return { ...task, to, acceptBy, calls: [...task.calls, { step, to, at, dialledAt: null, dialledBy: null }] }
    }
    case 'task.dialled': {
      const calls = task.calls.map((call) =>
        call.step === event.step ? { ...call, dialledAt: at, dialledBy: event.by } : call,
      )
      return { ...task, calls }
    }
    case 'task.accepted':
      return { ...task, state: 'accepted', to: event.by, acceptBy: null, acceptedAt: at }
    case 'task.contacted': {
      const state = task.state === 'open' ? 'accepted' : task.state
      const { by, asset, nextAt } = event
      const contact = { at, by, ...(asset === undefined ? {} : { asset }) }
      return { ...task, state, to: by, dueAt: nextAt, contacts: [...task.contacts, contact] }
    }
    case 'task.confirmed': {
      const { by, via, asset } = event
      return { ...task, confirmed: { at, by, via, ...(asset === undefined ? {} : { asset }) } }
    }
    case 'task.arrived':
      return { ...task, state: 'arrived', to: event.by, acceptBy: null, arrivedAt: at }
    case 'task.missed':
      return { ...task, missed: [...task.missed, { clock: event.clock, dueAt: event.dueAt }] }
    case 'task.out':
      return { ...task, to: event.by }
    case 'task.ended':
      return { ...task, state: 'ended', acceptBy: null, endedAt: at, how: event.how }
  }
}
