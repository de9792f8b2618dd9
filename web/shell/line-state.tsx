import { useApp } from '../app-context.ts'

const DOTS = {
  live: 'bg-success',
  connecting: 'bg-base-content/40',
  reconnecting: 'bg-warning motion-safe:animate-pulse',
}

/** Whether what is seen is now: live, or being connected again. */
export function LineBadge() {
  const { estate, words } = useApp()
  const line = estate.line.value
  return (
    <span
      role="status"
      data-line={line}
      class="flex items-center justify-end gap-1.5 text-sm whitespace-nowrap sm:min-w-32"
    >
      <span aria-hidden="true" class={`size-2.5 rounded-full ${DOTS[line]}`} />
      <span class={line === 'reconnecting' ? '' : 'sr-only sm:not-sr-only'}>{words.say(`web.line.${line}`)}</span>
    </span>
  )
}

export function SiteTime() {
  const { estate, words } = useApp()
  const now = estate.clock.now.value
  return (
    <time
      class="quiet hidden w-18 text-right text-sm md:inline"
      title={words.say('web.clock')}
      aria-label={words.say('web.clock')}
      role="timer"
    >
      {now === 0 ? '' : words.format.time(now)}
    </time>
  )
}

const SAID = [
  'alarm.raised',
  'order.dispatched',
  'order.accepted',
  'order.closed',
  'notice.published',
  'notice.all_clear',
] as const

/** For whoever listens instead of looking. */
export function Announcements() {
  const { estate, words } = useApp()
  const happened = estate.happened.value
  const type = SAID.find((each) => each === happened?.type)
  return (
    <p class="sr-only" aria-live="polite">
      {happened && type ? words.say(`web.said.${type}`, { id: happened.id, who: happened.who }) : ''}
    </p>
  )
}
