import { useWords } from '../app-context.ts'
import type { Alarm, NoticeState, OrderState, Priority } from '../api/types.ts'

const PRIORITY: Readonly<Record<Priority, string>> = {
  critical: 'badge-error',
  high: 'badge-error badge-soft',
  medium: 'badge-warning badge-soft',
  low: 'badge-info badge-soft',
}
const ORDER: Readonly<Record<OrderState, string>> = {
  new: 'badge-error badge-soft',
  dispatched: 'badge-warning badge-soft',
  accepted: 'badge-info badge-soft',
  en_route: 'badge-info badge-soft',
  arrived: 'badge-info badge-soft',
  working: 'badge-info badge-soft',
  paused: 'badge-ghost',
  restored: 'badge-success badge-soft',
  feedback: 'badge-success badge-soft',
  verified: 'badge-success badge-soft',
  closed: 'badge-ghost',
  merged: 'badge-ghost',
  false_alarm: 'badge-ghost',
  cancelled: 'badge-ghost',
}
const NOTICE: Readonly<Record<NoticeState, string>> = {
  draft: 'badge-warning badge-soft',
  published: 'badge-info badge-soft',
  rejected: 'badge-ghost',
  identified: 'badge-info badge-soft',
  monitoring: 'badge-success badge-soft',
  scheduled: 'badge-outline',
  reminded: 'badge-outline',
  in_progress: 'badge-info badge-soft',
  overrun: 'badge-error badge-soft',
  verifying: 'badge-success badge-soft',
  completed: 'badge-ghost',
  cancelled: 'badge-ghost',
  all_clear: 'badge-ghost',
  withdrawn: 'badge-ghost',
}
const PLAIN = 'badge whitespace-nowrap'

export function PriorityBadge({ priority }: { priority: Priority }) {
  return <span class={`${PLAIN} ${PRIORITY[priority]}`}>{useWords().say(`web.priority.${priority}`)}</span>
}

export function AlarmBadge({ alarm }: { alarm: Pick<Alarm, 'state'> }) {
  const isQuiet = alarm.state === 'normal' || alarm.state === 'acknowledged'
  return (
    <span class={`${PLAIN} ${isQuiet ? 'badge-ghost' : 'badge-outline'}`}>
      {useWords().say(`web.alarm.state.${alarm.state}`)}
    </span>
  )
}

export function OrderBadge({ state }: { state: OrderState }) {
  return <span class={`${PLAIN} ${ORDER[state]}`}>{useWords().say(`web.order.state.${state}`)}</span>
}

export function NoticeBadge({ state }: { state: NoticeState }) {
  return <span class={`${PLAIN} ${NOTICE[state]}`}>{useWords().say(`web.notice.state.${state}`)}</span>
}

const DOT: Readonly<Record<Priority | 'ok', string>> = {
  critical: 'bg-error',
  high: 'bg-error',
  medium: 'bg-warning',
  low: 'bg-info',
  ok: 'bg-success',
}

/** Colour never speaks alone: the words stand beside it. */
export function StateDot({ state }: { state: Priority | 'ok' }) {
  return <span aria-hidden="true" class={`mt-1.5 size-2.5 flex-none rounded-full ${DOT[state]}`} />
}

export const GRAVEST_FIRST: readonly Priority[] = ['critical', 'high', 'medium', 'low']
