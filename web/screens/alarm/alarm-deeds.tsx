import { useState } from 'preact/hooks'
import type { Alarm } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { type Action, Actions } from '../../parts/action.tsx'
import { Icon } from '../../parts/icon.tsx'
import { may } from '../../roles.ts'
import { DEEDS, type Deed, deedsFor } from '../alarms/alarm-actions.ts'
import { DeedDialog } from '../alarms/deed-dialog.tsx'
import { useRole } from '../alarms/person.tsx'
import { RemoveDialog } from './remove-dialog.tsx'

/** What this person may do with this alarm, and with what keeps it silent. */
export function AlarmDeeds({ alarm }: { alarm: Alarm }) {
  const { words } = useApp()
  const role = useRole()
  const [asked, setAsked] = useState<Deed | 'remove' | null>(null)
  if (role === null) return null
  const deeds = deedsFor(alarm, role)
  const { shelf, service } = alarm.whyNot ?? {}
  const mayRemove = may(role, 'takeOutOfService') && alarm.state !== 'normal' && service === undefined
  const more: Action[] = [
    ...(alarm.state === 'latched_acknowledged' && may(role, 'reset')
      ? [
          {
            path: `/alarms/${alarm.id}/reset`,
            label: 'web.alarm.reset',
            icon: 'rotate-ccw',
            isPrimary: true,
            means: 'web.alarm.reset.means',
          } as const,
        ]
      : []),
    ...(shelf !== undefined && may(role, 'shelve')
      ? [
          {
            path: `/shelves/${shelf}/end`,
            label: 'web.alarm.unshelve',
            icon: 'undo-2',
            means: 'web.alarm.unshelve.means',
          } as const,
        ]
      : []),
    ...(service !== undefined && may(role, 'takeOutOfService')
      ? [
          {
            path: `/services/${service}/return`,
            label: 'web.alarm.return',
            icon: 'undo-2',
            means: 'web.alarm.unshelve.means',
          } as const,
        ]
      : []),
  ]
  if (deeds.length === 0 && more.length === 0 && !mayRemove) return null
  return (
    <div class="mb-4 flex flex-wrap gap-2" data-deeds>
      {deeds.map((deed) => (
        <button
          key={deed}
          type="button"
          class={`btn touch ${deed === 'ack' ? 'btn-primary' : ''}`}
          onClick={() => setAsked(deed)}
        >
          <Icon name={DEEDS[deed].icon} />
          {words.say(DEEDS[deed].label)}
        </button>
      ))}
      {more.length > 0 && <Actions actions={more} />}
      {mayRemove && (
        <button type="button" class="btn touch" onClick={() => setAsked('remove')}>
          <Icon name="wrench" />
          {words.say('web.alarm.remove')}
        </button>
      )}
      {asked === 'remove' && <RemoveDialog alarm={alarm} onClose={() => setAsked(null)} />}
      {asked !== null && asked !== 'remove' && (
        <DeedDialog deed={asked} alarms={[alarm]} onClose={() => setAsked(null)} />
      )}
    </div>
  )
}
