import { SILENT_STATES } from '../../api/alarm-types.ts'
import type { Alarm, Priority } from '../../api/types.ts'
import { GRAVEST_FIRST } from '../../parts/state-badge.tsx'
import type { Words } from '../../words/words.ts'

export const PARTS = ['standing', 'unseen', 'silent', 'ended'] as const
export type Part = (typeof PARTS)[number]
export type Filter = Readonly<{ part: Part; priority: Priority | ''; kind: string; text: string }>

/** The filter as the address keeps it, so that a link shows the same. */
export function filterOf(query: Readonly<Record<string, string>>): Filter {
  return {
    part: PARTS.find((part) => part === query['state']) ?? 'standing',
    priority: GRAVEST_FIRST.find((priority) => priority === query['priority']) ?? '',
    kind: query['kind'] ?? '',
    text: query['q'] ?? '',
  }
}

export function addressOf({ part, priority, kind, text }: Filter): string {
  const said = { state: part === 'standing' ? '' : part, priority, kind, q: text }
  const query = new URLSearchParams(Object.entries(said).filter(([, value]) => value !== ''))
  return query.size === 0 ? '/alarms' : `/alarms?${query}`
}

const ASKS_FOR_SOMEBODY: readonly Alarm['shown'][] = ['unacknowledged', 'returned', 'latched']

export function isPartOf(part: Part, { state, shown }: Pick<Alarm, 'state' | 'shown'>): boolean {
  if (part === 'ended') return state === 'normal'
  if (state === 'normal') return false
  if (part === 'unseen') return ASKS_FOR_SOMEBODY.includes(shown)
  return part === 'standing' || SILENT_STATES.includes(shown)
}

/** Every word that was typed stands somewhere in what the row says. */
export function matches(
  alarm: Alarm,
  { priority, kind, text }: Filter,
  kindOf: (asset: string) => string,
  words: Words,
): boolean {
  if (priority !== '' && alarm.priority !== priority) return false
  if (kind !== '' && kindOf(alarm.asset) !== kind) return false
  const all = [alarm.id, alarm.asset, words.of(alarm.assetName), words.of(alarm.name)].join(' ').toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word))
}

/** The gravest first, of those the newest. */
export function byGravity(a: Alarm, b: Alarm): number {
  return (
    GRAVEST_FIRST.indexOf(a.priority) - GRAVEST_FIRST.indexOf(b.priority) ||
    Date.parse(b.raisedAt) - Date.parse(a.raisedAt)
  )
}

export type Family = Readonly<{ alarm: Alarm; children: readonly Alarm[] }>

/** Alarms whose cause stands in the same list lie under it; a grandchild under the one that is told. */
export function familiesOf(alarms: readonly Alarm[]): Family[] {
  const known = new Map(alarms.map((alarm) => [alarm.id, alarm]))
  const rootOf = (alarm: Alarm): Alarm => {
    const seen = new Set([alarm.id])
    let root = alarm
    for (;;) {
      const above = known.get(root.whyNot?.root ?? '')
      if (!above || seen.has(above.id)) return root
      seen.add(above.id)
      root = above
    }
  }
  const children = Map.groupBy(
    alarms.filter((alarm) => rootOf(alarm) !== alarm),
    (alarm) => rootOf(alarm).id,
  )
  return alarms
    .filter((alarm) => rootOf(alarm) === alarm)
    .map((alarm) => ({ alarm, children: children.get(alarm.id) ?? [] }))
}
