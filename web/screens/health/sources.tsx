import { useApp } from '../../app-context.ts'
import type { Health, SourceState } from '../../api/types.ts'
import { Moment } from '../../parts/moment.tsx'

type Sources = NonNullable<Health['sources']>

const TINT: Readonly<Record<SourceState, string>> = {
  starting: 'badge-info',
  running: 'badge-success',
  degraded: 'badge-warning',
  down: 'badge-error',
}
const WORST_FIRST: readonly SourceState[] = ['down', 'degraded', 'starting', 'running']

/** Each road by which readings come in, with its devices; one that is well is folded. */
export function Sources({ sources }: { sources: Sources }) {
  const { words } = useApp()
  const sorted = sources.toSorted((a, b) => WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state))
  return (
    <ul class="grid items-start gap-2 md:grid-cols-2 xl:grid-cols-3">
      {sorted.map(({ source, state, devices }) => (
        <li key={source} class="panel" data-source={source} data-state={state}>
          <details open={state === 'down' || state === 'degraded'}>
            <summary class="touch flex cursor-pointer flex-wrap items-center gap-x-2 gap-y-1 px-3 py-2 text-sm">
              <strong class="min-w-32 flex-1 break-words">{source}</strong>
              <span class="quiet">
                {words.say('web.health.devices', { ok: devices.filter(({ ok }) => ok).length, all: devices.length })}
              </span>
              <span class={`badge badge-soft ${TINT[state]}`}>{words.say(`web.source.${state}`)}</span>
            </summary>
            <ul class="border-base-300 border-t px-3 py-2 text-sm">
              {devices.map(({ device, ok, lastHeardAt, reason, refusedPoints = [] }) => (
                <li key={device} class="flex justify-between gap-3 py-0.5">
                  <span class={ok ? '' : 'text-error'}>
                    {device}
                    {!ok && `: ${reason ? words.sayCode('reason', reason) : words.say('web.health.unheard')}`}
                    {refusedPoints.length > 0 && (
                      <span class="block">{words.say('web.health.refused', { points: refusedPoints.join(', ') })}</span>
                    )}
                  </span>
                  <span class="quiet">{lastHeardAt ? <Moment at={lastHeardAt} /> : words.say('web.health.never')}</span>
                </li>
              ))}
            </ul>
          </details>
        </li>
      ))}
    </ul>
  )
}
