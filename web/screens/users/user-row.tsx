import type { User } from '../../api/types.ts'
import { useApp } from '../../app-context.ts'
import { Moment } from '../../parts/moment.tsx'

export function UserRow({ user, onChange }: { user: User; onChange: () => void }) {
  const { words, session } = useApp()
  const visitor = session.visitor.value
  const isOwn = visitor.is === 'somebody' && visitor.session.user.id === user.id
  return (
    <li data-user={user.name} class="panel flex flex-wrap items-center gap-x-4 gap-y-2 p-3">
      <div class="min-w-0 flex-1 basis-52">
        <p class={`font-medium break-words ${user.disabled ? 'quiet' : ''}`}>
          {user.name}
          {isOwn && <span class="quiet font-normal"> · {words.say('web.users.you')}</span>}
        </p>
        <p class="quiet text-sm">
          {words.say(`web.role.${user.role}`)}
          {user.person && ` · ${user.person}`}
        </p>
      </div>
      <div class="flex flex-wrap gap-1.5">
        {user.hasTotp && <span class="badge badge-success badge-soft">{words.say('web.users.totp')}</span>}
        {user.disabled && <span class="badge badge-error badge-soft">{words.say('web.users.disabled')}</span>}
      </div>
      <p class="quiet text-sm sm:w-52">
        {user.lastSignInAt ? (
          <>
            {words.say('web.users.seen')} <Moment at={user.lastSignInAt} />
          </>
        ) : (
          words.say('web.users.unseen')
        )}
      </p>
      <button
        type="button"
        class="btn btn-sm touch"
        aria-label={words.say('web.users.change.of', { name: user.name })}
        onClick={onChange}
      >
        {words.say('web.users.change')}
      </button>
    </li>
  )
}
