import { statfs } from 'node:fs/promises'
import { monotonicNow } from './clock.ts'
import type { StoreSize } from './store/queries.ts'

/** What the gateway knows of itself: how much it remembers, what room is left, which time it goes by. */
export type Vitals = Readonly<{
  store: StoreSize
  /** Of the disk that the data folder is on; null where the operating system does not tell. */
  disk: Readonly<{ freeBytes: number; totalBytes: number }> | null
  /** `now` is site time in ms; `wallOffsetMs` is what the wall says, less site time. */
  clock: Readonly<{ now: number; wallOffsetMs: number; speed: number }>
  versions: Readonly<{ caretaker: string; node: string; sqlite: string }>
  /** In real time, also when site time runs faster. */
  uptimeMs: number
}>

type Body = Readonly<{
  folder: string
  read: Readonly<{ counts(): Promise<StoreSize> }>
  clock: Readonly<{ now(): number; wallOffsetMs(): number; speed: number }>
  version: string
}>

/** Counted from the call: made when the gateway starts. */
export function vitalsOf({ folder, read, clock, version }: Body): () => Promise<Vitals> {
  const startedAt = monotonicNow()
  const { node, sqlite = '' } = process.versions
  return async () => ({
    store: await read.counts(),
    disk: await roomOn(folder),
    clock: { now: clock.now(), wallOffsetMs: clock.wallOffsetMs(), speed: clock.speed },
    versions: { caretaker: version, node, sqlite },
    uptimeMs: Math.round(monotonicNow() - startedAt),
  })
}

export async function roomOn(folder: string): Promise<Vitals['disk']> {
  try {
    // bavail, not bfree: the last blocks are the superuser's, and a service is not.
    const { bavail, blocks, bsize } = await statfs(folder)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  } catch {
    return null
  }
}
