import type { Left, Outage } from '#rules/impact/impact.ts'
import type { Action, HomeWays, Way } from '#rules/reach/events.ts'
import type { Roll, Road } from '../households/roll.ts'

/** A channel of the site that reaches one person. */
export type PersonalChannel = Readonly<{ id: string; road: Road }>
export type Audience = Readonly<{
  /** Homes that are told one by one, in order. */
  homes: readonly HomeWays[]
  /** Homes that the page, the lobby and a sheet at the entrance inform. */
  informed: readonly string[]
  /** Homes whose only contacts are owners who live elsewhere. */
  ownerOnly: readonly string[]
}>
export type Occasion = Readonly<{
  homes: readonly string[]
  outage: Outage
  /** Of the calendar. */
  time: number
  /** Everybody must act now, whatever the hour. */
  isUrgent: boolean
}>

/**
 * Whom a notice concerns, by what, in which order. A home that loses the service is told; one that only loses what
 * stood in for it is informed, unless somebody there needs just what was lost.
 */
export function audienceOf(roll: Roll, channels: readonly PersonalChannel[], occasion: Occasion): Audience {
  const { homes, outage, time, isUrgent } = occasion
  const byRoad = Map.groupBy(channels, ({ road }) => road)
  const ownerOnly: string[] = []
  const told: HomeWays[] = []
  for (const home of homes) {
    const { contacts, isOwnerOnly } = roll.at(home, time)
    const lost = outage.needs.get(home)
    const isNeeded = lost !== undefined && contacts.some(({ needs }) => needs.some((need) => lost.includes(need)))
    const services = outage.services.get(home)
    if (!services && !isNeeded) continue
    if (isOwnerOnly) ownerOnly.push(home)
    const ways: Way[] = []
    let action: Action | null = null
    let isNow = isUrgent || isNeeded
    for (const contact of contacts) {
      for (const road of contact.roads) for (const { id } of byRoad.get(road) ?? []) ways.push([contact.id, id])
      if (contact.action && action !== 'door') action = contact.action
      isNow ||= contact.dependsOn.some((service) => services?.has(service))
    }
    told.push({ home, ways, ...(action ? { action } : {}), ...(isNow ? { now: true } : {}) })
  }
  const isTold = new Set(told.map(({ home }) => home))
  return { homes: told, informed: homes.filter((home) => !isTold.has(home)), ownerOnly }
}

/** Kinds of notices of which residents must know at any hour: act now, or come to harm. */
const URGENT: ReadonlySet<string> = new Set(['home-flooded', 'water-unfit', 'power-off'])
/** Kinds of notices that tell of less than there should be, not of nothing. */
const REDUCED: ReadonlySet<string> = new Set(['low-pressure', 'water-low'])

export function isUrgent(kind: string): boolean {
  return URGENT.has(kind)
}

/** What a notice of this kind says is left of its assets. */
export function leftOf(kind: string): Left {
  return REDUCED.has(kind) ? 'reduced' : 'down'
}

type Open = Readonly<{ kind: string; state: string; assets: readonly string[] }>

/** States of a notice whose assets do not serve; a promised end is none. */
const FAILED: ReadonlySet<string> = new Set(['draft', 'published', 'identified', 'in_progress', 'overrun'])

/** What does not serve at present, as the open notices say: one lift down is another matter when the other is down too. */
export function failedIn(notices: readonly Open[]): ReadonlyMap<string, Left> {
  const failed = new Map<string, Left>()
  for (const { kind, state, assets } of notices) {
    if (!FAILED.has(state)) continue
    for (const asset of assets) if (failed.get(asset) !== 'down') failed.set(asset, leftOf(kind))
  }
  return failed
}
