import { entrancesOf, homesOnFloors } from '../site/places.ts'
import type { Site } from '../site/site.ts'

/** `site`, `building:B1`, `zone:north-high` or `home:B1-1301`. */
export const PLACE_PATTERN = '^(site|(building|zone|home|entrance):[A-Za-z0-9][A-Za-z0-9_-]{0,63})$'

type Places = Pick<Site, 'buildings' | 'zones'>

/** Every home of the estate, in order. */
export function homesOfSite({ buildings }: Pick<Site, 'buildings'>): string[] {
  return buildings.flatMap((building) => homesOnFloors(building, 1, building.floors))
}

/** The homes in these places, each once; null when one of them is not there. */
export function homesIn(site: Places, places: readonly string[]): string[] | null {
  const homes = new Set<string>()
  for (const place of places) {
    const found = homesAt(site, place)
    if (found.length === 0) return null
    for (const home of found) homes.add(home)
  }
  return [...homes].toSorted()
}

function homesAt(site: Places, place: string): string[] {
  const [kind, id = ''] = place.split(':')
  if (kind === 'site') return homesOfSite(site)
  if (kind === 'home') return homesOfSite(site).filter((home) => home === id)
  if (kind === 'zone') {
    const zone = site.zones.find((each) => each.id === id)
    const [from = 1, to = 0] = zone?.floors ?? []
    return site.buildings
      .filter((building) => zone?.buildings.includes(building.id))
      .flatMap((building) => homesOnFloors(building, from, to))
  }
  if (kind === 'entrance') {
    const own = entrancesOf({ ...site, risers: [] }).filter((entrance) => entrance.id === id)
    return own.flatMap(({ building, numbers }) => {
      const found = site.buildings.find((each) => each.id === building)
      return found ? homesOnFloors(found, 1, found.floors, numbers) : []
    })
  }
  const building = site.buildings.find((each) => each.id === id)
  return building ? homesOnFloors(building, 1, building.floors) : []
}
