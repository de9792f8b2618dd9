import type { Site } from './site.ts'

export type Difference = Readonly<{
  kind: 'device' | 'rule' | 'asset' | 'person' | 'channel'
  id: string
  change: 'added' | 'removed' | 'changed'
}>

/** What a new configuration would change, part by part. */
export function differenceOf(before: Site, after: Site): readonly Difference[] {
  const parts: readonly [Difference['kind'], (site: Site) => Iterable<readonly [string, unknown]>][] = [
    ['device', (site) => site.devices.map((device) => [device.id, device])],
    ['rule', (site) => site.plan.rules.map((rule) => [rule.id, rule])],
    ['asset', (site) => site.plan.assets],
    ['person', (site) => site.plan.staff.map((person) => [person.id, person])],
    ['channel', (site) => site.channels.map((channel) => [channel.id, channel])],
  ]
  return parts.flatMap(([kind, entriesOf]) => compare(kind, new Map(entriesOf(before)), new Map(entriesOf(after))))
}

function compare(
  kind: Difference['kind'],
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): Difference[] {
  const removed = [...before.keys()]
    .filter((id) => !after.has(id))
    .map((id) => ({ kind, id, change: 'removed' }) as const)
  const others = [...after].flatMap(([id, value]): Difference[] => {
    if (!before.has(id)) return [{ kind, id, change: 'added' }]
    return JSON.stringify(before.get(id)) === JSON.stringify(value) ? [] : [{ kind, id, change: 'changed' }]
  })
  return [...removed, ...others]
}
