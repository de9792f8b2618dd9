import type { HistoryLine } from '../../api/alarm-types.ts'
import type { Alarm, Page } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Moment } from '../../parts/moment.tsx'
import { Panel, Skeletons } from '../../parts/screen.tsx'
import type { Words } from '../../words/words.ts'
import { useLookedAt } from '../alarms/looked-at.ts'
import { StaleNote } from '../alarms/stale-note.tsx'
import { whyNotText } from '../alarms/why-not.ts'

const EVERY_MS = 30_000

/** All that happened to it, oldest first: what, who, why and when. */
export function History({ alarm }: { alarm: Alarm }) {
  const { words } = useApp()
  const { found, refused, at } = useLookedAt<Page<HistoryLine>>(`/alarms/${alarm.id}/history`, EVERY_MS, alarm)
  return (
    <Panel title={words.say('web.alarm.history')}>
      <StaleNote refused={refused} at={at} />
      {found === null ? (
        <Skeletons count={3} height="h-10" />
      ) : (
        <ol class="text-sm">
          {found.items.map((line, index) => (
            <Line key={line.seq} line={line} before={found.items[index - 1]} />
          ))}
        </ol>
      )}
    </Panel>
  )
}

function Line({ line, before }: { line: HistoryLine; before: HistoryLine | undefined }) {
  const { words } = useApp()
  const passedMs = before ? Date.parse(line.at) - Date.parse(before.at) : 0
  const silent = whyNotText(words, line.silence)
  return (
    <li
      data-event={line.type}
      class="border-base-300 relative ml-1.5 border-l-2 pb-3 pl-4 last:border-transparent last:pb-0"
    >
      <span aria-hidden="true" class="bg-primary absolute top-1.5 -left-[0.4rem] size-2.5 rounded-full" />
      <span class="flex flex-wrap gap-x-3">
        <Moment at={line.at} />
        <strong class="font-medium">{whatText(words, line)}</strong>
        {line.by !== null && <span>{byText(words, line)}</span>}
        {passedMs >= 1_000 && <span class="quiet">+{words.format.duration(passedMs)}</span>}
      </span>
      <span class="quiet block">{moreText(words, line)}</span>
      {silent !== null && <span class="quiet block">{silent}</span>}
      {line.comment !== null && <q class="mt-0.5 block break-words whitespace-pre-line">{line.comment}</q>}
    </li>
  )
}

function whatText(words: Words, { type, priority }: HistoryLine): string {
  return words.sayCode('alarmEvent', type, {
    priority: priority === null ? '' : words.say(`web.priority.${priority}`),
  })
}

/** For whom it was done, who did it where that was somebody else, and who agreed. */
function byText(words: Words, { by, actor, second }: HistoryLine): string {
  const name = by === 'caretaker' ? words.say('web.alarm.itself') : (by ?? '')
  const done =
    actor === null || actor === by || by === 'caretaker' ? name : words.say('web.alarm.by_actor', { by: name, actor })
  return second === null ? done : `${done}, ${words.say('web.alarm.history.with', { name: second })}`
}

const TELLS = ['alarm.raised', 'alarm.reoccurred', 'alarm.severity_changed']

function moreText(words: Words, { type, why, until, order, silence, rises }: HistoryLine): string {
  const isTold = TELLS.includes(type) && silence === null && rises !== false
  return [
    isTold && words.say('web.alarm.history.told'),
    why && words.sayCode('alarmWhy', why.code),
    until && words.say('web.alarm.history.until', { time: words.format.moment(until) }),
    order && words.say('web.alarm.history.order', { order }),
  ]
    .filter(Boolean)
    .join(', ')
}
