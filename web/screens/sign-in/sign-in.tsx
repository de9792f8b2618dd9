import { useLocation } from 'preact-iso'
import { useState } from 'preact/hooks'
import { Refusal } from '../../api/connection.ts'
import { useApp } from '../../app-context.ts'
import { Refused } from '../../parts/action.tsx'
import { Field } from './field.tsx'
import { Outside } from './outside.tsx'
import { homeOf } from '../../roles.ts'

/** Name and password; afterwards back to where the reader wanted to go. */
export function SignInScreen() {
  const { words, session } = useApp()
  const { query, route } = useLocation()
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
      const { user } = await session.signIn(name, password)
      route(localPath(query.next) ?? homeOf(user.role), true)
    } catch (error) {
      setPassword('')
      setRefused(sayRefusal(error))
    } finally {
      setBusy(false)
    }
  }

  function sayRefusal(error: unknown): string {
    if (!(error instanceof Refusal)) return words.say('web.line.away')
    const wait = error.retryAfterS
    return error.status === 429 && wait !== null
      ? `${error.message} ${words.say('web.signin.wait', { time: words.format.duration(wait * 1_000) })}`
      : error.message
  }

  return (
    <Outside title={words.say('web.signin.title')}>
      {query.link === 'expired' && <p class="alert alert-warning alert-soft">{words.say('web.signin.expired')}</p>}
      <form onSubmit={(event) => void submit(event)} class="grid gap-4">
        <Field label={words.say('web.signin.name')} value={name} onInput={setName} autocomplete="username" autofocus />
        <Field
          label={words.say('web.signin.password')}
          value={password}
          onInput={setPassword}
          autocomplete="current-password"
          isSecret
        />
        <Refused text={refused} />
        <button type="submit" class="btn btn-primary touch" disabled={isBusy}>
          {words.say('web.signin.go')}
        </button>
      </form>
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
