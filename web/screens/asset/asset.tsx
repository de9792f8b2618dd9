import { useRoute } from 'preact-iso'
import { useApp } from '../../app-context.ts'
import type { Alarm, Asset, Device, Order } from '../../api/types.ts'
import { Moment } from '../../parts/moment.tsx'
import { Empty, Facts, Panel, Screen, Skeletons } from '../../parts/screen.tsx'
import { homesText } from '../../parts/sentences.ts'
import { AlarmBadge, OrderBadge, PriorityBadge } from '../../parts/state-badge.tsx'
import { Control } from './control.tsx'
import { History } from './history.tsx'
import { ImpactPanel } from './impact.tsx'
import { Points } from './points.tsx'
import { Provoke } from './provoke.tsx'
import { SafeguardsPanel } from './safeguards.tsx'

/** One asset: its values now and before, what is wrong with it, and whom it serves. */
export function AssetScreen() {
  const { words, estate } = useApp()
  const { params } = useRoute()
  const site = estate.site.value
  const asset = site?.assets.find(({ id }) => id === params.id)
  const devices = (estate.devices.value ?? []).filter((device) => device.asset === params.id)
  const under = { href: '/overview', name: words.say('web.screen.overview') }
  return (
    <Screen title={asset ? words.of(asset.name) : words.say('web.asset')} under={under}>
      {!estate.isReady.value && <Skeletons count={3} height="h-48" />}
      {estate.isReady.value && !asset && <Empty icon="gauge">{words.say('web.gone')}</Empty>}
      {estate.isReady.value && asset && <AssetDetails key={asset.id} asset={asset} devices={devices} />}
    </Screen>
  )
}

function AssetDetails({ asset, devices }: { asset: Asset; devices: readonly Device[] }) {
  const { words, estate } = useApp()
  const own = new Set(devices.map(({ id }) => id))
  const alarms = (estate.alarms.value ?? []).filter(({ device }) => own.has(device))
  const orders = (estate.orders.value ?? []).filter(
    (order) => order.asset === asset.id || order.devices.some((id) => own.has(id)),
  )
  const room = estate.site.value?.rooms?.find(({ id }) => id === asset.room)
  const building = estate.site.value?.buildings.find(({ id }) => id === asset.building)
  return (
    <div class="grid items-start gap-3 lg:grid-cols-3">
      <div class="grid min-w-0 gap-3 lg:col-span-2">
        {devices.length === 0 && <Empty icon="gauge">{words.say('web.asset.empty')}</Empty>}
        {devices.map((device) => (
          <Points key={device.id} device={device} isOnly={devices.length === 1} />
        ))}
        {devices.length > 0 && <History devices={devices} alarms={alarms} orders={orders} />}
      </div>
      <div class="grid min-w-0 gap-3">
        <OpenNow
          alarms={alarms.filter(({ state }) => state !== 'normal')}
          orders={orders.filter(({ state }) => state !== 'closed')}
        />
        <Control devices={devices} />
        <SafeguardsPanel asset={asset} hasControl={devices.some(({ isWritable }) => isWritable === true)} />
        <Panel title={words.say('web.asset.about')}>
          <Facts
            facts={[
              [words.say('web.asset.id'), asset.id],
              [words.say('web.asset.room'), room ? words.of(room.name) : asset.room === asset.id ? null : asset.room],
              [words.say('web.asset.category'), asset.category && words.say(`web.waste.${asset.category}`)],
              [words.say('web.asset.route'), asset.route],
              [words.say('web.asset.building'), building && words.of(building.name)],
              [
                words.say('web.asset.serves'),
                asset.homes > 0 ? homesText(words, asset.homes) : words.say('web.asset.serves.none'),
              ],
              [words.say('web.asset.model'), [...new Set(devices.map(({ profile }) => profile))].join(', ')],
            ]}
          />
        </Panel>
        <ImpactPanel asset={asset} />
        <Past alarms={alarms.filter(({ state }) => state === 'normal').slice(0, 5)} />
        <Provoke devices={devices} />
      </div>
    </div>
  )
}

function OpenNow({ alarms, orders }: { alarms: readonly Alarm[]; orders: readonly Order[] }) {
  const { words } = useApp()
  return (
    <Panel title={words.say('web.asset.open')}>
      {alarms.length === 0 && orders.length === 0 && <p class="quiet text-sm">{words.say('web.asset.open.none')}</p>}
      <ul class="grid gap-1 text-sm">
        {alarms.map((alarm) => (
          <li key={alarm.id}>
            <a
              href={`/alarms/${alarm.id}`}
              class="rounded-field hover:bg-base-200 flex min-h-11 flex-wrap items-center gap-2 lg:min-h-9"
            >
              <PriorityBadge priority={alarm.priority} />
              <span class="font-medium">{words.of(alarm.name)}</span>
              <AlarmBadge alarm={alarm} />
            </a>
          </li>
        ))}
        {orders.map((order) => (
          <li key={order.id}>
            <a
              href={`/orders/${order.id}`}
              class="rounded-field hover:bg-base-200 flex min-h-11 flex-wrap items-center gap-2 lg:min-h-9"
            >
              <OrderBadge state={order.state} />
              <span class="font-medium">
                {words.say('web.step.order')} {order.id}
              </span>
              {order.assignee && <span class="quiet">{order.assignee}</span>}
            </a>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function Past({ alarms }: { alarms: readonly Alarm[] }) {
  const { words } = useApp()
  if (alarms.length === 0) return null
  return (
    <Panel title={words.say('web.asset.past')}>
      <ul class="text-sm">
        {alarms.map((alarm) => (
          <li key={alarm.id}>
            <a
              href={`/alarms/${alarm.id}`}
              class="rounded-field hover:bg-base-200 flex min-h-11 items-center justify-between gap-2 lg:min-h-8"
            >
              <span>{words.of(alarm.name)}</span>
              <Moment at={alarm.raisedAt} class="quiet" />
            </a>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
