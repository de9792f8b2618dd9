import { useApp } from '../../app-context.ts'

/** What is shown is not of now: why, and of when it is. */
export function StaleNote({ refused, at }: { refused: string | null; at: number }) {
  const { words } = useApp()
  if (refused === null) return null
  return (
    <p role="alert" class="alert alert-warning alert-soft mb-3">
      {refused} {at > 0 && words.say('web.alarms.as_of', { time: words.format.moment(at) })}
    </p>
  )
}
