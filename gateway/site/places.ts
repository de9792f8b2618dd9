import { floorOf } from '#rules/impact/place.ts'
import type { Entrance } from '#rules/plan.ts'
import type { SiteFile } from './schema.ts'

export type Places = Readonly<{ [K in 'buildings' | 'zones' | 'risers']: NonNullable<SiteFile[K]> }>
type Building = NonNullable<SiteFile['buildings']>[number]
type Floors = readonly number[]
const EVERY_FLOOR: Floors = [1, Infinity]

/** Home ids are building, floor and number: `B2-1803` is the third home on floor 18 of B2. */
export function homesOnFloors(building: Building, from: number, to: number, numbers?: readonly number[]): string[] {
  const homes: string[] = []
  for (let floor = Math.max(1, from); floor <= Math.min(building.floors, to); floor++) {
    for (let number = 1; number <= building.homes_per_floor; number++) {
      if (numbers && !numbers.includes(number)) continue
      homes.push(`${building.id}-${String(floor).padStart(2, '0')}${String(number).padStart(2, '0')}`)
    }
  }
  return homes
}

/** The staircases of the estate; a building that says nothing of them is one. */
export function entrancesOf({ buildings }: Places): Entrance[] {
  return buildings.flatMap(({ id: building, name, homes_per_floor: count, entrances }) => {
    if (!entrances) return [{ id: building, name: name ?? building, building, numbers: upTo(count) }]
    return entrances.map(({ id, name: own, homes }) => ({ id, name: own ?? id, building, numbers: homes }))
  })
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1)
}

/** The homes an asset serves, each once, in order. */
export function homesServed(serves: SiteFile['assets'][number]['serves'], places: Places): string[] {
  if (!serves) return []
  const buildings = new Map(places.buildings.map((building) => [building.id, building]))
  const of = (id: string, [from = 1, to = 0]: Floors, numbers?: readonly number[]) => {
    const building = buildings.get(id)
    return building ? homesOnFloors(building, from, to, numbers) : []
  }
  const named = <T extends { id: string }>(ids: readonly string[] = [], list: readonly T[] = []) =>
    ids.flatMap((id) => list.find((one) => one.id === id) ?? [])

  const inZones = named(serves.zones, places.zones).flatMap((zone) =>
    zone.buildings.flatMap((building) => of(building, zone.floors)),
  )
  const inBuildings = (serves.buildings ?? []).flatMap((id) => of(id, EVERY_FLOOR))
  const atEntrances = named(serves.entrances, entrancesOf(places)).flatMap(({ building, numbers }) =>
    of(building, EVERY_FLOOR, numbers),
  )
  const onRisers = named(serves.risers, places.risers).flatMap((riser) =>
    of(riser.building, riser.floors ?? EVERY_FLOOR, riser.homes),
  )
  const [from = 1, to = Infinity] = serves.floors ?? EVERY_FLOOR
  const all = [...inZones, ...inBuildings, ...atEntrances, ...onRisers, ...(serves.homes ?? [])]
  return [...new Set(all)].filter((home) => serves.floors === undefined || isBetween(floorOf(home), from, to))
}

/** Whether the estate has such a home. */
export function isHome(home: string, { buildings }: Pick<Places, 'buildings'>): boolean {
  const building = buildings.find(({ id }) => home.startsWith(`${id}-`) && home.length >= id.length + 5)
  return building !== undefined && homesOnFloors(building, floorOf(home), floorOf(home)).includes(home)
}

function isBetween(floor: number, from: number, to: number): boolean {
  return floor >= from && floor <= to
}
