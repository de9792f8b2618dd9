import type { Asset } from '../plan.ts'

/**
 * Whose work forbids switching an asset: itself, all that it is part of or fed by, and all that is part of it or fed by
 * it, however far. Current and water run both ways of this: a pump starts under a fitter's hands because somebody
 * switched the pump, the panel above it, or the feeder that it hangs on.
 */
export function relatedTo(asset: string, assets: ReadonlyMap<string, Asset>): ReadonlySet<string> {
  const above = upstreamOf(asset, assets)
  const below = [...assets.keys()].filter((id) => upstreamOf(id, assets).has(asset))
  return new Set([asset, ...above, ...below])
}

function upstreamOf(asset: string, assets: ReadonlyMap<string, Asset>): ReadonlySet<string> {
  const found = new Set<string>()
  const waiting = [asset]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { parent, fedBy = [] } = assets.get(next) ?? {}
    for (const id of [...(parent === undefined ? [] : [parent]), ...fedBy]) {
      if (found.has(id)) continue
      found.add(id)
      waiting.push(id)
    }
  }
  return found
}
