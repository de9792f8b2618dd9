import type { Notice, Role } from '../../api/types.ts'
import type { Action } from '../../parts/action.tsx'
import { may } from '../../roles.ts'

const OVER: readonly string[] = ['all_clear', 'withdrawn', 'completed', 'cancelled']
const TOLD: readonly string[] = ['published', 'identified', 'monitoring']
const AHEAD: readonly string[] = ['scheduled', 'reminded']
const UNDER_WAY: readonly string[] = ['in_progress', 'overrun', 'verifying']

export function isOver({ state }: Pick<Notice, 'state'>): boolean {
  return OVER.includes(state)
}

/** Planned, and not begun. */
export function isAhead({ state }: Pick<Notice, 'state'>): boolean {
  return AHEAD.includes(state)
}

export function isUnderWay({ state }: Pick<Notice, 'state'>): boolean {
  return UNDER_WAY.includes(state)
}

/** What may be done with it by a word alone; what needs a time or a figure has a dialog of its own. */
export function noticeActions(
  { id, state, pageOnly }: Pick<Notice, 'id' | 'state' | 'pageOnly'>,
  role: Role,
): Action[] {
  if (!may(role, 'confirm')) return []
  const path = (verb: string) => `/notices/${id}/${verb}`
  const confirm: Action = {
    path: path('confirm'),
    label: 'web.notice.confirm',
    icon: 'megaphone',
    means: 'web.notice.confirm.means',
    isPrimary: true,
  }
  const reject: Action = {
    path: path('reject'),
    label: 'web.notice.reject',
    icon: 'x',
    ask: 'reason',
    means: 'web.notice.reject.means',
  }
  const update: Action = {
    path: path('update'),
    label: 'web.notice.update',
    icon: 'flag',
    ask: 'text',
    means: 'web.notice.update.means',
  }
  const said = may(role, 'speak') ? [update] : []
  const end: Action = { path: path('end'), label: 'web.notice.end', icon: 'check', means: 'web.notice.end.means' }
  if (state === 'draft') return [confirm, reject]
  if (state === 'rejected') return [confirm]
  if (TOLD.includes(state)) return [...(pageOnly ? [confirm] : []), ...said, ...(may(role, 'speak') ? [end] : [])]
  return isAhead({ state }) || isUnderWay({ state }) ? said : []
}
