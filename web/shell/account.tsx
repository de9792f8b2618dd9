import { useLocation } from 'preact-iso'
import { useRef } from 'preact/hooks'
import { useApp } from '../app-context.ts'
import { may } from '../roles.ts'
import type { Session } from '../api/types.ts'
import { Icon } from '../parts/icon.tsx'
import { Preferences } from './preferences.tsx'

/** Who is signed in, and the way out. */
export function Account({ session: { user, demo, hasAccount = false } }: { session: Session }) {
  const { words, session } = useApp()
  const { route } = useLocation()
  const leave = () => {
    session.signOut().then(
      () => route('/sign-in'),
      // Without an answer the cookie is still there: better to stay, visibly.
      () => {},
    )
  }
  const popover = useRef<HTMLDivElement>(null)
  // Walking on inside the page does not close it by itself.
  const close = () => popover.current?.hidePopover()
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
        ref={popover}
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
          {hasAccount && (
            <a href="/account" class="btn btn-sm touch" onClick={close}>
              <Icon name="key-round" />
              {words.say('web.account.own')}
            </a>
          )}
          {may(user.role, 'readRoster') && (
            <a href="/roster" class="btn btn-sm touch" onClick={close}>
              <Icon name="users" />
              {words.say('web.roster')}
            </a>
          )}
          {may(user.role, 'manageUsers') && (
            <a href="/users" class="btn btn-sm touch" onClick={close}>
              <Icon name="users" />
              {words.say('web.users')}
            </a>
          )}
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
