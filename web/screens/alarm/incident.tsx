import type { Alarm, Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Panel } from '../../parts/screen.tsx'
import { PriorityBadge } from '../../parts/state-badge.tsx'
import { useLookedAt } from '../alarms/looked-at.ts'
import { ShownBadge } from '../alarms/shown-badge.tsx'

const EVERY_MS = 30_000

/** The root that is told for all, and those that are silent because of it. */
export function IncidentPanel({ alarm }: { alarm: Alarm }) {
  const root = alarm.whyNot?.root ?? (alarm.children > 0 ? alarm.id : null)
  return root === null ? null : <Incident root={root} alarm={alarm} />
}

function Incident({ root, alarm }: { root: string; alarm: Alarm }) {
  const { words } = useApp()
  const above = useLookedAt<Alarm>(`/alarms/${root}`, EVERY_MS, alarm)
  const { found } = useLookedAt<Page<Alarm>>(`/alarms?root=${root}&state=open&limit=200`, EVERY_MS, alarm)
  const all = [...(above.found ? [above.found] : []), ...(found?.items ?? [])]
  return (
    <Panel title={words.say('web.alarm.incident')}>
      <ul class="grid gap-2 text-sm">
        {all.map((each) => (
          <li key={each.id} class={`flex flex-wrap items-center gap-2 ${each.id === root ? '' : 'ml-4'}`}>
            <PriorityBadge priority={each.priority} />
            {each.id === alarm.id ? (
              <strong>
                {words.of(each.name)} · {words.of(each.assetName)}
              </strong>
            ) : (
              <a class="link" href={`/alarms/${each.id}`}>
                {words.of(each.name)} · {words.of(each.assetName)}
              </a>
            )}
            {each.id === root ? (
              <span class="badge badge-outline">{words.say('web.alarm.incident.root')}</span>
            ) : (
              <ShownBadge alarm={each} />
            )}
          </li>
        ))}
      </ul>
    </Panel>
  )
}
