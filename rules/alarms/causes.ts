import { ORDER_CLASSES, PRIORITIES } from '#devices/alarm-definition.ts'
import type { Plan } from '../plan.ts'
import type { Alarm } from './alarm.ts'
import type { AlarmBook } from './book.ts'

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
}

type Candidate = Pick<Alarm, 'asset' | 'loss' | 'priority' | 'class'> & { readonly alarm: string | null }

/**
 * The alarm above that explains this one: its own process is in alarm, somebody is told of it, and it is at least as grave.
 * A loss of data explains a loss of data, and nothing else.
 */
export function rootAbove(candidate: Candidate, book: AlarmBook, tree: AssetTree): Alarm | null {
  for (const asset of tree.above(candidate.asset)) {
    for (const alarm of book.on(asset)) {
      if (!explains(alarm, candidate)) continue
      const root = toldInsteadOf(alarm, book)
      if (root && root.alarm !== candidate.alarm) return root
    }
  }
  return null
}

function explains(alarm: Alarm, candidate: Candidate): boolean {
  if (alarm.alarm === candidate.alarm || alarm.holding.length === 0) return false
  if (alarm.loss && !candidate.loss) return false
  return (
    PRIORITIES.indexOf(alarm.priority) <= PRIORITIES.indexOf(candidate.priority) &&
    ORDER_CLASSES.indexOf(alarm.class) <= ORDER_CLASSES.indexOf(candidate.class)
  )
}

/** The alarm itself, or the root it is silent for, while that one holds; null when nobody is told of either. */
function toldInsteadOf(alarm: Alarm, book: AlarmBook): Alarm | null {
  if (alarm.silence === null || alarm.silence.by === 'flood') return alarm
  if (alarm.silence.by !== 'cause') return null
  const root = book.alarms.get(alarm.silence.root ?? '')
  return root && root.holding.length > 0 && root.silence?.by !== 'cause' ? root : alarm
}
