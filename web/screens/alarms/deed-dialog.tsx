import { useState } from 'preact/hooks'
import type { BulkAnswer } from '../../api/alarm-types.ts'
import type { Alarm } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Refused } from '../../parts/action.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Icon } from '../../parts/icon.tsx'
import { DEEDS, type Deed } from './alarm-actions.ts'
import { DeedAnswers } from './deed-answers.tsx'
import { usePerson } from './person.tsx'
import { SHELF_CHOICE, ShelfFields } from './shelf-fields.tsx'
import { useDeed } from './use-deed.ts'

type DeedDialogProps = Readonly<{ deed: Deed; alarms: readonly Alarm[]; onClose: () => void; onDone?: () => void }>

/** Acknowledges, shelves or comments one alarm or many; many get an answer each. */
export function DeedDialog({ deed, alarms: asked, onClose, onDone }: DeedDialogProps) {
  const { words } = useApp()
  const { by, field } = usePerson()
  const [text, setText] = useState('')
  const [choice, setChoice] = useState(SHELF_CHOICE)
  const [answers, setAnswers] = useState<readonly BulkAnswer[] | null>(null)
  const [first] = useState(asked)
  const isMany = first.length > 1
  // Many at once cannot have a second person each.
  const alarms = deed === 'shelve' && isMany ? first.filter(({ safety }) => !safety) : first
  const isSafety = deed === 'shelve' && !isMany && first[0]?.safety === true
  const doing = useDeed()
  const { label, icon } = DEEDS[deed]
  const submit = async (event: Event) => {
    event.preventDefault()
    const note = text.trim()
    const { minutes, oneShot, second } = choice
    const said = note === '' ? {} : { [deed === 'shelve' ? 'reason' : 'comment']: note }
    const body = {
      by,
      ...said,
      ...(deed === 'shelve' ? { minutes, oneShot, ...(isSafety ? { second } : {}) } : {}),
    }
    const told = await doing.send(deed, alarms, body)
    if (told === null) return
    onDone?.()
    if (isMany) setAnswers(told)
    else onClose()
  }
  if (answers)
    return (
      <Dialog title={words.say('web.alarm.answers')} onClose={onClose}>
        <DeedAnswers answers={answers} alarms={alarms} onClose={onClose} />
      </Dialog>
    )
  return (
    <Dialog title={words.say(label)} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} class="grid gap-3" data-deed={deed}>
        <p class="font-medium">
          {isMany
            ? words.say('web.alarm.bulk', { n: alarms.length })
            : first.map((alarm) => `${words.of(alarm.name)} · ${words.of(alarm.assetName)}`)}
        </p>
        {deed === 'shelve' && (
          <p class="quiet text-sm">{words.say(isSafety ? 'web.alarm.shelve.safety' : 'web.alarm.shelve.means')}</p>
        )}
        {alarms.length < first.length && (
          <p class="alert alert-warning alert-soft text-sm">
            {words.say('web.alarm.shelve.some_safety', { n: first.length - alarms.length })}
          </p>
        )}
        {field}
        <label class="grid gap-1">
          <span class="text-sm font-medium">
            {words.say(deed === 'shelve' ? 'web.alarm.reason' : 'web.alarm.comment.what')}
          </span>
          <textarea
            class="textarea w-full"
            rows={3}
            maxLength={2_000}
            required={deed !== 'ack'}
            autofocus={field === null}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        {deed === 'shelve' && <ShelfFields choice={choice} choose={setChoice} isSafety={isSafety} by={by} />}
        <Refused text={doing.refused} />
        <button type="submit" class="btn btn-primary touch" disabled={doing.isBusy || alarms.length === 0}>
          <Icon name={icon} />
          {words.say(label)}
        </button>
      </form>
    </Dialog>
  )
}
