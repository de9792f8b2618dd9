import { useLocation } from 'preact-iso'
import { useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import { Field } from '../../parts/field.tsx'
import { NewPasswordField } from '../../parts/new-password-field.tsx'
import { RequestForm, useAsking } from '../../parts/request.tsx'
import { homeOf } from '../../roles.ts'
import { Outside } from '../../shell/outside.tsx'

/** The first account of a new gateway; the secret stands where it was started. */
export function SetupScreen() {
  const { words, session } = useApp()
  const { route } = useLocation()
  const [secret, setSecret] = useState('')
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const asking = useAsking()
  const visitor = session.visitor.value

  const submit = () =>
    asking.ask(async () => {
      const { user } = await session.setUp(secret.trim(), name, password)
      route(homeOf(user.role), true)
    })

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
      <RequestForm asking={asking} label={words.say('web.setup.go')} onSubmit={submit}>
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
        <NewPasswordField label={words.say('web.signin.password')} value={password} onInput={setPassword} />
      </RequestForm>
    </Outside>
  )
}
