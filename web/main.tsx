import { computed, effect, untracked } from '@preact/signals'
import { render } from 'preact'
import './app.css'
import { connection } from './api/connection.ts'
import type { App } from './app-context.ts'
import { Root } from './app.tsx'
import { openEstate } from './live/estate.ts'
import { type SessionStore, sessionStore } from './live/session.ts'
import { may } from './roles.ts'
import { openTheme } from './words/theme.ts'
import { openWords } from './words/words.ts'

const words = await openWords()
const session: SessionStore = sessionStore(() => gateway)
const gateway = connection(
  () => words.language.peek(),
  (refusal) => session.ended(refusal),
)
const estate = openEstate(gateway, words.useTimeZone, session.check)
const app: App = { words, theme: openTheme(), connection: gateway, session, estate }

// Another session of the same role is no reason to begin anew.
const role = computed(() => {
  const visitor = session.visitor.value
  return visitor.is === 'somebody' && may(visitor.session.user.role, 'readOwnSite') ? visitor.session.user.role : null
})
effect(() => {
  const now = role.value
  // What is read while the estate opens must not open it again.
  untracked(() => (now === null ? estate.close() : estate.open(now)))
})
render(<Root app={app} />, document.getElementById('app')!)
