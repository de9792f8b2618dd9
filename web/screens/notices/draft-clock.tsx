import type { Notice } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Icon } from '../../parts/icon.tsx'

/** A draft goes out by itself, unless somebody decides before: how long that is. */
export function DraftClock({ notice: { state, dueAt } }: { notice: Pick<Notice, 'state' | 'dueAt'> }) {
  const { words, estate } = useApp()
  if (state !== 'draft' || dueAt === null) return null
  const leftMs = Date.parse(dueAt) - estate.clock.now.value
  const text =
    leftMs <= 0
      ? words.say('web.notice.due.now')
      : words.say('web.notice.due', { time: words.format.time(dueAt), left: words.format.duration(leftMs) })
  return (
    <span class="text-warning flex items-center gap-1 font-medium" data-due={dueAt}>
      <Icon name="clock" />
      {text}
    </span>
  )
}
