import { entrancesOf } from '../site/places.ts'
import type { Site } from '../site/site.ts'

type About = Readonly<{ asset?: string | undefined; home?: string | undefined; place?: string | undefined }>

/** In which region something lies; null where there is no such place. */
export function regionOf(site: Pick<Site, 'buildings' | 'plan'>, { asset, home, place }: About): string | null {
  if (asset !== undefined) return site.plan.assets.get(asset)?.region ?? null
  const at = home === undefined ? place : home.slice(0, home.lastIndexOf('-'))
  const building = site.buildings.find(({ id }) => id === at) ?? buildingOfEntrance(site, at)
  return building ? (building.region ?? 'site') : null
}

function buildingOfEntrance({ buildings }: Pick<Site, 'buildings'>, place: string | undefined) {
  const entrance = entrancesOf({ buildings, zones: [], risers: [] }).find(({ id }) => id === place)
  return buildings.find(({ id }) => id === entrance?.building)
}
