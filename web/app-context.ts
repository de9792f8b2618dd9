import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Connection } from './api/connection.ts'
import type { Estate } from './live/estate.ts'
import type { SessionStore } from './live/session.ts'
import type { openTheme } from './words/theme.ts'
import type { Words } from './words/words.ts'

/** All that a screen stands on; made once in main.tsx. */
export type App = Readonly<{
  words: Words
  theme: ReturnType<typeof openTheme>
  connection: Connection
  session: SessionStore
  estate: Estate
}>

export const AppContext = createContext<App | null>(null)

export function useApp(): App {
  return useContext(AppContext)!
}

export function useWords(): Words {
  return useApp().words
}
