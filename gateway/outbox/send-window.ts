import type { Limit } from '../channels/channel.ts'

/** Keeps an account within its provider's limit: never more messages in any window, told in real time. */
export type SendWindow = Readonly<{
  /** Real ms until one more may go; 0 for now. */
  waitMs(): Promise<number>
  /** How many may go now. */
  left(): Promise<number>
  /** One goes now, and counts in `also` as well. Resolves when it is durable: only then may it be sent. */
  take(also?: readonly string[]): Promise<void>
}>

/** What was sent, kept by the store. Times are site time. */
export type SendBook = Readonly<{
  noteSend(accounts: readonly string[], at: number): Promise<unknown>
  sendsOf(account: string, since: number, most: number): Promise<number[]>
}>
type SiteTime = Readonly<{ now(): number; speed: number }>

const UNLIMITED: SendWindow = {
  waitMs: () => Promise.resolve(0),
  left: () => Promise.resolve(Infinity),
  take: () => Promise.resolve(),
}

/** What an earlier run sent within the window counts: a restart does not lift a provider's limit. */
export function sendWindow(account: string, limit: Limit | undefined, book: SendBook, clock: SiteTime): SendWindow {
  if (!limit) return { ...UNLIMITED, take: (also = []) => noteThose(book, also, clock) }
  const { most, windowMs } = limit
  const lengthMs = windowMs * clock.speed
  let sent: number[] | null = null
  const known = async () => (sent ??= await book.sendsOf(account, clock.now() - lengthMs, most))
  return {
    async waitMs() {
      const times = await known()
      const oldest = times.length < most ? undefined : times.at(-most)
      return oldest === undefined ? 0 : Math.max(0, (oldest + lengthMs - clock.now()) / clock.speed)
    },
    async left() {
      const since = clock.now() - lengthMs
      return most - (await known()).filter((at) => at > since).length
    },
    async take(also = []) {
      const times = await known()
      const now = clock.now()
      times.push(now)
      if (times.length > most) times.shift()
      await book.noteSend([account, ...also], now)
    },
  }
}

async function noteThose(book: SendBook, accounts: readonly string[], clock: SiteTime): Promise<void> {
  if (accounts.length > 0) await book.noteSend(accounts, clock.now())
}
