import type { Batch, Reading, Value } from '#devices/reading.ts'
import { type DeviceSeries, type LinePoint, lineWriter } from '#gateway/historian/batch-lines.ts'
import type { CursorStore, LogReader } from '#gateway/historian/target.ts'
import type { Position } from '#gateway/store/reading-log.ts'

type Logged = Readonly<{ reading: Reading; receivedAt: number; next: Position }>

/** The log as the forwarder sees it: batches with ascending ids, here with holes, and slices that end inside a batch. */
export function memoryLog(
  devices: ReadonlyMap<string, DeviceSeries> = new Map(),
  site = 'demo',
): LogReader & { append(...batches: Batch[]): void; endPosition(): Position } {
  const all: Logged[] = []
  let newest = { batch: 0, at: 0 }
  const linesOf = lineWriter(site, devices)
  const indexAfter = ({ batch, offset }: Position) => {
    const index = all.findIndex(({ next }) => next.batch > batch || (next.batch === batch && next.offset > offset))
    return index < 0 ? all.length : index
  }
  const written = (logged: readonly Logged[]) => {
    const isTimed = ({ reading }: Logged) => reading.timeQuality !== 'bad'
    const valued = logged.filter(({ reading }) => reading.value !== null)
    const timed = valued.filter(isTimed).map(({ reading }) => reading as LinePoint)
    return { lines: linesOf(timed), undated: valued.length - timed.length }
  }
  const log = {
    append(...more: Batch[]) {
      for (const { readings, receivedAt } of more) {
        const [before, batch] = [newest.batch, newest.batch + 3]
        readings.forEach((reading, index) => {
          const isLast = index === readings.length - 1
          const next = isLast ? { batch, offset: 0 } : { batch: before, offset: index + 1 }
          all.push({ reading, receivedAt, next })
        })
        newest = { batch, at: receivedAt }
      }
    },
    endPosition: () => ({ batch: newest.batch, offset: 0 }),
    readAfter: async (position: Position, limit: number) => {
      const index = indexAfter(position)
      const taken = all.slice(index, index + limit)
      const last = taken.at(-1)
      return last ? { ...written(taken), next: last.next, at: last.receivedAt, points: taken.length } : null
    },
    end: async (position: Position) => ({ ...newest, points: all.length - indexAfter(position) }),
    skipTo: async (from: Position, at: number) => {
      const index = indexAfter(from)
      const old = all.slice(index).findIndex(({ receivedAt }) => receivedAt >= at)
      const dropped = old < 0 ? all.length - index : old
      return { position: dropped === 0 ? from : all[index + dropped - 1]!.next, dropped }
    },
    range: async (from: number, to: number, after: string | null, limit: number) => {
      const wanted = all.filter(({ reading }) => reading.at >= from && reading.at < to)
      const start = Number(after ?? 0)
      const page = wanted.slice(start, start + limit)
      return page.length === 0 ? null : { lines: written(page).lines, after: String(start + page.length) }
    },
  }
  return log
}

export function memoryCursors(): CursorStore & { saved: Map<string, Position>; history: Position[] } {
  const saved = new Map<string, Position>()
  const history: Position[] = []
  return {
    saved,
    history,
    load: async (target) => saved.get(target) ?? null,
    save: async (target, position) => {
      saved.set(target, position)
      history.push(position)
    },
  }
}

/** One poll reply of one device. */
export function poll(device: string, at: number, values: Record<string, Value>): Batch {
  const readings = Object.entries(values).map(
    ([point, value]) => ({ device, point, value, quality: 'good', at }) as const,
  )
  return { source: 'test', receivedAt: at, readings }
}
