import type { Plan } from './plan.ts'

/** Who stands above whom: what an asset is part of, and what feeds it. */
export class AssetTree {
  readonly #above = new Map<string, readonly string[]>()
  readonly #below = new Map<string, string[]>()

  constructor(assets: Plan['assets']) {
    for (const id of assets.keys()) {
      const above = new Set<string>()
      const climb = (from: string) => {
        const asset = assets.get(from)
        for (const next of [...(asset?.parent === undefined ? [] : [asset.parent]), ...(asset?.fedBy ?? [])]) {
          if (next === id || above.has(next)) continue
          above.add(next)
          climb(next)
        }
      }
      climb(id)
      this.#above.set(id, [...above])
      for (const each of above) this.#below.set(each, [...(this.#below.get(each) ?? []), id])
    }
  }

  /** The nearest first. */
  above(asset: string): readonly string[] {
    return this.#above.get(asset) ?? []
  }

  below(asset: string): readonly string[] {
    return this.#below.get(asset) ?? []
  }

  /**
   * Whose work forbids switching an asset: itself, all that it is part of or fed by, and all that is part of it or fed
   * by it, however far. A pump starts under a fitter's hands because somebody switched the pump, the panel above it, or
   * the feeder that it hangs on.
   */
  related(asset: string): ReadonlySet<string> {
    return new Set([asset, ...this.above(asset), ...this.below(asset)])
  }
}
