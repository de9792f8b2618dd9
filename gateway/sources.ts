import type { Batch } from '#devices/reading.ts'
import type { Emit, Source } from '#ingest/source.ts'

export type SourceRunner = Readonly<{ finished: Promise<void>; restarts(): ReadonlyMap<string, number> }>

const FIRST_BACKOFF_MS = 1_000
const LONGEST_BACKOFF_MS = 60_000

/** Runs every source until the signal aborts. One that fails is started again alone, with backoff; the others run on. */
export function runSources(
  sources: readonly Source[],
  emit: Emit,
  signal: AbortSignal,
  clock: Readonly<{ delay(realMs: number, run: () => void): () => void }>,
  log: (level: 'warn', message: string, fields: object) => void,
): SourceRunner {
  const restarts = new Map(sources.map((source) => [source.name, 0]))

  async function keepRunning(source: Source): Promise<void> {
    let backoffMs = FIRST_BACKOFF_MS
    while (!signal.aborted) {
      let emitted = 0
      try {
        await source.run((batch, urgency) => {
          emitted++
          return emit(batch, urgency)
        }, signal)
      } catch (error) {
        if (signal.aborted) return
        // One that had worked begins again with patience.
        if (emitted > 0) backoffMs = FIRST_BACKOFF_MS
        log('warn', 'source failed, starting it again', {
          source: source.name,
          error: error instanceof Error ? error.message : String(error),
          backoffMs,
        })
      }
      if (signal.aborted) return
      restarts.set(source.name, restarts.get(source.name)! + 1)
      await pause(backoffMs)
      backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const cancel = clock.delay(ms, end)
      signal.addEventListener('abort', end, { once: true })
    })
  }

  return { finished: Promise.all(sources.map(keepRunning)).then(() => {}), restarts: () => restarts }
}

/** Nobody knows yet when this was read: it is kept, judged, and dated when the clock is set (F17). */
export function undated(batch: Batch): Batch {
  return { ...batch, readings: batch.readings.map((reading) => ({ ...reading, timeQuality: 'bad' as const })) }
}
