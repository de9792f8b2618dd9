import { entrancesOf, homesOnFloors } from '../site/places.ts'
import type { Site } from '../site/site.ts'

/** `site`, `building:B1`, `zone:north-high` or `home:B1-1301`. */
export const PLACE_PATTERN = '^(site|(building|zone|home|entrance):[A-Za-z0-9][A-Za-z0-9_-]{0,63})$'

type Places = Pick<Site, 'buildings' | 'zones'>

/** Every home of the estate, in order. */
export function homesOfSite({ buildings }: Pick<Site, 'buildings'>): string[] {
  return buildings.flatMap((building) => homesOnFloors(building, 1, building.floors))
}

/** The homes in these places, each once; null when one of them is not there. Of thousands the estate is counted out once. */
export function homesIn(site: Places, places: readonly string[]): string[] | null {
  const at = finder(site)
  const homes = new Set<string>()
  for (const place of new Set(places)) {
    const found = at(place)
    if (found.length === 0) return null
    for (const home of found) homes.add(home)
  }
  return [...homes].toSorted()
}

function finder({ buildings, zones }: Places): (place: string) => readonly string[] {
  const byId = <T extends Readonly<{ id: string }>>(list: readonly T[]) => new Map(list.map((each) => [each.id, each]))
  const [buildingOf, zoneOf] = [byId(buildings), byId(zones)]
  const entranceOf = byId(entrancesOf({ buildings, zones, risers: [] }))
  let counted: ReadonlySet<string> | null = null
  const everyHome = () => (counted ??= new Set(homesOfSite({ buildings })))
  const inBuilding = (id: string, from = 1, to = Infinity, numbers?: readonly number[]) => {
    const building = buildingOf.get(id)
    return building ? homesOnFloors(building, from, to, numbers) : []
  }
  return (place) => {
    const [kind, id = ''] = place.split(':')
    if (kind === 'site') return [...everyHome()]
    if (kind === 'home') return everyHome().has(id) ? [id] : []
    if (kind === 'zone') {
      const zone = zoneOf.get(id)
      const [from = 1, to = 0] = zone?.floors ?? []
      return (zone?.buildings ?? []).flatMap((building) => inBuilding(building, from, to))
    }
    const entrance = kind === 'entrance' ? entranceOf.get(id) : undefined
    if (kind === 'entrance') return entrance ? inBuilding(entrance.building, 1, Infinity, entrance.numbers) : []
    return inBuilding(id)
  }
}
