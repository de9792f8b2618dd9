import { useComputed } from '@preact/signals'
import { useApp } from '../app-context.ts'
import type { Order, OrderClock } from '../api/types.ts'
import type { TextKey } from '../words/words.ts'

/** The goal that runs out next; null when none is left, or all rest. */
function nextGoal({ clocks }: Pick<Order, 'clocks'>): (OrderClock & { dueAt: string }) | null {
  const open = clocks.filter(
    (goal): goal is OrderClock & { dueAt: string } =>
      goal.clock !== 'feedback' && goal.metAt === null && goal.dueAt !== null,
  )
  return open.toSorted((a, b) => Date.parse(a.dueAt) - Date.parse(b.dueAt))[0] ?? null
}

/** Whose next goal runs out first comes first. */
export function bySoonest(a: Order, b: Order): number {
  const dueAt = (order: Order) => Date.parse(nextGoal(order)?.dueAt ?? '9999-01-01T00:00:00Z')
  return dueAt(a) - dueAt(b) || Date.parse(b.openedAt) - Date.parse(a.openedAt)
}

/** What is promised: a complaint is answered, planned work done, all else restored. */
export function clockKey({ class: ofClass }: Pick<Order, 'class'>, { clock }: Pick<OrderClock, 'clock'>): TextKey {
  if (clock !== 'restore') return `web.order.clock.${clock}`
  if (ofClass === 'P6') return 'web.order.clock.done'
  return ofClass.startsWith('P5') ? 'web.order.clock.answer' : 'web.order.clock.restore'
}

/** How long is left for the next goal, or since when it is overdue, in whole minutes. */
export function TimeLeft({ order }: { order: Order }) {
  const { words, estate } = useApp()
  const goal = nextGoal(order)
  const minutes = useComputed(() =>
    goal === null ? 0 : Math.floor((Date.parse(goal.dueAt) - estate.clock.now.value) / 60_000),
  )
  if (goal === null) return null
  const name = words.say(clockKey(order, goal))
  const isLate = minutes.value < 0
  const time = words.format.duration(Math.abs(isLate ? minutes.value + 1 : minutes.value) * 60_000)
  return (
    <span data-left={goal.clock} class={isLate ? 'text-error font-medium' : ''}>
      {words.say(isLate ? 'web.order.clock.late' : 'web.order.clock.left', { clock: name, time })}
    </span>
  )
}
