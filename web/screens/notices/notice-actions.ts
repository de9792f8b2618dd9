import type { Notice, Role } from '../../api/types.ts'
import type { Action } from '../../parts/action.tsx'
import { may } from '../../roles.ts'

export function isOver({ state }: Pick<Notice, 'state'>): boolean {
  return state === 'all_clear' || state === 'withdrawn'
}

export function noticeActions({ id, state }: Pick<Notice, 'id' | 'state'>, role: Role): Action[] {
  if (state !== 'draft' || !may(role, 'confirm')) return []
  return [
    {
      path: `/notices/${id}/confirm`,
      label: 'web.notice.confirm',
      icon: 'megaphone',
      means: 'web.notice.confirm.means',
      isPrimary: true,
    },
  ]
}
