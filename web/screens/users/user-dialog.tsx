import { useState } from 'preact/hooks'
import type { ResetLink, User } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Refused } from '../../parts/action.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { useAsking } from '../../parts/request.tsx'
import type { TextKey } from '../../words/words.ts'
import { ResetLinkBox } from './reset-link-box.tsx'
import { RoleChoice } from './role-choice.tsx'

type UserDialogProps = Readonly<{ user: User; onChange: (user: User) => void; onClose: () => void }>

/** What may be changed about an account. Each takes effect at once, and ends the sessions it must end. */
export function UserDialog({ user, onChange, onClose }: UserDialogProps) {
  const { words, connection } = useApp()
  const [role, setRole] = useState(user.role)
  const [link, setLink] = useState<ResetLink | null>(null)
  const asking = useAsking()
  const path = `/users/${encodeURIComponent(user.id)}`
  const change = (what: string, body: object = {}) =>
    asking.ask(async () => onChange(await connection.send<User>('POST', `${path}/${what}`, body)))
  const makeLink = () => asking.ask(async () => setLink(await connection.send<ResetLink>('POST', `${path}/reset`, {})))

  const button = (label: TextKey, means: TextKey, act: () => unknown, isGrave = false) => (
    <div class="border-base-300 grid gap-2 border-t pt-3 sm:grid-cols-[1fr_auto] sm:items-center">
      <p class="quiet text-sm">{words.say(means)}</p>
      <button
        type="button"
        class={`btn touch ${isGrave ? 'text-error' : ''}`}
        disabled={asking.isBusy}
        onClick={() => void act()}
      >
        {words.say(label)}
      </button>
    </div>
  )
  return (
    <Dialog title={user.name} onClose={onClose}>
      <div class="grid gap-3">
        <form
          class="grid gap-3 sm:grid-cols-[1fr_auto] sm:items-end"
          onSubmit={(event) => {
            event.preventDefault()
            void change('role', { role })
          }}
        >
          <RoleChoice role={role} choose={setRole} />
          <button type="submit" class="btn touch" disabled={asking.isBusy || role === user.role}>
            {words.say('web.users.role.change')}
          </button>
          <p class="quiet text-sm sm:col-span-2">{words.say('web.users.role.means')}</p>
        </form>
        {!user.disabled && button('web.users.reset', 'web.users.reset.means', makeLink)}
        {link && <ResetLinkBox link={link} />}
        {user.hasTotp && button('web.users.totp.clear', 'web.users.totp.clear.means', () => change('totp/clear'))}
        {user.disabled
          ? button('web.users.enable', 'web.users.enable.means', () => change('enable'))
          : button('web.users.disable', 'web.users.disable.means', () => change('disable'), true)}
        <Refused text={asking.refused} />
      </div>
    </Dialog>
  )
}
