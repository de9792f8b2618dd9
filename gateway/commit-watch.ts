import { monotonicNow } from './clock.ts'
import type { Group } from './store/group.ts'

/** A healthy disk takes some ms; a slow one 500 (F08). Beyond that somebody should look. */
const SLOW_MS = 2_000
/** F10: it is 4 MB when nobody holds it up. */
const LARGE_WAL_BYTES = 64 * 1_048_576

export type CommitWatch = Readonly<{
  commit(group: Group): Promise<void>
  /** Why the newest commit failed; null while commits become durable. */
  trouble(): string | null
}>

/** Commits, measured: a slow one is said (F07), as is a write-ahead file that grows (F10), and while they fail the gateway is degraded (F04, F06). */
export function watchCommits(options: {
  commit(group: Group): Promise<void>
  committed(batches: number, events: number, ms: number): void
  walBytes(): number
  log(level: 'warn', message: string, fields: object): void
}): CommitWatch {
  let trouble: string | null = null
  let isWalLarge = false
  const watchWal = () => {
    const bytes = options.walBytes()
    const isLarge = bytes >= LARGE_WAL_BYTES
    if (isLarge && !isWalLarge) options.log('warn', 'a long read holds up the write-ahead files', { bytes })
    isWalLarge = isLarge
  }
  return {
    trouble: () => trouble,
    async commit(group) {
      const start = monotonicNow()
      try {
        await options.commit(group)
        trouble = null
      } catch (error) {
        trouble = (error as Error).message
        throw error
      } finally {
        const ms = Math.round(monotonicNow() - start)
        if (ms >= SLOW_MS) options.log('warn', 'a commit took long: is the disk slow, or locked?', { ms })
      }
      watchWal()
      options.committed(group.batches.length, group.events.length, monotonicNow() - start)
    },
  }
}
