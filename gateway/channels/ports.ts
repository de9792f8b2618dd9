import type { Random } from '#devices/clock.ts'
import type { PushBook } from './push-book.ts'
import type { PushKeys } from './push-keys.ts'
import type { Resolve } from './post.ts'

/** What channels stand on. */
export type ChannelPorts = Readonly<{
  /** The wall's time in ms, for signatures. */
  wallNow(): number
  random: Random
  resolve: Resolve
  /** Names an account or a number without saying it: a hash under a key of this installation. */
  keyed(text: string): string
  /** Browsers that asked to be told, and the pair by which their push services know us. */
  push(): PushBook
  pushKeys(): Promise<PushKeys>
}>
