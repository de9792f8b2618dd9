import { useApp } from '../../app-context.ts'
import type { Order } from '../../api/types.ts'
import { Panel } from '../../parts/screen.tsx'

/** The cars to be called, from top to bottom: first those in which somebody is likely to be. */
export function OrderLines({ order: { lines } }: { order: Order }) {
  const { words } = useApp()
  if (lines.length === 0) return null
  return (
    <Panel title={words.say('web.order.lines')}>
      <ul class="grid gap-1">
        {lines.map(({ asset, assetName, likely, since, endedAt }) => (
          <li key={asset} class="flex min-h-11 flex-wrap items-center gap-2 lg:min-h-8">
            <span class={`badge badge-soft ${endedAt ? 'badge-success' : likely ? 'badge-error' : 'badge-warning'}`}>
              {words.say(endedAt ? 'web.order.line.heard' : likely ? 'web.order.line.likely' : 'web.order.line.silent')}
            </span>
            <a class="link" href={`/assets/${asset}`}>
              {words.of(assetName)}
            </a>
            <span class="quiet text-sm">
              {words.say('web.order.line.since', { time: words.format.time(endedAt ?? since) })}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
