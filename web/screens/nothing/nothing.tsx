import { useApp } from '../../app-context.ts'
import { Empty, Screen } from '../../parts/screen.tsx'
import { homeOf } from '../../roles.ts'

/** Honest about what is not there: a role without screens yet, or an address that leads nowhere. */
export function NothingScreen() {
  const { words, session } = useApp()
  const visitor = session.visitor.value
  if (visitor.is !== 'somebody') return null
  const { role } = visitor.session.user
  const home = homeOf(role)
  const hasScreens = home !== '/'
  return (
    <Screen title={words.say(hasScreens ? 'web.nothing.title' : 'web.nothing.role.title')}>
      <Empty icon="flag">
        {hasScreens ? (
          <a class="link" href={home}>
            {words.say('web.nothing.home')}
          </a>
        ) : (
          words.say('web.nothing.role', { role: words.say(`web.role.${role}`) })
        )}
      </Empty>
    </Screen>
  )
}
