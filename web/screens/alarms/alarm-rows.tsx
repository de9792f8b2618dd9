import { useLocation } from 'preact-iso'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useApp, useWords } from '../../app-context.ts'
import type { Alarm } from '../../api/types.ts'
import { type Action, ActionDialog } from '../../parts/action.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Moment } from '../../parts/moment.tsx'
import { AlarmBadge, PriorityBadge } from '../../parts/state-badge.tsx'
import { limitText } from '../../parts/sentences.ts'
import { alarmActions } from './alarm-actions.ts'

type Asked = Readonly<{ action: Action; alarm: Alarm }>

/** Rows that the keyboard walks: j and k move, a acknowledges, Enter opens. */
export function AlarmRows({ alarms }: { alarms: readonly Alarm[] }) {
  const { words, session } = useApp()
  const { route } = useLocation()
  const list = useRef<HTMLUListElement>(null)
  const [asked, setAsked] = useState<Asked | null>(null)
  const visitor = session.visitor.value
  const role = visitor.is === 'somebody' ? visitor.session.user.role : null
  const actionOf = (alarm: Alarm): Action | undefined => (role === null ? undefined : alarmActions(alarm, role)[0])

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, select, dialog')) return
      const links = [...(list.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
      const here = links.findIndex((link) => link.contains(document.activeElement))
      if (event.key === 'j' || event.key === 'k') {
        const next = event.key === 'j' ? Math.min(here + 1, links.length - 1) : Math.max(here - 1, 0)
        links[next]?.querySelector('a')?.focus()
      } else if (event.key === 'a' && here >= 0) {
        const alarm = alarms[here]
        const action = alarm && actionOf(alarm)
        if (alarm && action) setAsked({ action, alarm })
        event.preventDefault()
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [alarms, role])

  return (
    <>
      <p class="quiet mb-2 hidden text-sm lg:block">
        <kbd class="kbd kbd-sm">j</kbd> <kbd class="kbd kbd-sm">k</kbd> {words.say('web.keys.move')} ·{' '}
        <kbd class="kbd kbd-sm">a</kbd> {words.say('web.alarm.ack')} · <kbd class="kbd kbd-sm">Enter</kbd>{' '}
        {words.say('web.keys.open')}
      </p>
      <ul ref={list} class="grid gap-2">
        {alarms.map((alarm) => {
          const action = actionOf(alarm)
          return (
            <li
              key={alarm.id}
              data-row={alarm.id}
              class="panel flex flex-wrap items-center gap-x-4 gap-y-2 p-3 sm:flex-nowrap"
            >
              <a
                href={`/alarms/${alarm.id}`}
                class="rounded-field min-w-0 flex-1 basis-full sm:basis-auto"
                onClick={(event) => {
                  event.preventDefault()
                  route(`/alarms/${alarm.id}`)
                }}
              >
                <AlarmHead alarm={alarm} />
              </a>
              {action && (
                <button type="button" class="btn btn-sm touch flex-none" onClick={() => setAsked({ action, alarm })}>
                  <Icon name={action.icon} />
                  {words.say(action.label)}
                </button>
              )}
            </li>
          )
        })}
      </ul>
      {asked && (
        <ActionDialog
          action={asked.action}
          about={`${words.of(asked.alarm.name)} · ${words.of(asked.alarm.assetName)}`}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  )
}

function AlarmHead({ alarm }: { alarm: Alarm }) {
  const words = useWords()
  const { value, unit = null, pointName } = alarm.evidence
  const measured =
    value !== undefined && value !== null && pointName ? `${words.of(pointName)} ${words.figure(value, unit)}` : ''
  return (
    <>
      <span class="flex flex-wrap items-center gap-x-2 gap-y-1">
        <PriorityBadge priority={alarm.priority} />
        <strong>{words.of(alarm.name)}</strong>
        <span>{words.of(alarm.assetName)}</span>
      </span>
      <span class="quiet mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <AlarmBadge alarm={alarm} />
        <span>
          {alarm.id} · <Moment at={alarm.raisedAt} />
        </span>
        <span>{[measured, limitText(words, alarm.evidence)].filter(Boolean).join(', ')}</span>
        {alarm.acknowledgedBy && <span>{words.say('web.alarm.acknowledged_by', { by: alarm.acknowledgedBy })}</span>}
      </span>
    </>
  )
}
