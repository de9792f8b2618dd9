import type { Alarm, Notice, Order, Priority } from '../../api/types.ts'
import { GRAVEST_FIRST } from '../../parts/state-badge.tsx'

/** One incident, followed from the reading to the all-clear. `notice`: null for none, 'hidden' where the role may not. */
export type Story = Readonly<{
  order: Order
  alarm: Alarm | null
  notice: Notice | null | 'hidden'
  isOver: boolean
  endedAt: string | null
}>

/** `none`: this story has no such step. */
export type StepState = 'done' | 'now' | 'next' | 'none'
export const STEPS = ['reading', 'alarm', 'order', 'notice', 'end'] as const
export type Step = (typeof STEPS)[number]

const SHOWN = 12

export function storiesOf(
  orders: readonly Order[],
  alarms: readonly Alarm[],
  notices: readonly Notice[] | null,
): Story[] {
  return orders
    .map((order): Story => {
      const own = alarms.filter((alarm) => order.alarmIds.includes(alarm.id))
      const alarm = own.find(({ id }) => id === order.alarmId) ?? own.at(-1) ?? null
      const notice = notices === null ? 'hidden' : (notices.find((each) => each.orderId === order.id) ?? null)
      const told = notice === 'hidden' ? null : notice
      const isOver = order.state === 'closed' && (told === null || told.endedAt !== null)
      return { order, alarm, notice, isOver, endedAt: isOver ? latest(order.closedAt, told?.endedAt) : null }
    })
    .toSorted(
      (a, b) =>
        Number(a.isOver) - Number(b.isOver) ||
        rankOf(a) - rankOf(b) ||
        Date.parse(b.order.openedAt) - Date.parse(a.order.openedAt),
    )
    .slice(0, SHOWN)
}

function latest(a: string | null, b: string | null | undefined): string | null {
  if (!a || !b) return a ?? b ?? null
  return Date.parse(a) > Date.parse(b) ? a : b
}

function rankOf({ alarm, isOver }: Story): number {
  return isOver || alarm === null ? GRAVEST_FIRST.length : GRAVEST_FIRST.indexOf(alarm.priority)
}

export function priorityOf({ alarm }: Story): Priority {
  return alarm?.priority ?? 'low'
}

/**
 * Which story is told: the one the reader chose; else the one that was told until now, to its end; a new one takes its
 * place only after that, so that nothing changes under the reader's eyes.
 */
export function toldStory(stories: readonly Story[], chosen: string | null, told: string | null): Story | null {
  const of = (id: string | null) => stories.find(({ order }) => order.id === id)
  const current = of(chosen) ?? of(told)
  if (!current) return stories[0] ?? null
  if (chosen !== null || !current.isOver || current.endedAt === null) return current
  const endedAt = Date.parse(current.endedAt)
  return stories.find(({ isOver, order }) => !isOver && Date.parse(order.openedAt) > endedAt) ?? current
}

export function stepStates({ order, alarm, notice }: Story): Readonly<Record<Step, StepState>> {
  const isRepaired = order.state === 'verified' || order.state === 'closed'
  const hasNotice = notice !== null && notice !== 'hidden' && notice.state !== 'withdrawn'
  const isClosed = order.state === 'closed'
  return {
    reading: alarm ? 'done' : 'next',
    alarm: !alarm ? 'next' : alarm.acknowledgedBy || alarm.clearedAt ? 'done' : 'now',
    order: isRepaired ? 'done' : 'now',
    notice: hasNotice ? (notice.publishedAt ? 'done' : 'now') : 'none',
    end: hasNotice
      ? notice.state === 'all_clear'
        ? 'done'
        : notice.state === 'monitoring'
          ? 'now'
          : 'next'
      : isClosed
        ? 'done'
        : 'next',
  }
}
