import type { Alarm, Role } from '../../api/types.ts'
import type { Action } from '../../parts/action.tsx'
import { may } from '../../roles.ts'

/** What this role may do with an alarm in this state. */
export function alarmActions({ id, state }: Pick<Alarm, 'id' | 'state'>, role: Role): Action[] {
  const canAcknowledge = state === 'unacknowledged' || state === 'returned' || state === 'latched'
  return [
    ...(canAcknowledge && may(role, 'acknowledge')
      ? [{ path: `/alarms/${id}/ack`, label: 'web.alarm.ack', icon: 'check', isPrimary: true, ask: 'comment' } as const]
      : []),
    ...(state === 'latched_acknowledged' && may(role, 'reset')
      ? [
          {
            path: `/alarms/${id}/reset`,
            label: 'web.alarm.reset',
            icon: 'rotate-ccw',
            means: 'web.alarm.reset.means',
          } as const,
        ]
      : []),
  ]
}
