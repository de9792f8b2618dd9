import { useComputed } from '@preact/signals'
import { useLocation } from 'preact-iso'
import type { Alarm } from '../../api/types.ts'
import { useApp, useWords } from '../../app-context.ts'
import { Icon } from '../../parts/icon.tsx'
import { Moment } from '../../parts/moment.tsx'
import { limitText } from '../../parts/sentences.ts'
import { PriorityBadge } from '../../parts/state-badge.tsx'
import { ShownBadge } from './shown-badge.tsx'
import { whyNotText } from './why-not.ts'

type AlarmRowProps = Readonly<{
  alarm: Alarm
  isChild?: boolean
  isBadActor: boolean
  /** Null where nothing may be done with it. */
  mark: Readonly<{ isMarked: boolean; toggle(): void }> | null
  acknowledge: (() => void) | null
  children: Readonly<{ count: number; isOpen: boolean; toggle(): void }> | null
}>

/** One alarm: how grave, what, where, since when, and whether anybody was told. */
export function AlarmRow({ alarm, isChild = false, isBadActor, mark, acknowledge, children }: AlarmRowProps) {
  const { words } = useApp()
  const { route } = useLocation()
  const name = words.of(alarm.name)
  return (
    <li
      data-row={alarm.id}
      class={`panel focus-within:border-primary flex flex-wrap items-center gap-x-2 gap-y-1 p-2 sm:flex-nowrap sm:gap-x-3 ${isChild ? 'ml-4 sm:ml-8' : ''} ${mark?.isMarked ? 'border-primary bg-primary/5' : ''}`}
    >
      {mark && (
        <label class="grid size-11 flex-none cursor-pointer place-items-center lg:size-9">
          <input
            type="checkbox"
            class="checkbox checkbox-sm"
            aria-label={words.say('web.alarms.mark', { name, asset: words.of(alarm.assetName) })}
            checked={mark.isMarked}
            onChange={mark.toggle}
          />
        </label>
      )}
      <a
        href={`/alarms/${alarm.id}`}
        class={`rounded-field min-w-0 flex-1 basis-[calc(100%-4rem)] py-1 sm:basis-auto ${mark ? '' : 'pl-2'}`}
        onClick={(event) => {
          event.preventDefault()
          route(`/alarms/${alarm.id}`)
        }}
      >
        <AlarmHead alarm={alarm} isBadActor={isBadActor} />
      </a>
      {children && (
        <button
          type="button"
          data-children={children.count}
          class="btn btn-sm touch ml-auto flex-none"
          aria-expanded={children.isOpen}
          onClick={children.toggle}
        >
          <Icon name={children.isOpen ? 'x' : 'chevron-right'} />
          {children.isOpen
            ? words.say('web.alarm.children.hide')
            : words.say('web.alarm.children', { n: children.count })}
        </button>
      )}
      {acknowledge && (
        <button type="button" class="btn btn-sm touch ml-auto flex-none sm:ml-0" onClick={acknowledge}>
          <Icon name="check" />
          {words.say('web.alarm.ack')}
        </button>
      )}
    </li>
  )
}

function AlarmHead({ alarm, isBadActor }: { alarm: Alarm; isBadActor: boolean }) {
  const words = useWords()
  const { value, unit = null, pointName } = alarm.evidence
  const measured =
    value !== undefined && value !== null && pointName ? `${words.of(pointName)} ${words.figure(value, unit)}` : ''
  const evidence = [measured, limitText(words, alarm.evidence)].filter(Boolean).join(', ')
  const silent = alarm.state === 'normal' ? null : whyNotText(words, alarm.whyNot)
  return (
    <>
      <span class="flex flex-wrap items-center gap-x-2 gap-y-1">
        <PriorityBadge priority={alarm.priority} />
        <strong class="min-w-0 break-words">{words.of(alarm.name)}</strong>
        <span>{words.of(alarm.assetName)}</span>
        <Marks alarm={alarm} isBadActor={isBadActor} />
      </span>
      <span class="quiet mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
        <ShownBadge alarm={alarm} />
        <span class="whitespace-nowrap">
          {alarm.id} · <Moment at={alarm.raisedAt} />
          {alarm.clearedAt === null && <Since at={alarm.raisedAt} />}
        </span>
        {evidence !== '' && <span>{evidence}</span>}
        {silent === null ? (
          alarm.announcedAt !== null && (
            <span>{words.say('web.alarm.told', { time: words.format.time(alarm.announcedAt) })}</span>
          )
        ) : (
          <span data-why-not={alarm.whyNot?.by}>{silent}</span>
        )}
        {alarm.acknowledgedBy && <span>{words.say('web.alarm.acknowledged_by', { by: whom(words, alarm) })}</span>}
      </span>
    </>
  )
}

function whom(words: ReturnType<typeof useWords>, { acknowledgedBy }: Alarm): string {
  return acknowledgedBy === 'caretaker' ? words.say('web.alarm.itself') : (acknowledgedBy ?? '')
}

/** What is not usual about it. */
export function Marks({ alarm, isBadActor }: { alarm: Alarm; isBadActor: boolean }) {
  const words = useWords()
  const marks = [
    ...(alarm.safety ? [words.say('web.alarm.safety')] : []),
    ...(alarm.rose ? [words.say('web.alarm.rose')] : []),
    ...(alarm.found ? [words.say(`web.alarm.found.${alarm.found}`)] : []),
    ...(isBadActor ? [words.say('web.alarm.bad_actor')] : []),
  ]
  return (
    <>
      {marks.map((mark) => (
        <span key={mark} class="badge badge-sm badge-outline whitespace-nowrap">
          {mark}
        </span>
      ))}
    </>
  )
}

/** In whole minutes: a row is not redrawn each second. */
function Since({ at }: { at: string }) {
  const { words, estate } = useApp()
  const minutes = useComputed(() => Math.floor((estate.clock.now.value - Date.parse(at)) / 60_000))
  if (minutes.value < 1) return null
  return <> · {words.say('web.alarm.since', { time: words.format.duration(minutes.value * 60_000) })}</>
}
