import { useLocation } from 'preact-iso'
import { useState } from 'preact/hooks'
import { Refusal } from '../../api/connection.ts'
import { useApp } from '../../app-context.ts'
import { Refused } from '../../parts/action.tsx'
import { homeOf } from '../../roles.ts'
import { Field } from '../sign-in/field.tsx'
import { Outside } from '../sign-in/outside.tsx'

/** The first account of a new gateway; the secret stands where it was started. */
export function SetupScreen() {
  const { words, session } = useApp()
  const { route } = useLocation()
  const [secret, setSecret] = useState('')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [refused, setRefused] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const visitor = session.visitor.value

  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setRefused(null)
    try {
      const { user } = await session.setUp(secret.trim(), name, password)
      route(homeOf(user.role), true)
    } catch (error) {
      setRefused(error instanceof Refusal ? error.message : words.say('web.line.away'))
    } finally {
      setBusy(false)
    }
  }

  // Which of the two pages it is, the gateway is about to say.
  if (visitor.is === 'asking') return <Outside title={words.say('web.setup.title')}>{null}</Outside>
  if (visitor.is === 'somebody' || (visitor.is === 'nobody' && !visitor.setup))
    return (
      <Outside title={words.say('web.setup.title')}>
        <p>{words.say('web.setup.done')}</p>
        <a class="btn btn-primary touch" href="/sign-in">
          {words.say('web.signin.title')}
        </a>
      </Outside>
    )
  return (
    <Outside title={words.say('web.setup.title')}>
      <p class="quiet text-sm">{words.say('web.setup.hint')}</p>
      <form onSubmit={(event) => void submit(event)} class="grid gap-4">
        <Field
          label={words.say('web.setup.secret')}
          value={secret}
          onInput={setSecret}
          autocomplete="off"
          hint={words.say('web.setup.secret.hint')}
          isSecret
          autofocus
        />
        <Field label={words.say('web.signin.name')} value={name} onInput={setName} autocomplete="username" />
        <Field
          label={words.say('web.signin.password')}
          value={password}
          onInput={setPassword}
          autocomplete="new-password"
          hint={words.say('web.setup.password.hint')}
          isSecret
        />
        <Refused text={refused} />
        <button type="submit" class="btn btn-primary touch" disabled={isBusy}>
          {words.say('web.setup.go')}
        </button>
      </form>
    </Outside>
  )
}
