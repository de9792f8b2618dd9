import type { BulkAnswer } from '../../api/alarm-types.ts'
import type { Alarm } from '../../api/types.ts'
import { useWords } from '../../app-context.ts'
import { Icon } from '../../parts/icon.tsx'

type DeedAnswersProps = Readonly<{ answers: readonly BulkAnswer[]; alarms: readonly Alarm[]; onClose: () => void }>

/** What came of it, alarm by alarm; what was refused stands first. */
export function DeedAnswers({ answers, alarms, onClose }: DeedAnswersProps) {
  const words = useWords()
  const names = new Map(alarms.map((alarm) => [alarm.id, `${words.of(alarm.name)} · ${words.of(alarm.assetName)}`]))
  const sorted = answers.toSorted((a, b) => Number(a.refused === undefined) - Number(b.refused === undefined))
  return (
    <div class="grid gap-3">
      <ul tabIndex={0} class="grid max-h-80 gap-1 overflow-y-auto text-sm" aria-label={words.say('web.alarm.answers')}>
        {sorted.map(({ id, refused }) => (
          <li key={id} data-answer={refused ?? 'done'} class="flex items-start gap-2">
            <Icon name={refused ? 'triangle-alert' : 'check'} class={refused ? 'text-warning' : 'text-success'} />
            <span class="min-w-0 flex-1 break-words">{names.get(id) ?? id}</span>
            <span class={refused ? 'text-warning' : 'quiet'}>
              {refused ? words.sayCode('refused', refused) : words.say('web.alarm.answer.done')}
            </span>
          </li>
        ))}
      </ul>
      <button type="button" class="btn btn-primary touch" autofocus onClick={onClose}>
        {words.say('web.alarm.answers.close')}
      </button>
    </div>
  )
}
