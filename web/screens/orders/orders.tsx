import { useLocation } from 'preact-iso'
import { useApp } from '../../app-context.ts'
import type { Order, OrderState } from '../../api/types.ts'
import { FilterTabs } from '../../parts/filter-tabs.tsx'
import { useOlder } from '../../parts/older.tsx'
import { Empty, Screen, Skeletons } from '../../parts/screen.tsx'
import { bySoonest } from '../../parts/order-clock.tsx'
import { OrderPages } from '../supervision/with-sentences.tsx'
import { OrderCard } from './order-card.tsx'

const COLUMNS: readonly Readonly<{
  name: 'waiting' | 'accepted' | 'arrived' | 'restored'
  states: readonly OrderState[]
}>[] = [
  { name: 'waiting', states: ['new', 'dispatched'] },
  { name: 'accepted', states: ['accepted'] },
  { name: 'arrived', states: ['arrived', 'working', 'paused'] },
  { name: 'restored', states: ['restored', 'verified'] },
]

type Choice = 'mine' | 'open' | 'ended'

/** Orders in columns by state on a desk, one after the other on a phone. Who works in the field sees their own first. */
export function OrdersScreen() {
  const { words, estate, session } = useApp()
  const { query } = useLocation()
  const visitor = session.visitor.value
  const user = visitor.is === 'somebody' ? visitor.session.user : null
  const isField = user?.role === 'field' && user.person !== null
  const options: [Choice, string][] = [
    ...(isField ? ([['mine', words.say('web.filter.mine')]] as [Choice, string][]) : []),
    ['open', words.say('web.filter.open')],
    ['ended', words.say('web.filter.ended')],
  ]
  const chosen = options.find(([value]) => value === query.state)?.[0] ?? options[0]![0]
  const orders = estate.orders.value
  const ended = useOlder<Order>(
    '/orders',
    chosen === 'ended' ? (orders ?? []).filter(({ state }) => state === 'closed') : null,
  )
  const open = (orders ?? []).filter(
    ({ state, assignee }) => state !== 'closed' && (chosen !== 'mine' || assignee === user?.person),
  )
  return (
    <Screen
      title={words.say('web.screen.orders')}
      aside={<FilterTabs base="/orders" label={words.say('web.filter')} chosen={chosen} options={options} />}
    >
      <OrderPages />
      {orders === null ? (
        <Skeletons count={4} height="h-28" />
      ) : chosen === 'ended' ? (
        <>
          {ended.items.length === 0 && <Empty icon="clipboard-list">{words.say('web.orders.empty.ended')}</Empty>}
          <ul class="grid gap-2 md:grid-cols-2 xl:grid-cols-3">
            {ended.items.map((order) => (
              <OrderCard key={order.id} order={order} />
            ))}
          </ul>
          {ended.more}
        </>
      ) : open.length === 0 ? (
        <Empty icon="circle-check">{words.say(chosen === 'mine' ? 'web.orders.empty.mine' : 'web.orders.empty')}</Empty>
      ) : (
        <Board orders={open} />
      )}
    </Screen>
  )
}

function Board({ orders }: { orders: readonly Order[] }) {
  const { words } = useApp()
  return (
    <div class="grid items-start gap-4 lg:grid-cols-4 lg:gap-3">
      {COLUMNS.map(({ name, states }) => {
        const own = orders.filter(({ state }) => states.includes(state)).toSorted(bySoonest)
        return (
          <section
            key={name}
            aria-label={words.say(`web.orders.column.${name}`)}
            class={own.length === 0 ? 'hidden lg:block' : ''}
          >
            <h2 class="mb-2 flex items-center gap-2 text-sm font-semibold">
              {words.say(`web.orders.column.${name}`)}
              <span class="badge badge-sm">{own.length}</span>
            </h2>
            <ul class="grid gap-2 lg:min-h-24">
              {own.map((order) => (
                <OrderCard key={order.id} order={order} />
              ))}
            </ul>
          </section>
        )
      })}
    </div>
  )
}
