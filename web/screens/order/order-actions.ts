import type { Order, Role } from '../../api/types.ts'
import type { Action } from '../../parts/action.tsx'
import { may } from '../../roles.ts'

/** The next step of an order, and its end, as state and role allow. The gateway has the last word. */
export function orderActions({ id, state }: Pick<Order, 'id' | 'state'>, role: Role): Action[] {
  if (!may(role, 'work') || state === 'closed') return []
  const step = (name: string) => `/orders/${id}/${name}`
  const next: Partial<Record<Order['state'], Action>> = {
    new: { path: step('accept'), label: 'web.order.accept', icon: 'check', isPrimary: true },
    dispatched: { path: step('accept'), label: 'web.order.accept', icon: 'check', isPrimary: true },
    accepted: { path: step('arrive'), label: 'web.order.arrive', icon: 'map-pin', isPrimary: true },
    paused: { path: step('resume'), label: 'web.order.resume', icon: 'check', isPrimary: true },
    working: { path: step('finish'), label: 'web.order.finish', icon: 'wrench', isPrimary: true, ask: 'finding' },
    arrived: { path: step('finish'), label: 'web.order.finish', icon: 'wrench', isPrimary: true, ask: 'finding' },
  }
  const close: Action = {
    path: step('close'),
    label: 'web.order.close',
    icon: 'flag',
    means: 'web.order.close.means',
    isPrimary: next[state] === undefined,
  }
  const update: Action = { path: step('update'), label: 'web.order.update', icon: 'megaphone', ask: 'text' }
  const decline: Action = { path: step('decline'), label: 'web.order.decline', icon: 'undo-2', ask: 'reason' }
  const isDeclinable = state === 'dispatched' || state === 'accepted'
  return [...(next[state] ? [next[state]] : []), update, ...(isDeclinable ? [decline] : []), close]
}
