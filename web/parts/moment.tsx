import { useApp } from '../app-context.ts'

const DAY_MS = 20 * 3_600_000

/** A time as people say it: the clock alone for today, with its date for longer ago, or further ahead. */
export function Moment({ at, class: more }: { at: string; class?: string }) {
  const { words, estate } = useApp()
  const isRecent = Math.abs(estate.clock.now.peek() - Date.parse(at)) < DAY_MS
  return (
    <time dateTime={at} class={more}>
      {isRecent ? words.format.time(at) : words.format.moment(at)}
    </time>
  )
}
