import type { Alarm, Both, Device, Priority, Site } from '../../api/types.ts'
import { GRAVEST_FIRST } from '../../parts/state-badge.tsx'

export type Group = Readonly<{
  id: string
  /** Null where the site gives it none: then it is called after its room. */
  name: Both | null
  room: string | null
  kind: string
  devices: readonly Device[]
}>
export type WorstAlarm = Readonly<{ priority: Priority; alarm: Alarm }>

/** By building where all its homes are in one, else by the room it stands in. */
export function groupsOf(site: Site, devices: readonly Device[]): Group[] {
  const assets = new Map(site.assets.map((asset) => [asset.id, asset]))
  const buildings = new Map(site.buildings.map((building) => [building.id, building.name]))
  const rooms = new Map((site.rooms ?? []).map((room) => [room.id, room.name]))
  const groups = new Map<string, Device[]>()
  for (const device of devices) {
    const asset = assets.get(device.asset)
    const id = asset?.building ?? asset?.room ?? device.asset
    groups.set(id, [...(groups.get(id) ?? []), device])
  }
  return [...groups].map(([id, own]) => ({
    id,
    name: buildings.get(id) ?? rooms.get(id) ?? null,
    room: buildings.has(id) ? null : id,
    kind: own[0]!.kind,
    devices: own,
  }))
}

/** The gravest open alarm of each device. */
export function worstAlarms(alarms: readonly Alarm[]): ReadonlyMap<string, WorstAlarm> {
  const worst = new Map<string, WorstAlarm>()
  for (const alarm of alarms) {
    if (alarm.state === 'normal') continue
    const known = worst.get(alarm.device)
    if (!known || GRAVEST_FIRST.indexOf(alarm.priority) < GRAVEST_FIRST.indexOf(known.priority))
      worst.set(alarm.device, { priority: alarm.priority, alarm })
  }
  return worst
}

export function rankOf(group: Group, worst: ReadonlyMap<string, WorstAlarm>): number {
  return Math.min(
    GRAVEST_FIRST.length,
    ...group.devices.flatMap(({ id }) => {
      const found = worst.get(id)
      return found ? [GRAVEST_FIRST.indexOf(found.priority)] : []
    }),
  )
}
