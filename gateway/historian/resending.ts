import type { Refused, SliceWriter } from './slice-writer.ts'
import type { LogReader } from './target.ts'

/** By source time in ms; `to` is exclusive. */
export type TimeRange = Readonly<{ from: number; to: number }>
export type ResendProgress = TimeRange & Readonly<{ state: 'running' | 'done'; sent: number; quarantined: number }>

export type Resending = Readonly<{
  /** False when another range is still on its way. A restart of the gateway ends it. */
  start(range: TimeRange): boolean
  /** Sends one page; false when there is nothing to do. Fails as the target does, and then tries the same page again. */
  step(signal: AbortSignal): Promise<boolean>
  progress(): ResendProgress | null
}>

/** Sends a past range once more, beside the cursor, which does not move. The same points at the same times: no doubles. */
export function resending(
  log: LogReader,
  writer: SliceWriter,
  setAside: (refused: readonly Refused[]) => Promise<void>,
  pageLimit: number,
): Resending {
  let progress: ResendProgress | null = null
  let after: string | null = null
  let page: Awaited<ReturnType<LogReader['range']>> = null
  return {
    progress: () => progress,
    start({ from, to }) {
      if (progress?.state === 'running') return false
      progress = { from, to, state: 'running', sent: 0, quarantined: 0 }
      after = page = null
      return true
    },
    async step(signal) {
      if (progress?.state !== 'running') return false
      page ??= await log.range(progress.from, progress.to, after, pageLimit)
      if (!page) {
        progress = { ...progress, state: 'done' }
        return false
      }
      const { confirmed, refused } = await writer.write(page.lines, signal)
      await setAside(refused)
      progress = {
        ...progress,
        sent: progress.sent + confirmed,
        quarantined: progress.quarantined + refused.length,
      }
      after = page.after
      page = null
      return true
    },
  }
}
