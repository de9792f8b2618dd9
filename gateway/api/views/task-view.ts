import type { OrderDocument } from '../../store/documents.ts'
import { sayWhy } from './said.ts'

/** The tasks of an order, each with its clock; `numbers` are the contractor's, in the order of the chain. */
export function tasksView(
  { tasks = [] }: OrderDocument,
  numbers: readonly string[],
  time: (at: number | null) => string | null,
): object[] {
  const numberOf = (step: string) =>
    ({ contractor: numbers[0] ?? null, contractor_second: numbers[1] ?? null, '96333': '96333', '119': '119' })[step] ??
    null
  return tasks.map((task) => ({
    id: task.id,
    kind: task.kind,
    state: task.state,
    to: task.to,
    why: sayWhy(task.why),
    openedAt: time(task.openedAt),
    dueAt: time(task.dueAt),
    acceptBy: time(task.acceptBy),
    acceptedAt: time(task.acceptedAt),
    contacts: task.contacts.map((contact) => ({ ...contact, at: time(contact.at) })),
    confirmed: task.confirmed ? { ...task.confirmed, at: time(task.confirmed.at) } : null,
    arrivedAt: time(task.arrivedAt),
    endedAt: time(task.endedAt),
    how: task.how,
    calls: task.calls.map((call) => ({
      ...call,
      number: numberOf(call.step),
      at: time(call.at),
      dialledAt: time(call.dialledAt),
    })),
    missed: task.missed.map(({ clock, dueAt }) => ({ clock, dueAt: time(dueAt) })),
  }))
}
