import { useState } from 'preact/hooks'
import type { Enrolment, OwnAccount } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { CodeField, digitsOf } from '../../parts/code-field.tsx'
import { Field } from '../../parts/field.tsx'
import { Icon } from '../../parts/icon.tsx'
import { RequestForm, useAsking } from '../../parts/request.tsx'
import { Panel } from '../../parts/screen.tsx'
import { QrCode } from './qr-code.tsx'

type SecondFactorProps = Readonly<{ account: OwnAccount; onChange: (account: OwnAccount) => void }>

/** A code from an authenticator app, besides the password: begun, confirmed, and given up again. */
export function SecondFactor({ account, onChange }: SecondFactorProps) {
  const { words } = useApp()
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null)
  const changed = (next: OwnAccount) => {
    setEnrolment(null)
    onChange(next)
  }
  if (!account.hasTotp && !account.mayEnrolTotp) return null
  return (
    <Panel title={words.say('web.totp.title')}>
      <p class="mb-3 flex items-center gap-2 text-sm" data-totp={account.hasTotp ? 'on' : 'off'}>
        <Icon
          name={account.hasTotp ? 'circle-check' : 'key-round'}
          class={account.hasTotp ? 'text-success' : 'quiet'}
        />
        {words.say(account.hasTotp ? 'web.totp.on' : 'web.totp.off')}
      </p>
      {account.hasTotp && <Removal onDone={changed} />}
      {!account.hasTotp && enrolment === null && <Beginning onBegun={setEnrolment} />}
      {!account.hasTotp && enrolment !== null && (
        <Confirmation enrolment={enrolment} onDone={changed} onOver={() => setEnrolment(null)} />
      )}
    </Panel>
  )
}

function Beginning({ onBegun }: { onBegun: (enrolment: Enrolment) => void }) {
  const { words, connection } = useApp()
  const [password, setPassword] = useState('')
  const asking = useAsking()
  const submit = async () => {
    const refused = await asking.ask(async () =>
      onBegun(await connection.send<Enrolment>('POST', '/account/totp', { password })),
    )
    if (refused !== null) setPassword('')
  }
  return (
    <RequestForm asking={asking} label={words.say('web.totp.begin')} onSubmit={submit}>
      <PasswordField value={password} onInput={setPassword} />
    </RequestForm>
  )
}

type ConfirmationProps = Readonly<{
  enrolment: Enrolment
  onDone: (account: OwnAccount) => void
  onOver: () => void
}>

function Confirmation({ enrolment: { uri, secret, expiresAt }, onDone, onOver }: ConfirmationProps) {
  const { words, connection } = useApp()
  const [code, setCode] = useState('')
  const asking = useAsking()
  const submit = async () => {
    const refused = await asking.ask(async () =>
      onDone(await connection.send<OwnAccount>('POST', '/account/totp/confirm', { code: digitsOf(code) })),
    )
    if (refused === 'totp_not_begun') onOver()
    else if (refused !== null) setCode('')
  }
  return (
    <RequestForm asking={asking} label={words.say('web.totp.confirm')} onSubmit={submit}>
      <ol class="grid list-inside list-decimal gap-3 text-sm">
        <li>
          {words.say('web.totp.scan')}
          <QrCode text={uri} label={words.say('web.totp.qr')} />
          <p class="quiet mt-2">{words.say('web.totp.type')}</p>
          <code class="mt-1 block text-base break-all" data-secret>
            {secret.match(/.{1,4}/g)?.join(' ')}
          </code>
        </li>
        <li>{words.say('web.totp.then', { time: words.format.clock(expiresAt) })}</li>
      </ol>
      <CodeField value={code} onInput={setCode} />
    </RequestForm>
  )
}

function Removal({ onDone }: { onDone: (account: OwnAccount) => void }) {
  const { words, connection } = useApp()
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const asking = useAsking()
  const submit = async () => {
    const body = { password, code: digitsOf(code) }
    const refused = await asking.ask(async () =>
      onDone(await connection.send<OwnAccount>('DELETE', '/account/totp', body)),
    )
    if (refused === 'wrong_password') setPassword('')
    if (refused !== null) setCode('')
  }
  return (
    <details>
      <summary class="link flex min-h-11 cursor-pointer items-center text-sm">{words.say('web.totp.remove')}</summary>
      <RequestForm asking={asking} label={words.say('web.totp.remove')} onSubmit={submit}>
        <PasswordField value={password} onInput={setPassword} />
        <CodeField value={code} onInput={setCode} />
      </RequestForm>
    </details>
  )
}

function PasswordField(props: Readonly<{ value: string; onInput: (value: string) => void }>) {
  const { words } = useApp()
  return <Field {...props} label={words.say('web.signin.password')} autocomplete="current-password" isSecret />
}
