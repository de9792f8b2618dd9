import { useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import { Field } from '../../parts/field.tsx'
import { NewPasswordField } from '../../parts/new-password-field.tsx'
import { RequestForm, useAsking } from '../../parts/request.tsx'
import { Panel } from '../../parts/screen.tsx'

/** A new password, for whoever knows the old one. */
export function PasswordPanel({ name }: { name: string }) {
  const { words, connection } = useApp()
  const [old, setOld] = useState('')
  const [next, setNext] = useState('')
  const [isDone, setDone] = useState(false)
  const asking = useAsking()
  const submit = async () => {
    setDone(false)
    const refused = await asking.ask(() => connection.send('POST', '/account/password', { old, new: next }))
    if (refused === null) {
      setDone(true)
      setNext('')
    }
    if (refused === null || refused === 'wrong_password') setOld('')
  }
  return (
    <Panel title={words.say('web.password.change')}>
      <p class="quiet mb-3 text-sm">{words.say('web.password.change.hint')}</p>
      <RequestForm asking={asking} label={words.say('web.password.change')} onSubmit={submit}>
        {/* For the browser's own keeper of passwords. */}
        <input type="text" hidden autocomplete="username" value={name} readOnly />
        <Field
          label={words.say('web.password.old')}
          value={old}
          onInput={setOld}
          autocomplete="current-password"
          isSecret
        />
        <NewPasswordField label={words.say('web.password.new')} value={next} onInput={setNext} />
        <p role="status" class={isDone ? 'alert alert-success alert-soft' : 'sr-only'}>
          {isDone ? words.say('web.password.changed') : ''}
        </p>
      </RequestForm>
    </Panel>
  )
}
