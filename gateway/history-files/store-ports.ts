import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '#devices/fault.ts'
import type { Reading } from '#devices/reading.ts'
import { wallNow } from '../clock.ts'
import { StoreCore } from '../store/core.ts'
import { Queries } from '../store/queries.ts'
import type { Store } from '../store/store.ts'
import type { HistorySink, HistorySource, Readings, SeriesName } from './ports.ts'

/** So many readings become one stretch of the history: each costs a commit, and all are merged in the end. */
const ADOPTED_AT_ONCE = 200_000
const PAGE_MS = 24 * 3_600_000

type Extent = Readonly<{ from: number; to: number }>
/** What is asked of a store, here or in another thread. */
type Reader = Readonly<{
  series(): Promise<readonly SeriesName[]>
  extent(series: SeriesName): Promise<Extent | null>
  readings(series: SeriesName, from: number, to: number): Promise<Readings>
}>

/** The caller holds the lock of the folder. What `write` got last is durable once `close` has resolved. */
export function openHistorySink(folder: string): Promise<HistorySink & Readonly<{ close(): Promise<void> }>> {
  const core = new StoreCore(folder)
  let waiting: Reading[] = []
  const adopt = () => {
    core.adopt(waiting, wallNow())
    waiting = []
  }
  return Promise.resolve({
    write(readings) {
      for (const reading of readings) waiting.push(reading)
      if (waiting.length >= ADOPTED_AT_ONCE) adopt()
      return Promise.resolve()
    },
    close() {
      try {
        adopt()
        core.mergeAll()
      } finally {
        core.close()
      }
      return Promise.resolve()
    },
  })
}

/** Read only, beside a running gateway. */
export function openHistorySource(folder: string): Promise<HistorySource & Readonly<{ close(): Promise<void> }>> {
  if (!existsSync(join(folder, 'readings.db'))) return Promise.reject(new Fault('no_store', { folder }))
  const queries = new Queries(folder)
  const source = sourceOf({
    series: () => Promise.resolve(queries.seriesNames()),
    extent: ({ device, point }) => Promise.resolve(queries.extentOf(device, point)),
    readings: ({ device, point }, from, to) => Promise.resolve(queries.readingsOf(device, point, from, to)),
  })
  return Promise.resolve({
    ...source,
    close() {
      queries.close()
      return Promise.resolve()
    },
  })
}

/** The history of the running gateway. */
export function historyOf(read: Pick<Store['read'], 'seriesNames' | 'extentOf' | 'readingsOf'>): HistorySource {
  return sourceOf({
    series: () => read.seriesNames(),
    extent: ({ device, point }) => read.extentOf(device, point),
    readings: ({ device, point }, from, to) => read.readingsOf(device, point, from, to),
  })
}

function sourceOf({ series, extent, readings }: Reader): HistorySource {
  return {
    series,
    async *read(name, from, to) {
      const known = await extent(name)
      if (!known) return
      const end = Math.min(to, known.to + 1)
      for (let start = Math.max(from, known.from); start < end; start += PAGE_MS) {
        const page = await readings(name, start, Math.min(end, start + PAGE_MS))
        if (page.length > 0) yield page
      }
    },
  }
}
