import type { SiteFile } from './schema.ts'

type Places = Pick<SiteFile, 'buildings' | 'zones'>
type Building = NonNullable<SiteFile['buildings']>[number]

/** Home ids are building, floor and number: `B2-1803` is the third home on floor 18 of B2. */
export function homesOnFloors(building: Building, from: number, to: number): string[] {
  const homes: string[] = []
  for (let floor = Math.max(1, from); floor <= Math.min(building.floors, to); floor++) {
    for (let number = 1; number <= building.homes_per_floor; number++) {
      homes.push(`${building.id}-${String(floor).padStart(2, '0')}${String(number).padStart(2, '0')}`)
    }
  }
  return homes
}

/** The homes an asset serves, each once, in order. */
export function homesServed(serves: SiteFile['assets'][number]['serves'], places: Places): string[] {
  const buildings = new Map((places.buildings ?? []).map((building) => [building.id, building]))
  const inZones = (serves?.zones ?? []).flatMap((id) => {
    const zone = places.zones?.find((candidate) => candidate.id === id)
    const [from = 1, to = 0] = zone?.floors ?? []
    return (zone?.buildings ?? []).flatMap((building) => {
      const found = buildings.get(building)
      return found ? homesOnFloors(found, from, to) : []
    })
  })
  const inBuildings = (serves?.buildings ?? []).flatMap((id) => {
    const building = buildings.get(id)
    return building ? homesOnFloors(building, 1, building.floors) : []
  })
  return [...new Set([...inZones, ...inBuildings])]
}
