import type { ComponentChildren } from 'preact'
import { useApp } from '../../app-context.ts'
import { Empty, Screen } from '../../parts/screen.tsx'
import { homeOf } from '../../roles.ts'

/** Honest about what is not there: a role without screens yet, or an address that leads nowhere. */
export function NothingScreen() {
  const { words } = useApp()
  const role = useRole()
  if (role === null) return null
  if (homeOf(role) !== '/') return <Nothing title={words.say('web.nothing.title')} />
  return (
    <Screen title={words.say('web.nothing.role.title')}>
      <Empty icon="flag">{words.say('web.nothing.role', { role: words.say(`web.role.${role}`) })}</Empty>
    </Screen>
  )
}

/** There is something here, but not for this role: after a change of role, or by somebody else's link. */
export function ForbiddenScreen() {
  const { words } = useApp()
  const role = useRole()
  if (role === null) return null
  return (
    <Nothing title={words.say('web.forbidden.title')}>
      <p class="mb-2">{words.say('web.forbidden', { role: words.say(`web.role.${role}`) })}</p>
    </Nothing>
  )
}

function Nothing({ title, children }: { title: string; children?: ComponentChildren }) {
  const { words } = useApp()
  const role = useRole()
  return (
    <Screen title={title}>
      <div class="panel p-6">
        {children}
        <a class="link inline-flex min-h-11 items-center" href={role === null ? '/' : homeOf(role)}>
          {words.say('web.nothing.home')}
        </a>
      </div>
    </Screen>
  )
}

function useRole() {
  const visitor = useApp().session.visitor.value
  return visitor.is === 'somebody' ? visitor.session.user.role : null
}
