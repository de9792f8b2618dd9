import { PRIORITIES, type Priority } from '#devices/alarm-definition.ts'
import { FLOOD_WITHIN_MS } from './settings.ts'

/** What EEMUA 191 calls manageable. Shares are of what was announced. */
export const TARGETS = {
  perOperatorAnd10Min: 1,
  flood: 10,
  staleFewerThan: 5,
  shares: { high: 0.05, medium: 0.15, low: 0.8 },
} as const
const STALE_MS = 24 * 3_600_000
const MOST_FREQUENT = 10
const MOST_STRETCHES = 60

export type Told = Readonly<{
  at: number
  kind: 'announced' | 'counted' | 'silent' | 'chattered'
  rule: string
  asset: string
  priority: Priority
}>
export type Standing = Readonly<{ raisedAt: number; isActive: boolean; shown: string }>
type Frequent = Readonly<{ rule: string; asset: string; count: number; lastAt: number }>

export type AlarmHealth = Readonly<{
  announced: number
  /** In one message with others, while a flood went on. */
  counted: number
  silent: number
  /** Announcements to one operator in ten minutes. */
  perOperatorAnd10Min: Readonly<{ mean: number; most: number; shareWithinTarget: number }>
  floods: Readonly<{ count: number; shareOfTime: number }>
  /** The period in at most 60 equal stretches: where the announcements lie. Most to one operator in ten minutes. */
  stretches: readonly Readonly<{ from: number; offered: number; most: number }>[]
  /** Of the announced ones. Critical counts as high: the figures know three. */
  priorities: Readonly<Record<Priority, Readonly<{ count: number; share: number }>>>
  standing: number
  stale: number
  kept: Readonly<{ shelved: number; suppressed: number; outOfService: number }>
  frequent: readonly Frequent[]
  badActors: readonly Frequent[]
}>

/**
 * The alarm system itself, against the figures of EEMUA 191: a pure function of what was told within [from, to] and of
 * what stands at `now`. Times are site time in ms; `told` is in order.
 */
export function alarmHealth(
  told: Iterable<Told>,
  standing: readonly Standing[],
  { from, to, now, operators }: Readonly<{ from: number; to: number; now: number; operators: number }>,
): AlarmHealth {
  const slots = new Map<number, number>()
  const priorities = Object.fromEntries(PRIORITIES.map((priority) => [priority, 0])) as Record<Priority, number>
  const kinds = { announced: 0, counted: 0, silent: 0, chattered: 0 }
  const [frequent, chattering] = [new Map<string, Frequent>(), new Map<string, Frequent>()]
  for (const { at, kind, rule, asset, priority } of told) {
    kinds[kind]++
    const isOffered = kind === 'announced' || kind === 'counted'
    if (isOffered) {
      const slot = Math.floor((at - from) / FLOOD_WITHIN_MS)
      slots.set(slot, (slots.get(slot) ?? 0) + 1)
      priorities[priority]++
    }
    const list = kind === 'chattered' ? chattering : isOffered ? frequent : null
    list?.set(rule, { rule, asset, count: (list.get(rule)?.count ?? 0) + 1, lastAt: at })
  }
  const offered = kinds.announced + kinds.counted
  const periods = Math.max(1, Math.ceil((to - from) / FLOOD_WITHIN_MS))
  const perSlot = [...slots.values()].map((count) => count / operators)
  const beyond = perSlot.filter((rate) => rate > TARGETS.perOperatorAnd10Min).length
  const flooded = [...slots].filter(([, count]) => count / operators > TARGETS.flood).map(([slot]) => slot)
  const shown = (state: string) => standing.filter((alarm) => alarm.shown === state).length
  return {
    announced: kinds.announced,
    counted: kinds.counted,
    silent: kinds.silent,
    perOperatorAnd10Min: {
      mean: offered / operators / periods,
      most: perSlot.reduce((most, rate) => Math.max(most, rate), 0),
      shareWithinTarget: 1 - beyond / periods,
    },
    // Neighbouring stretches are one flood.
    floods: {
      count: flooded.filter((slot) => !flooded.includes(slot - 1)).length,
      shareOfTime: flooded.length / periods,
    },
    stretches: stretchesOf(slots, { from, periods, operators }),
    priorities: Object.fromEntries(
      PRIORITIES.map((each) => [
        each,
        { count: priorities[each], share: offered === 0 ? 0 : priorities[each] / offered },
      ]),
    ) as AlarmHealth['priorities'],
    standing: standing.filter(({ isActive }) => isActive).length,
    stale: standing.filter(({ isActive, raisedAt }) => isActive && now - raisedAt > STALE_MS).length,
    kept: { shelved: shown('shelved'), suppressed: shown('suppressed'), outOfService: shown('out_of_service') },
    frequent: mostOf(frequent),
    badActors: mostOf(chattering),
  }
}

function mostOf(rules: ReadonlyMap<string, Frequent>): Frequent[] {
  return [...rules.values()].toSorted((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1)).slice(0, MOST_FREQUENT)
}

/** Whole ten minutes each, so that what a stretch says is what the figures say. */
function stretchesOf(
  slots: ReadonlyMap<number, number>,
  { from, periods, operators }: Readonly<{ from: number; periods: number; operators: number }>,
): AlarmHealth['stretches'] {
  const length = Math.ceil(periods / MOST_STRETCHES)
  return Array.from({ length: Math.ceil(periods / length) }, (_, index) => {
    const counts = Array.from({ length }, (_, slot) => slots.get(index * length + slot) ?? 0)
    return {
      from: from + index * length * FLOOD_WITHIN_MS,
      offered: counts.reduce((sum, count) => sum + count, 0),
      most: Math.max(...counts) / operators,
    }
  })
}
