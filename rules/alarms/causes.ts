import { ORDER_CLASSES, PRIORITIES } from '#devices/alarm-definition.ts'
import type { AssetTree } from '../asset-tree.ts'
import type { Alarm } from './alarm.ts'
import type { AlarmBook } from './book.ts'

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
