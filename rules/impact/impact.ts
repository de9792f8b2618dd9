import type { Asset, Need } from '../plan.ts'

/** What is left of an asset: `reduced` gives less than it should, one of its pumps stands. */
export type Left = 'down' | 'reduced'
/** Loss of service is an outage; loss of what stood in for it is only information. */
export type Effect = 'outage' | 'reduced' | 'redundancy_lost'

export type Impact = Readonly<{
  /** Each home once for each service, in order. */
  losses: readonly Readonly<{ service: string; effect: Effect; homes: readonly string[] }>[]
  /** The service goes on, but for those with this need it does not. */
  needs: readonly Readonly<{ service: string; need: Need; homes: readonly string[] }>[]
}>

/** Homes that get one service from the same assets. */
type Supply = Readonly<{ service: string; by: readonly Asset[]; homes: string[] }>
/** From good to bad: `thin` has lost what stood in for its feeder. */
type Condition = 'well' | 'thin' | Left
const WORSE: readonly Condition[] = ['well', 'thin', 'reduced', 'down']

/**
 * Who is affected if assets fail, all at once. Pure, made once for a plan.
 *
 * - Assets that give a home the same service stand in for each other, floor by floor and need by need.
 * - An asset falls with all its feeders of one kind; with some of them it has only lost what stood in.
 * - An asset whose parts are several of one kind gives less without some of them, and nothing without all.
 */
export function impactModel(assets: ReadonlyMap<string, Asset>): (failed: ReadonlyMap<string, Left>) => Impact {
  const supplies = suppliesOf(assets)
  const carriers = carriersOf(assets)

  return (failed) => {
    const conditions = conditionsOf(assets, carriers, failed)
    const isDown = (asset: Asset) => conditions.get(asset.id) === 'down'
    const losses: { service: string; effect: Effect; homes: string[] }[] = []
    const needs: { service: string; need: Need; homes: string[] }[] = []
    for (const { service, by, homes } of supplies) {
      const effect = effectOf(by.map(({ id }) => conditions.get(id) ?? 'well'))
      if (!effect) continue
      gather(losses, (loss) => loss.service === service && loss.effect === effect, { service, effect, homes })
      if (effect === 'outage') continue
      for (const need of new Set(by.flatMap(({ meets = [] }) => meets)))
        if (by.filter(({ meets }) => meets?.includes(need)).every(isDown))
          gather(needs, (loss) => loss.service === service && loss.need === need, { service, need, homes })
    }
    return { losses, needs }
  }
}

export type Outage = Readonly<{
  /** Homes that lose a service, and which. */
  services: ReadonlyMap<string, ReadonlySet<string>>
  /** Homes where the service goes on, but not for those who need this. */
  needs: ReadonlyMap<string, readonly Need[]>
}>

/**
 * Who has to be told of `own`, while all that is in `all` has failed: one lift is another matter when the other is down
 * too, but of a lift nobody is told who only has no water. Less than there should be counts as lost.
 */
export function outageOf(own: Impact, all: Impact): Outage {
  const concerned = new Map<string, Set<string>>()
  for (const { service, homes } of own.losses)
    for (const home of homes) entryOf(concerned, service, () => new Set()).add(home)
  const services = new Map<string, Set<string>>()
  const byHome = new Map<string, Need[]>()
  const mine = (service: string, homes: readonly string[]) => homes.filter((home) => concerned.get(service)?.has(home))
  for (const { service, effect, homes } of all.losses)
    if (effect !== 'redundancy_lost')
      for (const home of mine(service, homes)) entryOf(services, home, () => new Set()).add(service)
  for (const { service, need, homes } of all.needs)
    for (const home of mine(service, homes)) entryOf(byHome, home, () => []).push(need)
  return { services, needs: byHome }
}

function gather<T extends { homes: string[] }>(known: T[], isSame: (one: T) => boolean, more: T): void {
  const same = known.find(isSame)
  // Most assets have homes of one kind alone, in order since the model was made.
  if (same) same.homes = [...same.homes, ...more.homes].toSorted()
  else known.push({ ...more })
}

function effectOf(providers: readonly Condition[]): Effect | null {
  const best = WORSE.find((condition) => providers.includes(condition))
  if (best === 'down') return 'outage'
  if (best === 'reduced') return 'reduced'
  return providers.every((condition) => condition === 'well') ? null : 'redundancy_lost'
}

function suppliesOf(assets: ReadonlyMap<string, Asset>): Supply[] {
  const byHome = new Map<string, Map<string, Asset[]>>()
  for (const asset of assets.values())
    for (const home of asset.homes) {
      const services = entryOf(byHome, home, () => new Map<string, Asset[]>())
      entryOf(services, serviceOf(asset), () => []).push(asset)
    }
  const supplies = new Map<string, Supply>()
  for (const [home, services] of byHome)
    for (const [service, by] of services) {
      const key = [service, ...by.map(({ id }) => id)].join('\0')
      entryOf(supplies, key, () => ({ service, by, homes: [] })).homes.push(home)
    }
  for (const { homes } of supplies.values()) homes.sort()
  return [...supplies.values()]
}

function serviceOf({ service, kind }: Asset): string {
  return service ?? kind
}

/** What carries an asset, in groups of one kind: its feeders, and its parts where several share the work. */
type Carriers = Readonly<{ feeders: readonly (readonly string[])[]; parts: readonly (readonly string[])[] }>

function carriersOf(assets: ReadonlyMap<string, Asset>): ReadonlyMap<string, Carriers> {
  const children = Map.groupBy(assets.values(), ({ parent }) => parent)
  const kindsOf = (members: readonly Asset[]) =>
    [...Map.groupBy(members, ({ kind }) => kind).values()].map((group) => group.map(({ id }) => id))
  return new Map(
    [...assets.values()].map((asset) => {
      const feeders = kindsOf((asset.fedBy ?? []).flatMap((id) => assets.get(id) ?? []))
      const parts = kindsOf(children.get(asset.id) ?? []).filter((group) => group.length > 1)
      return [asset.id, { feeders, parts }]
    }),
  )
}

/** Grows from what failed until nothing more falls; assets only ever get worse, so that ends, circles or not. */
function conditionsOf(
  assets: ReadonlyMap<string, Asset>,
  carriers: ReadonlyMap<string, Carriers>,
  failed: ReadonlyMap<string, Left>,
): ReadonlyMap<string, Condition> {
  const conditions = new Map<string, Condition>(failed)
  const of = (id: string) => conditions.get(id) ?? 'well'
  for (let hasMoved = true; hasMoved;) {
    hasMoved = false
    for (const id of assets.keys()) {
      const { feeders, parts } = carriers.get(id)!
      const next = worst([
        of(id),
        ...feeders.map((group) => carriedBy(group.map(of), 'thin')),
        ...parts.map((group) => carriedBy(group.map(of), 'reduced')),
      ])
      if (next === of(id)) continue
      conditions.set(id, next)
      hasMoved = true
    }
  }
  return conditions
}

function carriedBy(group: readonly Condition[], withoutSome: 'thin' | 'reduced'): Condition {
  if (group.every((condition) => condition === 'down')) return 'down'
  if (group.includes('down')) return withoutSome
  // The worst that still works is what is to be had.
  return worst(group)
}

function worst(conditions: readonly Condition[]): Condition {
  return conditions.reduce((one, other) => (WORSE.indexOf(other) > WORSE.indexOf(one) ? other : one), 'well')
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
