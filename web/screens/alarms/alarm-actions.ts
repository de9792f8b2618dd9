import { TO_ACKNOWLEDGE } from '../../api/alarm-types.ts'
import type { Alarm, Role } from '../../api/types.ts'
import type { IconName } from '../../parts/icon.tsx'
import { may } from '../../roles.ts'
import type { TextKey } from '../../words/words.ts'

/** What one does with alarms, one or many. */
export type Deed = 'ack' | 'shelve' | 'comment'
export const DEEDS: Readonly<Record<Deed, Readonly<{ label: TextKey; icon: IconName; key: string }>>> = {
  ack: { label: 'web.alarm.ack', icon: 'check', key: 'a' },
  shelve: { label: 'web.alarm.shelve', icon: 'clock', key: 's' },
  comment: { label: 'web.alarm.comment', icon: 'clipboard-list', key: 'c' },
}

/** What this role may do with an alarm in this state. */
export function deedsFor({ state, shown }: Pick<Alarm, 'state' | 'shown'>, role: Role | null): Deed[] {
  if (role === null || state === 'normal') return []
  return [
    ...(TO_ACKNOWLEDGE.includes(state) && may(role, 'acknowledge') ? (['ack'] as const) : []),
    ...(shown !== 'shelved' && may(role, 'shelve') ? (['shelve'] as const) : []),
    ...(may(role, 'acknowledge') ? (['comment'] as const) : []),
  ]
}
