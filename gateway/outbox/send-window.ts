import type { Limit } from '../channels/channel.ts'

/** Keeps a channel within its provider's limit: never more messages in any window, told in real time. */
export type SendWindow = Readonly<{
  /** Real ms until one more may go; 0 for now. */
  waitMs(): number
  /** One goes now. */
  note(): void
}>

const UNLIMITED: SendWindow = { waitMs: () => 0, note() {} }

export function sendWindow(limit: Limit | undefined, realNow: () => number): SendWindow {
  if (!limit) return UNLIMITED
  const { most, windowMs } = limit
  const sent: number[] = []
  return {
    waitMs() {
      const oldest = sent.length < most ? undefined : sent.at(-most)
      return oldest === undefined ? 0 : Math.max(0, oldest + windowMs - realNow())
    },
    note() {
      sent.push(realNow())
      if (sent.length > most) sent.shift()
    },
  }
}
