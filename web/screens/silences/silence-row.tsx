import { useComputed } from '@preact/signals'
import { useState } from 'preact/hooks'
import type { Silence } from '../../api/alarm-types.ts'
import { useApp } from '../../app-context.ts'
import { type Action, Actions } from '../../parts/action.tsx'
import { Icon } from '../../parts/icon.tsx'
import { may } from '../../roles.ts'
import { useRole } from '../alarms/person.tsx'
import { ExtendDialog } from './window-dialog.tsx'

/** One thing that keeps alarms silent: what, by whom, why, and until when. */
export function SilenceRow({ silence, look }: { silence: Silence; look: () => void }) {
  const { words } = useApp()
  const role = useRole()
  const [isExtended, setExtended] = useState(false)
  const { kind, state, alarmId, assets, rules, by, second, order, oneShot, reason } = silence
  const end = endOf(silence, look)
  const mayEnd = role !== null && may(role, PERMISSION[kind])
  const what =
    kind === 'maintenance' ? assets.map(({ name }) => words.of(name)) : rules.map(({ name }) => words.of(name))
  const where =
    kind === 'maintenance' ? rules.map(({ name }) => words.of(name)) : assets.map(({ name }) => words.of(name))
  const title = [what.join(', '), where.join(', ')].filter(Boolean).join(' · ')
  const details = [
    by === 'caretaker' ? words.say('web.alarm.itself') : by,
    second && words.say('web.silences.second', { name: second }),
    order && words.say('web.silences.order', { order }),
    oneShot && words.say('web.silences.one_shot'),
  ].filter(Boolean)
  return (
    <li
      data-silence={silence.id}
      data-state={state}
      class={`panel flex flex-wrap items-center gap-x-4 gap-y-2 p-3 ${state === 'overrun' ? 'border-warning' : ''}`}
    >
      <div class="min-w-0 flex-1 basis-60">
        <p class="flex flex-wrap items-center gap-x-2 gap-y-1">
          {alarmId === null ? (
            <strong class="break-words">{title}</strong>
          ) : (
            <a class="link link-hover font-semibold break-words" href={`/alarms/${alarmId}`}>
              {title}
            </a>
          )}
          {kind === 'maintenance' && (
            <span
              class={`badge badge-soft whitespace-nowrap ${state === 'overrun' ? 'badge-warning' : state === 'running' ? 'badge-info' : 'badge-ghost'}`}
            >
              {words.say(`web.silences.state.${state}`)}
            </span>
          )}
        </p>
        <q class="mt-0.5 block text-sm break-words">{reason}</q>
        <p class="quiet mt-0.5 text-sm">
          {silence.id} · {details.join(' · ')}
        </p>
      </div>
      <EndOf silence={silence} />
      {mayEnd && (
        <div class="flex flex-wrap gap-2">
          {kind === 'maintenance' && (
            <button type="button" class="btn touch" onClick={() => setExtended(true)}>
              <Icon name="clock" />
              {words.say('web.silences.extend')}
            </button>
          )}
          <Actions actions={[end]} />
        </div>
      )}
      {isExtended && <ExtendDialog window={silence} onClose={() => setExtended(false)} onDone={look} />}
    </li>
  )
}

const PERMISSION = { shelf: 'shelve', service: 'takeOutOfService', maintenance: 'planMaintenance' } as const

function endOf({ id, kind, state }: Silence, done: () => void): Action {
  if (kind === 'shelf')
    return {
      path: `/shelves/${id}/end`,
      label: 'web.alarm.unshelve',
      icon: 'undo-2',
      means: 'web.alarm.unshelve.means',
      done,
    }
  if (kind === 'service')
    return {
      path: `/services/${id}/return`,
      label: 'web.alarm.return',
      icon: 'undo-2',
      means: 'web.silences.end.means',
      done,
    }
  const path = `/maintenance/${id}/end`
  return state === 'planned'
    ? { path, label: 'web.silences.call_off', icon: 'x', done }
    : { path, label: 'web.silences.end', icon: 'check', means: 'web.silences.end.means', done }
}

/** When it is over, and how long that is from now, in whole minutes. */
function EndOf({ silence: { from, to, state } }: { silence: Silence }) {
  const { words, estate } = useApp()
  const minutes = useComputed(() =>
    to === null ? 0 : Math.max(0, Math.ceil((Date.parse(to) - estate.clock.now.value) / 60_000)),
  )
  return (
    <p class="flex-none text-sm sm:text-right">
      {state === 'planned' && (
        <span class="block">{words.say('web.silences.from', { time: words.format.moment(from) })}</span>
      )}
      <strong class="block font-medium">
        {to === null
          ? words.say('web.silences.no_end')
          : words.say('web.silences.until', { time: words.format.moment(to) })}
      </strong>
      {to !== null && state === 'running' && minutes.value > 0 && (
        <span class="quiet block">
          {words.say('web.silences.left', { time: words.format.duration(minutes.value * 60_000) })}
        </span>
      )}
      {to === null && (
        <span class="quiet block">{words.say('web.silences.from', { time: words.format.moment(from) })}</span>
      )}
    </p>
  )
}
