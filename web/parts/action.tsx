import { useRef, useState } from 'preact/hooks'
import { actionKey, Refusal } from '../api/connection.ts'
import { useApp, useWords } from '../app-context.ts'
import type { TextKey } from '../words/words.ts'
import { Dialog } from './dialog.tsx'
import { Icon, type IconName } from './icon.tsx'

/** Something a person may do here. `ask` names the text that may go with it. */
export type Action = Readonly<{
  path: string
  label: TextKey
  icon: IconName
  isPrimary?: boolean
  ask?: 'comment' | 'finding' | 'reason' | 'text'
  /** What is said beside who does it. */
  body?: object
  /** What it means, said before it is done. */
  means?: TextKey
  /** Called when it is done. */
  done?: () => void
}>

/** Sends actions. One that got no answer keeps its key: sent again, it has one effect. */
export function useSending() {
  const { connection, estate, words } = useApp()
  const unanswered = useRef<{ what: string; key: string } | null>(null)
  const [isBusy, setBusy] = useState(false)
  const [refused, setRefused] = useState<string | null>(null)
  const [refusal, setRefusal] = useState<Refusal | null>(null)
  return {
    isBusy,
    refused,
    /** What the gateway said, where it was the gateway that said no. */
    refusal,
    clear: () => setRefused(null),
    /** False when nothing answered the last one: it may have been done all the same, under its key. */
    wasAnswered: () => unanswered.current === null,
    takeKey(): { key?: string } {
      const { key } = unanswered.current ?? {}
      unanswered.current = null
      return key === undefined ? {} : { key }
    },
    /** The answer; null when there was none, or a refusal. */
    async send<T = object>(path: string, body: object): Promise<T | null> {
      const what = path + JSON.stringify(body)
      if (unanswered.current?.what !== what) unanswered.current = { what, key: actionKey() }
      setBusy(true)
      setRefused(null)
      setRefusal(null)
      try {
        const answer = await connection.send<T>('POST', path, body, unanswered.current.key)
        unanswered.current = null
        estate.look()
        return answer
      } catch (error) {
        if (error instanceof Refusal) unanswered.current = null
        setRefusal(error instanceof Refusal ? error : null)
        setRefused(error instanceof Refusal ? error.message : words.say('web.action.unanswered'))
        return null
      } finally {
        setBusy(false)
      }
    },
  }
}

/** The actions of one thing, side by side; a refusal is said in words below. */
export function Actions({ actions }: { actions: readonly Action[] }) {
  const { session, words } = useApp()
  const [asked, setAsked] = useState<Action | null>(null)
  const sending = useSending()
  const visitor = session.visitor.value
  const person = visitor.is === 'somebody' ? visitor.session.user.person : null
  if (actions.length === 0) return null
  const act = (action: Action) => {
    sending.clear()
    // Whoever is nobody of the staff list says for whom it is done.
    if (person === null || action.ask !== undefined || action.means !== undefined) setAsked(action)
    else void sending.send(action.path, { by: person }).then((done) => done && action.done?.())
  }
  return (
    <div>
      <div class="flex flex-wrap gap-2">
        {actions.map((action) => (
          <button
            key={action.label}
            type="button"
            class={`btn touch ${action.isPrimary ? 'btn-primary' : ''}`}
            disabled={sending.isBusy}
            onClick={() => act(action)}
          >
            <Icon name={action.icon} />
            {words.say(action.label)}
          </button>
        ))}
      </div>
      {asked === null && <Refused text={sending.refused} />}
      {asked && <ActionDialog action={asked} onClose={() => setAsked(null)} />}
    </div>
  )
}

export function Refused({ text }: { text: string | null }) {
  return (
    <p role="alert" class={text === null ? 'sr-only' : 'alert alert-error alert-soft mt-3'}>
      {text}
    </p>
  )
}

/** `isForAnybody`: it may be recorded in the name of somebody else. */
type ActionDialogProps = Readonly<{ action: Action; about?: string; isForAnybody?: boolean; onClose: () => void }>

export function ActionDialog({ action, about, isForAnybody = false, onClose }: ActionDialogProps) {
  const { session, words } = useApp()
  const sending = useSending()
  const visitor = session.visitor.value
  const own = visitor.is === 'somebody' ? visitor.session.user.person : null
  const [by, setBy] = useState(own ?? '')
  const [text, setText] = useState('')
  const { ask, means } = action
  const submit = async (event: Event) => {
    event.preventDefault()
    const note = text.trim()
    const isDone = await sending.send(action.path, {
      by,
      ...action.body,
      ...(ask && note !== '' ? { [ask]: note } : {}),
    })
    if (!isDone) return
    action.done?.()
    onClose()
  }
  return (
    <Dialog title={words.say(action.label)} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} class="grid gap-3">
        {about !== undefined && <p class="font-medium">{about}</p>}
        {means && <p class="quiet text-sm">{words.say(means)}</p>}
        {(own === null || isForAnybody) && <ByWhom by={by} choose={setBy} />}
        {ask && (
          <label class="grid gap-1">
            <span class="text-sm font-medium">{words.say(`web.action.ask.${ask}`)}</span>
            <textarea
              class="textarea w-full"
              rows={3}
              maxLength={2_000}
              required={ask === 'reason' || ask === 'text'}
              autofocus={own !== null}
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
        )}
        <Refused text={sending.refused} />
        <button type="submit" class="btn btn-primary touch" disabled={sending.isBusy}>
          <Icon name={action.icon} />
          {words.say(action.label)}
        </button>
      </form>
    </Dialog>
  )
}

export function ByWhom({ by, choose }: { by: string; choose: (by: string) => void }) {
  const { estate } = useApp()
  const words = useWords()
  return (
    <label class="grid gap-1">
      <span class="text-sm font-medium">{words.say('web.action.by')}</span>
      <select required class="select touch w-full" value={by} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="" disabled>
          {words.say('web.action.by.choose')}
        </option>
        {(estate.site.value?.staff ?? []).map(({ id, role }) => (
          <option key={id} value={id}>
            {id} · {words.sayCode('staff', role)}
          </option>
        ))}
      </select>
    </label>
  )
}
