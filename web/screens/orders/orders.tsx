import { useLocation } from 'preact-iso'
import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import type { Order, OrderState } from '../../api/types.ts'
import { Icon } from '../../parts/icon.tsx'
import { FilterTabs } from '../../parts/filter-tabs.tsx'
import { useOlder } from '../../parts/older.tsx'
import { Empty, Screen, Skeletons } from '../../parts/screen.tsx'
import { bySoonest } from '../../parts/order-clock.tsx'
import { OrderPages } from '../supervision/with-sentences.tsx'
import { focusRow, useKeys } from '../alarms/alarm-keys.ts'
import { useOrderSentences } from '../order/sentences.ts'
import { takeTag } from '../order/tag.ts'
import { canReadTags } from '../order/camera.ts'
import { TagCamera } from '../order/tag-camera.tsx'
import { Waiting } from '../order/waiting.tsx'
import { may } from '../../roles.ts'
import { OpenOrder } from './open-order.tsx'
import { OrderCard } from './order-card.tsx'
import { OwnAssets } from './own-assets.tsx'

const COLUMNS: readonly Readonly<{
  name: 'waiting' | 'accepted' | 'arrived' | 'restored'
  states: readonly OrderState[]
}>[] = [
  { name: 'waiting', states: ['new', 'dispatched'] },
  { name: 'accepted', states: ['accepted', 'en_route'] },
  { name: 'arrived', states: ['arrived', 'working', 'paused'] },
  { name: 'restored', states: ['restored', 'feedback', 'verified'] },
]

type Choice = 'mine' | 'open' | 'ended'

/** Orders in columns by state on a desk, one after the other on a phone. Who works in the field sees their own first. */
export function OrdersScreen() {
  const { words, estate, session } = useApp()
  const { query, route } = useLocation()
  const isSaid = useOrderSentences()
  const [isOpening, setOpening] = useState(false)
  useKeys({ j: () => focusRow(1), k: () => focusRow(-1), n: () => mayOpen && setOpening(true) })
  const visitor = session.visitor.value
  const user = visitor.is === 'somebody' ? visitor.session.user : null
  const mayOpen = user !== null && may(user.role, 'openOrders')
  const isOutside = user?.role === 'contractor'
  const isField = (user?.role === 'field' || isOutside) && user.person !== null
  const options: [Choice, string][] = [
    ...(isField ? ([['mine', words.say('web.filter.mine')]] as [Choice, string][]) : []),
    ['open', words.say('web.filter.open')],
    ['ended', words.say('web.filter.ended')],
  ]
  const chosen = options.find(([value]) => value === query.state)?.[0] ?? options[0]![0]
  const orders = estate.orders.value
  const ended = useOlder<Order>(
    '/orders',
    chosen === 'ended' ? (orders ?? []).filter(({ closedAt }) => closedAt !== null) : null,
  )
  const open = (orders ?? []).filter(
    ({ closedAt, assignee }) => closedAt === null && (chosen !== 'mine' || assignee === user?.person),
  )
  const { tag } = query
  const scanned = tag === undefined ? [] : open.filter(({ asset }) => tag.startsWith(`${asset}.`))
  // A camera read a tag: whoever has the one order there is at it.
  useEffect(() => {
    if (tag === undefined || orders === null) return
    takeTag(tag)
    const own = scanned.filter(({ assignee }) => assignee === user?.person)
    const [found, ...others] = own.length > 0 ? own : scanned
    route(found && others.length === 0 ? `/orders/${found.id}` : '/orders', true)
  }, [tag, orders === null])
  return (
    <Screen
      title={words.say('web.screen.orders')}
      // Its line is kept until it can be said: nothing moves then.
      keys={isSaid ? words.say('web.orders.keys') : '\u00a0'}
      aside={
        <div class="flex flex-wrap items-center gap-2">
          {mayOpen && (
            <button type="button" class="btn btn-primary touch" onClick={() => setOpening(true)}>
              <Icon name="clipboard-list" />
              {words.say('web.intake.open')}
            </button>
          )}
          <FilterTabs base="/orders" label={words.say('web.filter')} chosen={chosen} options={options} />
        </div>
      }
    >
      {isSaid && isOpening && <OpenOrder onClose={() => setOpening(false)} />}
      <OrderPages />
      {isSaid && <Waiting />}
      {isField && canReadTags() && chosen !== 'ended' && (
        <div class="mb-3 grid justify-items-start">
          <TagCamera
            take={(read) => {
              route(`/orders?tag=${encodeURIComponent(read)}`, true)
              return true
            }}
          />
        </div>
      )}
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
      {isOutside && isSaid && orders !== null && <OwnAssets />}
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
