import type { Need } from '#rules/plan.ts'
import type { Action } from '#rules/reach/events.ts'
import type { HouseholdContact } from '../private/kinds.ts'
import type { Language } from '../texts.ts'
import { isTag, TAGS } from './tags.ts'

export type Road = 'phone' | 'email' | 'push'
export const ROADS = ['phone', 'email', 'push'] as const satisfies readonly Road[]

/** A contact without anything that names or reaches it: what the audience is made of. */
export type RollEntry = Readonly<{
  id: string
  home: string
  relation: HouseholdContact['relation']
  from: number
  to: number | null
  livesHere: boolean | null
  language: Language
  /** Only those that lead somewhere, and only with consent. */
  roads: readonly Road[]
  action: Action | null
  dependsOn: readonly string[]
  needs: readonly Need[]
}>

/** All contacts of the estate by home, as of any date. Kept in memory, made anew when the private store changes. */
export type Roll = Readonly<{
  /** How many contacts there are. */
  size: number
  at(home: string, time: number): Residents
  entry(contact: string): RollEntry | undefined
  /** Everybody who ever belonged to it. */
  of(home: string): readonly RollEntry[]
}>

/** Who is to be told for a home: those who live there; where nobody is known to, its owners. */
export type Residents = Readonly<{ contacts: readonly RollEntry[]; isOwnerOnly: boolean }>
const NOBODY: Residents = { contacts: [], isOwnerOnly: false }

export function entryOf(id: string, contact: HouseholdContact): RollEntry {
  const { home, relation, from, to, livesHere = null, language = 'zh-CN', consent = false, tags = [] } = contact
  const reachable: Record<Road, boolean> = {
    phone: contact.phone !== null,
    email: (contact.email ?? null) !== null,
    push: true,
  }
  const known = tags.filter(isTag).map((tag) => TAGS[tag])
  const wishes = known.map(({ action }) => action)
  return {
    id,
    home,
    relation,
    from,
    to,
    livesHere,
    language,
    roads: consent ? (contact.roads ?? ['phone', 'email']).filter((road) => reachable[road]) : [],
    // Whoever cannot be rung up is visited.
    action: wishes.length === 0 ? null : wishes.includes('door') || contact.phone === null ? 'door' : 'call',
    dependsOn: known.flatMap(({ dependsOn }) => dependsOn),
    needs: known.flatMap(({ needs }) => needs),
  }
}

export function rollOf(entries: readonly RollEntry[]): Roll {
  const byHome = Map.groupBy(entries, ({ home }) => home)
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  return {
    size: entries.length,
    at(home, time) {
      const known = byHome.get(home)
      if (!known) return NOBODY
      const valid = known.filter((entry) => isValid(entry, time))
      if (valid.length === 0) return NOBODY
      const residents = valid.filter((entry) => livesThere(entry, valid))
      return residents.length > 0
        ? { contacts: residents.toSorted((a, b) => rank(a) - rank(b)), isOwnerOnly: false }
        : { contacts: valid, isOwnerOnly: true }
    },
    entry: (contact) => byId.get(contact),
    of: (home) => byHome.get(home) ?? [],
  }
}

export function isValid({ from, to }: Pick<RollEntry, 'from' | 'to'>, time: number): boolean {
  return from <= time && (to === null || time < to)
}

/** An owner lives in the home unless somebody said otherwise, or a tenant does. */
function livesThere({ relation, livesHere }: RollEntry, others: readonly RollEntry[]): boolean {
  if (relation !== 'owner') return livesHere !== false
  return livesHere ?? !others.some((other) => other.relation === 'tenant')
}

function rank({ relation, roads }: RollEntry): number {
  return ['tenant', 'owner', 'family'].indexOf(relation) + (roads.length === 0 ? 3 : 0)
}
