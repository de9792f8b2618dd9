import { type ReadonlySignal, signal } from '@preact/signals'
import { type Connection, Refusal } from '../api/connection.ts'
import type { Session } from '../api/types.ts'

export type Visitor =
  | Readonly<{ is: 'asking' }>
  /** `setup`: nobody has an account yet, the first one is to be made. */
  | Readonly<{ is: 'nobody'; setup: boolean }>
  | Readonly<{ is: 'somebody'; session: Session }>

export type SessionStore = Readonly<{
  visitor: ReadonlySignal<Visitor>
  /** Asks the gateway who we are. */
  ask(): Promise<void>
  signIn(name: string, password: string): Promise<Session>
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
    signIn: async (name, password) => enter(await connection().send<Session>('POST', '/session', { name, password })),
    setUp: async (secret, name, password) =>
      enter(await connection().send<Session>('POST', '/setup', { secret, name, password })),
    async signOut() {
      await connection().send('DELETE', '/session')
      visitor.value = { is: 'nobody', setup: false }
    },
    ended({ params }) {
      // While we ask, the answer is awaited above.
      if (visitor.value.is === 'somebody') visitor.value = { is: 'nobody', setup: params.setup === true }
    },
  }
}
