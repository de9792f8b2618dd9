import { useLocation } from 'preact-iso'
import { useState } from 'preact/hooks'
import { useApp } from '../../app-context.ts'
import { CodeField, digitsOf } from '../../parts/code-field.tsx'
import { Field } from '../../parts/field.tsx'
import { RequestForm, useAsking } from '../../parts/request.tsx'
import { homeOf } from '../../roles.ts'
import { Outside } from '../../shell/outside.tsx'

/** Name and password, and a code where the account has a second factor; then back to where the reader wanted to go. */
export function SignInScreen() {
  const { words, session } = useApp()
  const { query, route } = useLocation()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [needsCode, setNeedsCode] = useState(false)
  const asking = useAsking()
  const visitor = session.visitor.value

  const begin = () => {
    setNeedsCode(false)
    setPassword('')
    setCode('')
  }
  const submit = async () => {
    const refused = await asking.ask(async () => {
      const { user } = await session.signIn({ name, password, ...(needsCode ? { code: digitsOf(code) } : {}) })
      route(localPath(query.next) ?? homeOf(user.role), true)
    })
    if (refused === 'totp_required') {
      // That is no refusal to the person, but the next step.
      asking.clear()
      setNeedsCode(true)
    } else if (refused === 'wrong_code') setCode('')
    else if (refused === 'wrong_credentials') begin()
  }

  return (
    <Outside title={words.say('web.signin.title')}>
      {query.link === 'expired' && <p class="alert alert-warning alert-soft">{words.say('web.signin.expired')}</p>}
      {query.ended !== undefined && <p class="alert alert-warning alert-soft">{words.say('web.signin.ended')}</p>}
      {needsCode ? (
        <RequestForm key="code" asking={asking} label={words.say('web.signin.go')} onSubmit={submit}>
          <p class="break-words">{words.say('web.signin.code.for', { name })}</p>
          <CodeField value={code} onInput={setCode} />
          <button
            type="button"
            class="btn btn-ghost touch order-last"
            onClick={() => {
              asking.clear()
              begin()
            }}
          >
            {words.say('web.signin.other')}
          </button>
        </RequestForm>
      ) : (
        <RequestForm key="password" asking={asking} label={words.say('web.signin.go')} onSubmit={submit}>
          <Field
            label={words.say('web.signin.name')}
            value={name}
            onInput={setName}
            autocomplete="username"
            autofocus
          />
          <Field
            label={words.say('web.signin.password')}
            value={password}
            onInput={setPassword}
            autocomplete="current-password"
            isSecret
          />
        </RequestForm>
      )}
      <p class="quiet text-sm">{words.say('web.signin.help')}</p>
      {visitor.is === 'somebody' && (
        <a class="link inline-flex min-h-11 items-center text-sm" href={homeOf(visitor.session.user.role)}>
          {words.say('web.signin.stay', { name: visitor.session.user.name })}
        </a>
      )}
    </Outside>
  )
}

/** Only a place of this page: an address from outside must not lead away after a sign-in. */
function localPath(next: string | undefined): string | null {
  if (next === undefined || !URL.canParse(next, location.origin)) return null
  const url = new URL(next, location.origin)
  return url.origin === location.origin && next.startsWith('/') ? url.pathname + url.search : null
}
