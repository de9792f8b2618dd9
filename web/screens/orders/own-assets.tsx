import { useApp } from '../../app-context.ts'
import type { Asset } from '../../api/types.ts'
import { Panel } from '../../parts/screen.tsx'
import { PriorityBadge } from '../../parts/state-badge.tsx'

/** The equipment that a contractor is listed for: what stands out first, with the way to its orders. */
export function OwnAssets() {
  const { words, estate } = useApp()
  const assets = estate.site.value?.assets
  const alarms = (estate.alarms.value ?? []).filter(({ state }) => state !== 'normal')
  const orders = (estate.orders.value ?? []).filter(({ closedAt }) => closedAt === null)
  // What is not known yet is not said.
  if (assets === undefined) return null
  const lines = assets.map((asset) => ({
    asset,
    alarm: alarms.find((alarm) => alarm.asset === asset.id),
    orders: orders.filter((order) => order.asset === asset.id),
  }))
  const isCalm = (line: (typeof lines)[number]) => line.alarm === undefined && line.orders.length === 0
  return (
    <div class="mt-4">
      <Panel title={words.say('web.own.assets')}>
        {assets.length === 0 ? (
          <p class="quiet text-sm">{words.say('web.own.none')}</p>
        ) : (
          <ul class="divide-base-300 grid gap-x-6 divide-y sm:grid-cols-2 sm:divide-y-0 xl:grid-cols-3">
            {[...lines.filter((line) => !isCalm(line)), ...lines.filter(isCalm)].map(
              ({ asset, alarm, orders: own }) => (
                <li
                  key={asset.id}
                  data-asset={asset.id}
                  class="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 py-1"
                >
                  <span class="w-full min-w-0 sm:w-auto sm:flex-1">
                    <span class="break-words">{words.of(asset.name)}</span> <Where asset={asset} />
                  </span>
                  {alarm && <PriorityBadge priority={alarm.priority} />}
                  {alarm && <span class="text-sm">{words.of(alarm.name)}</span>}
                  {own.map(({ id }) => (
                    <a key={id} class="link touch inline-flex items-center text-sm" href={`/orders/${id}`}>
                      {id}
                    </a>
                  ))}
                  {!alarm && own.length === 0 && <span class="quiet text-sm">{words.say('web.own.calm')}</span>}
                </li>
              ),
            )}
          </ul>
        )}
      </Panel>
    </div>
  )
}

function Where({ asset: { id, room } }: { asset: Asset }) {
  const { words, estate } = useApp()
  const found = estate.site.value?.rooms?.find((each) => each.id === room)
  return <span class="quiet text-sm">{found ? words.of(found.name) : id}</span>
}
