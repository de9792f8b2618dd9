import { useEffect, useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import { NewPasswordField } from '../../parts/new-password-field.tsx'
import { RequestForm, useAsking } from '../../parts/request.tsx'
import { Outside } from '../../shell/outside.tsx'

/** A new password by a link of the administrator's. Its secret stands after the `#`, which no browser sends anywhere. */
export function ResetScreen() {
  const { words, connection } = useApp()
  const [password, setPassword] = useState('')
  const [isDone, setDone] = useState(false)
  const asking = useAsking()
  const [link, setLink] = useState(() => location.hash.slice(1))
  useEffect(() => {
    // Another link in the same tab loads no page anew.
    const take = () => {
      setLink(location.hash.slice(1))
      setDone(false)
      asking.clear()
    }
    addEventListener('hashchange', take)
    return () => removeEventListener('hashchange', take)
  }, [])

  const submit = async () => {
    const refused = await asking.ask(() => connection.send('POST', '/password-reset', { link, password }))
    if (refused === null) setDone(true)
  }

  if (isDone || link === '')
    return (
      <Outside title={words.say('web.reset.title')}>
        <p role="status">{words.say(isDone ? 'web.reset.done' : 'web.reset.incomplete')}</p>
        <a class="btn btn-primary touch" href="/sign-in">
          {words.say('web.signin.title')}
        </a>
      </Outside>
    )
  return (
    <Outside title={words.say('web.reset.title')}>
      <p class="quiet text-sm">{words.say('web.reset.hint')}</p>
      <RequestForm asking={asking} label={words.say('web.reset.go')} onSubmit={submit}>
        <NewPasswordField label={words.say('web.password.new')} value={password} onInput={setPassword} />
      </RequestForm>
    </Outside>
  )
}
