import { useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import type { Order } from '../../api/types.ts'
import { type Action, ActionDialog, Refused, useSending } from '../../parts/action.tsx'
import { Panel } from '../../parts/screen.tsx'

/** The cars to be called, from top to bottom: first those in which somebody is likely to be. */
export function OrderLines({ order, own, mayAct }: { order: Order; own: string | null; mayAct: boolean }) {
  const { words } = useApp()
  const sending = useSending()
  const [asked, setAsked] = useState<Action | null>(null)
  const { lines, tasks } = order
  if (lines.length === 0) return null
  const task = tasks.find(({ kind, state }) => kind === 'call_cars' && state !== 'ended')
  const path = `/tasks/${task?.id}/contact`
  const call = (asset: string) => {
    sending.clear()
    if (own === null) setAsked({ path, label: 'web.order.line.call', icon: 'check', body: { asset } })
    else void sending.send(path, { by: own, asset })
  }
  return (
    <Panel title={words.say('web.order.lines')}>
      <ul class="grid gap-1">
        {lines.map(({ asset, assetName, likely, since, endedAt, called }) => (
          <li key={asset} class="flex min-h-11 flex-wrap items-center gap-2 lg:min-h-8" data-line={asset}>
            <span class={`badge badge-soft ${endedAt ? 'badge-success' : likely ? 'badge-error' : 'badge-warning'}`}>
              {words.say(endedAt ? 'web.order.line.heard' : likely ? 'web.order.line.likely' : 'web.order.line.silent')}
            </span>
            <a class="link" href={`/assets/${asset}`}>
              {words.of(assetName)}
            </a>
            <span class="quiet text-sm">
              {words.say('web.order.line.since', { time: words.format.time(endedAt ?? since) })}
            </span>
            {called && (
              <span class="quiet text-sm">
                {words.say('web.order.line.called', { time: words.format.time(called.at) })}
              </span>
            )}
            {task && mayAct && endedAt === null && called === null && (
              <button
                type="button"
                class="btn btn-sm touch ml-auto"
                disabled={sending.isBusy}
                aria-label={`${words.say('web.order.line.call')} ${words.of(assetName)}`}
                onClick={() => call(asset)}
              >
                {words.say('web.order.line.call')}
              </button>
            )}
          </li>
        ))}
      </ul>
      {asked === null && <Refused text={sending.refused} />}
      {asked && <ActionDialog action={asked} isForAnybody onClose={() => setAsked(null)} />}
    </Panel>
  )
}
