import { useLocation } from 'preact-iso'
import { useApp } from '../app-context.ts'
import type { Session } from '../api/types.ts'
import { Icon } from '../parts/icon.tsx'
import { Preferences } from './preferences.tsx'

/** Who is signed in, and the way out. */
export function Account({ session: { user, demo } }: { session: Session }) {
  const { words, session } = useApp()
  const { route } = useLocation()
  const leave = () => {
    session.signOut().then(
      () => route('/sign-in'),
      // Without an answer the cookie is still there: better to stay, visibly.
      () => {},
    )
  }
  return (
    <>
      <button
        type="button"
        class="btn btn-ghost btn-sm touch min-w-11 px-2"
        popovertarget="account"
        style="anchor-name: --account"
        aria-label={words.say('web.account')}
      >
        <Icon name="user" />
        <span class="hidden max-w-32 truncate md:inline">{user.name}</span>
      </button>
      <div
        popover="auto"
        id="account"
        style="position-anchor: --account"
        class="dropdown dropdown-end panel m-0 w-72 p-4 shadow-lg"
      >
        <p class="font-semibold break-words">{user.name}</p>
        <p class="quiet text-sm">
          {words.say(`web.role.${user.role}`)}
          {user.person && ` · ${user.person}`}
        </p>
        {demo && user.role === 'monitor' && <p class="quiet mt-2 text-sm">{words.say('web.account.visitor')}</p>}
        <div class="mt-3 flex gap-2 sm:hidden">
          <Preferences />
        </div>
        <div class="mt-3 grid gap-2">
          <a href="/sign-in" class="btn btn-sm touch">
            <Icon name="log-in" />
            {words.say('web.account.other')}
          </a>
          <button type="button" class="btn btn-sm touch" onClick={leave}>
            <Icon name="log-out" />
            {words.say('web.signout')}
          </button>
        </div>
      </div>
    </>
  )
}
