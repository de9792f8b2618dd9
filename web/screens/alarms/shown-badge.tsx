import { SILENT_STATES } from '../../api/alarm-types.ts'
import type { Alarm } from '../../api/types.ts'
import { useWords } from '../../app-context.ts'
import { AlarmBadge } from '../../parts/state-badge.tsx'

/** What lies over the state, if anything does. */
export function ShownBadge({ alarm }: { alarm: Pick<Alarm, 'state' | 'shown'> }) {
  const words = useWords()
  if (!SILENT_STATES.includes(alarm.shown)) return <AlarmBadge alarm={alarm} />
  return <span class="badge badge-ghost border-dashed whitespace-nowrap">{words.sayCode('shown', alarm.shown)}</span>
}
