import { useLocation } from 'preact-iso'
import { useApp } from '../../app-context.ts'
import { FilterTabs } from '../../parts/filter-tabs.tsx'
import { Empty, Screen, Skeletons } from '../../parts/screen.tsx'
import { useOlder } from '../../parts/older.tsx'
import { GRAVEST_FIRST } from '../../parts/state-badge.tsx'
import type { Alarm } from '../../api/types.ts'
import { AlarmRows } from './alarm-rows.tsx'

/** All alarms that are not normal, gravest first; or those that are over, newest first. */
export function AlarmsScreen() {
  const { words, estate } = useApp()
  const { query } = useLocation()
  const isEnded = query.state === 'ended'
  const alarms = estate.alarms.value
  const ended = useOlder<Alarm>('/alarms', isEnded ? (alarms ?? []).filter(({ state }) => state === 'normal') : null)
  const open = (alarms ?? []).filter(({ state }) => state !== 'normal').toSorted(byGravity)
  const shown = isEnded ? ended.items : open
  return (
    <Screen
      title={words.say('web.screen.alarms')}
      aside={
        <FilterTabs
          base="/alarms"
          label={words.say('web.filter')}
          chosen={isEnded ? 'ended' : 'open'}
          options={[
            ['open', words.say('web.filter.open')],
            ['ended', words.say('web.filter.ended')],
          ]}
        />
      }
    >
      {alarms === null ? (
        <Skeletons count={6} height="h-18" />
      ) : shown.length === 0 ? (
        <Empty icon="circle-check">{words.say(isEnded ? 'web.alarms.empty.ended' : 'web.alarms.empty')}</Empty>
      ) : (
        <AlarmRows alarms={shown} />
      )}
      {isEnded && ended.more}
    </Screen>
  )
}

/** What nobody has seen yet comes before what somebody has. */
function byGravity(a: Alarm, b: Alarm): number {
  const unseen = (alarm: Alarm) => (alarm.acknowledgedBy === null ? 0 : 1)
  return (
    GRAVEST_FIRST.indexOf(a.priority) - GRAVEST_FIRST.indexOf(b.priority) ||
    unseen(a) - unseen(b) ||
    Date.parse(b.raisedAt) - Date.parse(a.raisedAt)
  )
}
