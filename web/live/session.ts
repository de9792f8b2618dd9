import { type ReadonlySignal, signal } from '@preact/signals'
import { type Connection, Refusal } from '../api/connection.ts'
import type { Session } from '../api/types.ts'

export type Visitor =
  | Readonly<{ is: 'asking' }>
  /** `setup`: nobody has an account yet, the first one is to be made. */
  | Readonly<{
      is: 'nobody'
      setup: boolean
      /** Was somebody until now: the session ended, or the account was changed. */
      ended?: boolean
    }>
  | Readonly<{ is: 'somebody'; session: Session }>

export type Credentials = Readonly<{ name: string; password: string; code?: string }>

export type SessionStore = Readonly<{
  visitor: ReadonlySignal<Visitor>
  /** Asks the gateway who we are. */
  ask(): Promise<void>
  /** Asks again, because something was refused: another role, or nobody any more. */
  check(): void
  signIn(credentials: Credentials): Promise<Session>
  setUp(secret: string, name: string, password: string): Promise<Session>
  signOut(): Promise<void>
  /** An answer somewhere said that we are not signed in any more. */
  ended(refusal: Refusal): void
}>

export function sessionStore(connection: () => Connection): SessionStore {
  const visitor = signal<Visitor>({ is: 'asking' })
  const enter = (session: Session) => {
    visitor.value = { is: 'somebody', session }
    return session
  }

  async function ask(): Promise<void> {
    try {
      enter(await connection().get<Session>('/session'))
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 401) throw error
      if (error.params.setup !== true && (await renewVisit())) return
      visitor.value = { is: 'nobody', setup: error.params.setup === true }
    }
  }

  /** Opening the page signs visitors of a demonstration in; one that was restarted knows only its new visitors. */
  async function renewVisit(): Promise<boolean> {
    await fetch('/', { credentials: 'same-origin' })
    const session = await connection()
      .get<Session>('/session')
      .catch(() => null)
    if (session) enter(session)
    return session !== null
  }

  return {
    visitor,
    ask,
    check() {
      // That the session is over, `ended` hears.
      connection()
        .get<Session>('/session')
        .then(enter, () => {})
    },
    signIn: async (credentials) => enter(await connection().send<Session>('POST', '/session', credentials)),
    setUp: async (secret, name, password) =>
      enter(await connection().send<Session>('POST', '/setup', { secret, name, password })),
    async signOut() {
      await connection().send('DELETE', '/session')
      visitor.value = { is: 'nobody', setup: false }
    },
    ended({ params }) {
      // While we ask, the answer is awaited above.
      if (visitor.value.is === 'somebody') visitor.value = { is: 'nobody', setup: params.setup === true, ended: true }
    },
  }
}
