import type { Clock } from '#devices/clock.ts'

const EVERY_MS = 1_000
const AFTER_A_FAILURE_MS = 30_000
const BACKUP_LOOKED_FOR_MS = 600_000
const UNDATED_FOR_MS = 24 * 3_600_000

/**
 * Lets the store's writer do the work that nobody waits for (sealing, merging, letting go), piece by piece: what is
 * committed meanwhile comes between two pieces. Resolves when the signal has aborted. Never rejects.
 */
export async function keepUp(options: {
  /** One piece; true when there is more to do at once. */
  maintain(now: number): Promise<boolean>
  /** Copies the journal, and what is private, beside themselves when that is due. */
  backup(now: number): Promise<unknown>
  clock: Clock & Readonly<{ speed: number; isDoubtful(): boolean }>
  signal: AbortSignal
  log(level: 'warn', message: string, fields?: object): void
}): Promise<void> {
  const { clock, signal } = options
  const rest = (realMs: number) => clock.sleep(realMs * clock.speed, signal).catch(() => {})
  const startedAt = clock.now()
  let backedUpAt = startedAt
  // What has no time yet is not sealed: it could not be dated any more. Not for ever, or the log would fill the disk.
  const mustWait = () => clock.isDoubtful() && clock.now() - startedAt < UNDATED_FOR_MS
  while (!signal.aborted) {
    if (mustWait()) {
      await rest(EVERY_MS)
      continue
    }
    try {
      if (await options.maintain(clock.now())) continue
      if (clock.now() - backedUpAt >= BACKUP_LOOKED_FOR_MS) {
        backedUpAt = clock.now()
        await options.backup(backedUpAt)
      }
      await rest(EVERY_MS)
    } catch (error) {
      options.log('warn', 'the history could not be kept in order', { error: (error as Error).message })
      await rest(AFTER_A_FAILURE_MS)
    }
  }
}
