import { useState } from 'preact/hooks'
import type { Role, User } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Field } from '../../parts/field.tsx'
import { NewPasswordField } from '../../parts/new-password-field.tsx'
import { RequestForm, useAsking } from '../../parts/request.tsx'
import { RoleChoice } from './role-choice.tsx'

/** An account for somebody, with a first password that they change themselves. */
export function NewUser({ onMade, onClose }: { onMade: (user: User) => void; onClose: () => void }) {
  const { words, connection, estate } = useApp()
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('field')
  const [person, setPerson] = useState('')
  const [password, setPassword] = useState('')
  const asking = useAsking()
  const submit = () =>
    asking.ask(async () => {
      const body = { name, role, password, ...(person === '' ? {} : { person }) }
      onMade(await connection.send<User>('POST', '/users', body))
    })
  return (
    <Dialog title={words.say('web.users.new')} onClose={onClose}>
      <RequestForm asking={asking} label={words.say('web.users.make')} onSubmit={submit}>
        <Field label={words.say('web.signin.name')} value={name} onInput={setName} autocomplete="off" autofocus />
        <RoleChoice role={role} choose={setRole} />
        <div class="grid gap-1">
          <label for="person" class="text-sm font-medium">
            {words.say('web.users.person')}
          </label>
          <select
            id="person"
            aria-describedby="person-hint"
            class="select touch w-full"
            value={person}
            onChange={(event) => setPerson(event.currentTarget.value)}
          >
            <option value="">{words.say('web.users.person.none')}</option>
            {(estate.site.value?.staff ?? []).map((each) => (
              <option key={each.id} value={each.id}>
                {each.id} · {words.sayCode('staff', each.role)}
              </option>
            ))}
          </select>
          <p id="person-hint" class="quiet text-sm">
            {words.say('web.users.person.hint')}
          </p>
        </div>
        <NewPasswordField label={words.say('web.users.password')} value={password} onInput={setPassword} />
      </RequestForm>
    </Dialog>
  )
}
