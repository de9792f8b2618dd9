import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { useApp, useWords } from '../../app-context.ts'
import type { Device } from '../../api/types.ts'
import { LiveValue } from '../../parts/live-value.tsx'
import { Empty } from '../../parts/screen.tsx'
import { GRAVEST_FIRST, StateDot } from '../../parts/state-badge.tsx'
import { type Group, groupsOf, rankOf, type WorstAlarm, worstAlarms } from './groups.ts'

/** What a tile shows of a device of this kind; other kinds show their first two values. */
const MAIN_POINTS: Readonly<Record<string, readonly string[]>> = {
  'pump-set': ['outlet_pressure', 'tank_level'],
  lift: ['service_mode', 'floor'],
  'waste-bin': ['fill'],
}

/** The plant: devices by building or room, the worst first. */
export function Tiles() {
  const { words, estate } = useApp()
  const site = estate.site.value
  const devices = estate.devices.value
  const held = useHeldOrder()
  if (!site || !devices) return null
  const worst = worstAlarms(estate.alarms.value ?? [])
  const groups = held.order(groupsOf(site, devices).toSorted((a, b) => rankOf(a, worst) - rankOf(b, worst)))
  return (
    <section aria-labelledby="plant-title" data-part="plant" {...held.handlers}>
      <h2 id="plant-title" class="font-semibold">
        {words.say('web.plant.title')}
      </h2>
      <p class="quiet mb-2 text-sm">{words.say('web.plant.hint')}</p>
      {groups.length === 0 ? (
        <Empty icon="gauge">{words.say('web.plant.empty')}</Empty>
      ) : (
        <div class="grid items-start gap-3 sm:grid-cols-2 xl:grid-cols-3 2xl:grid-cols-4">
          {groups.map((group) => (
            <Tile key={group.id} group={group} worst={worst} />
          ))}
        </div>
      )}
    </section>
  )
}

/** While somebody points at the tiles or has the focus there, none changes its place. */
function useHeldOrder() {
  const ids = useRef<readonly string[]>([])
  const isHeld = useSignal(false)
  const hold = () => (isHeld.value = true)
  const release = () => (isHeld.value = false)
  return {
    handlers: { onPointerEnter: hold, onPointerLeave: release, onFocusIn: hold, onFocusOut: release },
    order(groups: readonly Group[]): readonly Group[] {
      if (isHeld.value && ids.current.length === groups.length) {
        const place = new Map(ids.current.map((id, index) => [id, index]))
        return groups.toSorted((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0))
      }
      ids.current = groups.map(({ id }) => id)
      return groups
    },
  }
}

const EDGE = ['border-l-error', 'border-l-error', 'border-l-warning', 'border-l-info', 'border-l-success']

function Tile({ group, worst }: { group: Group; worst: ReadonlyMap<string, WorstAlarm> }) {
  const words = useWords()
  const rank = rankOf(group, worst)
  const priority = GRAVEST_FIRST[rank]
  return (
    <section class={`panel border-l-4 ${EDGE[rank]}`} data-tile={group.id} data-state={priority ?? 'ok'}>
      <h3 class="flex items-baseline justify-between gap-2 px-3 pt-2.5 text-sm font-semibold">
        {groupName(words, group)}
        <span class="quiet text-xs font-normal">
          {words.say(priority ? `web.priority.${priority}` : 'web.plant.ok')}
        </span>
      </h3>
      <ul class="p-1.5">
        {group.devices.map((device) => (
          <DeviceRow key={device.id} device={device} found={worst.get(device.id)} />
        ))}
      </ul>
    </section>
  )
}

function groupName(words: ReturnType<typeof useWords>, { name, room, kind }: Group): string {
  if (name) return words.of(name)
  const key = kind === 'pump-set' ? 'web.room.pump-set' : kind === 'waste-bin' ? 'web.room.waste-bin' : 'web.room'
  return words.say(key, { room: room ?? '' })
}

function DeviceRow({ device, found }: { device: Device; found: WorstAlarm | undefined }) {
  const words = useWords()
  return (
    <li>
      <a
        href={`/assets/${device.asset}`}
        class="rounded-field hover:bg-base-200 flex min-h-11 items-start gap-2 px-1.5 py-1.5 text-sm lg:min-h-9"
      >
        <StateDot state={found?.priority ?? 'ok'} />
        <span class="min-w-0 flex-1">
          <span class="block">{words.of(device.name)}</span>
          {found ? (
            <span class="block text-xs font-medium">{words.of(found.alarm.name)}</span>
          ) : (
            <span class="sr-only">{words.say('web.plant.ok')}</span>
          )}
        </span>
        <span class="flex min-w-[38%] flex-wrap justify-end gap-x-3 text-right">
          {mainPoints(device).map((point) => (
            <LiveValue key={point.point} device={device} point={point} named class="max-w-full min-w-0 break-words" />
          ))}
        </span>
      </a>
    </li>
  )
}

function mainPoints({ kind, points }: Device) {
  const wanted = MAIN_POINTS[kind]
  return wanted ? points.filter(({ point }) => wanted.includes(point)) : points.slice(0, 2)
}
