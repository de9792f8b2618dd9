import { closest } from '#devices/closest.ts'
import type { FaultCode, Params } from '#devices/fault.ts'
import type { Asset } from '#rules/plan.ts'
import { zonesOf } from './notices.ts'
import { entrancesOf, homesServed, isHome, type Places } from './places.ts'
import type { SiteFile } from './schema.ts'

type Written = SiteFile['assets'][number]
type Rooms = NonNullable<SiteFile['rooms']>
type Blame = (asset: Written, at: readonly (string | number)[], code: FaultCode, params: Params) => void

const PLACES = [
  ['zones', 'zone'],
  ['buildings', 'building'],
  ['entrances', 'entrance'],
  ['risers', 'riser'],
] as const

/** What can fail: where it stands, what it is part of and fed by, and whose homes depend on it. */
export function assetsOf(written: readonly Written[], places: Places, rooms: Rooms, blame: Blame): Map<string, Asset> {
  const known = {
    asset: written.map(({ id }) => id),
    zone: places.zones.map(({ id }) => id),
    building: places.buildings.map(({ id }) => id),
    entrance: entrancesOf(places).map(({ id }) => id),
    riser: places.risers.map(({ id }) => id),
  }
  const missing = (asset: Written, at: readonly (string | number)[], kind: keyof typeof known, id: string) => {
    if (known[kind].includes(id)) return
    const hint = closest(id, known[kind])
    blame(asset, at, 'unknown_reference', { kind, id, ...(hint ? { hint } : {}) })
  }
  for (const asset of written) {
    for (const [key, kind] of PLACES)
      asset.serves?.[key]?.forEach((id, i) => missing(asset, ['serves', key, i], kind, id))
    asset.serves?.homes?.forEach((id, i) => {
      if (!isHome(id, places)) blame(asset, ['serves', 'homes', i], 'unknown_reference', { kind: 'home', id })
    })
    if (asset.parent !== undefined) missing(asset, ['parent'], 'asset', asset.parent)
    asset.fed_by?.forEach((id, i) => missing(asset, ['fed_by', i], 'asset', id))
  }
  const assets = new Map(written.map((asset) => [asset.id, assetOf(asset, places, rooms)]))
  for (const asset of written)
    if (standsAboveItself(asset.id, assets))
      blame(asset, ['parent'], 'wrong_value', { key: 'parent', detail: 'an asset is no part of itself' })
  return assets
}

/** A cart comes for the bins of a point. */
function routeOf({ kind, room }: Written, rooms: Rooms): Pick<Asset, 'route'> {
  const route = kind === 'waste-bin' ? rooms.find(({ id }) => id === room)?.route : undefined
  return route === undefined ? {} : { route }
}

function assetOf(asset: Written, places: Places, rooms: Rooms): Asset {
  return {
    id: asset.id,
    name: asset.name ?? asset.id,
    kind: asset.kind,
    room: asset.room ?? asset.id,
    region: asset.region ?? 'site',
    ...(asset.parent === undefined ? {} : { parent: asset.parent }),
    ...(asset.standby === undefined ? {} : { standby: asset.standby }),
    ...(asset.fed_by === undefined ? {} : { fedBy: asset.fed_by }),
    ...(asset.category === undefined ? {} : { category: asset.category }),
    ...routeOf(asset, rooms),
    homes: homesServed(asset.serves, places),
    ...(asset.serves?.service === undefined ? {} : { service: asset.serves.service }),
    ...(asset.serves?.need === undefined ? {} : { meets: asset.serves.need }),
    ...zonesOf(asset.serves, places.zones),
  }
}

function standsAboveItself(id: string, assets: ReadonlyMap<string, Asset>): boolean {
  const seen = new Set<string>()
  for (let above = assets.get(id)?.parent; above !== undefined; above = assets.get(above)?.parent) {
    if (above === id) return true
    if (seen.has(above)) return false
    seen.add(above)
  }
  return false
}
