import { useComputed } from '@preact/signals'
import { useApp } from '../../app-context.ts'
import type { Order } from '../../api/types.ts'
import { Moment } from '../../parts/moment.tsx'
import { TimeLeft } from '../../parts/order-clock.tsx'
import { OrderBadge } from '../../parts/state-badge.tsx'

export function OrderCard({ order }: { order: Order }) {
  const { words } = useApp()
  return (
    <li data-row={order.id}>
      <a
        href={`/orders/${order.id}`}
        data-order={order.id}
        class="panel hover:border-base-content/40 block p-3 text-sm"
      >
        <span class="flex items-start justify-between gap-2">
          <strong class="min-w-0 break-words">{words.of(order.name)}</strong>
          <OrderBadge state={order.state} />
        </span>
        <span class="mt-0.5 block">{words.of(order.assetName)}</span>
        <span class="quiet mt-1.5 flex flex-wrap justify-between gap-x-3">
          <span>{[order.assignee ?? words.say('web.order.nobody'), order.class, order.id].join(' · ')}</span>
          {order.state === 'closed' && order.closedAt ? <Moment at={order.closedAt} /> : <OpenFor order={order} />}
        </span>
        {order.clocks.length > 0 && (
          <span class="mt-1 flex flex-wrap justify-between gap-x-3">
            <TimeLeft order={order} />
            <Level order={order} />
          </span>
        )}
      </a>
    </li>
  )
}

function Level({ order }: { order: Order }) {
  const { words } = useApp()
  const level = order.escalations.at(-1)?.level
  return level === undefined ? null : (
    <span class="badge badge-error badge-soft badge-sm">{words.say('web.order.level', { level })}</span>
  )
}

/** How long it is open, in whole minutes: a card is not redrawn each second. */
function OpenFor({ order }: { order: Order }) {
  const { words, estate } = useApp()
  const minutes = useComputed(() =>
    Math.max(0, Math.floor((estate.clock.now.value - Date.parse(order.openedAt)) / 60_000)),
  )
  if (minutes.value === 0) return <Moment at={order.openedAt} />
  return <span>{words.say('web.order.for', { time: words.format.duration(minutes.value * 60_000) })}</span>
}
