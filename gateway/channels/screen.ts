import type { Channel } from './channel.ts'

/** The page and the lobby screen read the notice itself: it is shown as soon as it is durable. */
export function screenChannel({ id }: { id: string }): Channel {
  return { id, reach: 'group', send: () => Promise.resolve({ outcome: 'delivered' }) }
}
