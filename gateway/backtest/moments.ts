import type { Reading } from '#devices/reading.ts'
import { readingOf, type Run } from '../store/history/run.ts'

/** The readings of one point, in the order of time. */
export type Series = Readonly<{ device: string; point: string; run: Run }>

/** Of one device: how far each of its points has been told. */
class Cursor {
  readonly device: string
  readonly #points: { point: string; run: Run; times: Float64Array; flags: Uint8Array; next: number }[]
  at = Infinity

  constructor(device: string, series: readonly Series[]) {
    this.device = device
    this.#points = series.map(({ point, run }) => ({ point, run, times: run.times, flags: run.flags, next: 0 }))
    this.#find()
  }

  /** What the device said at that moment; then stands at the next. */
  take(): Reading[] {
    const { device, at } = this
    const readings: Reading[] = []
    for (const series of this.#points) {
      const { next, times } = series
      if (times[next] !== at) continue
      readings.push(readingOf(device, series.point, at, series.run.valueAt(next), series.flags[next]!))
      series.next = next + 1
    }
    this.#find()
    return readings
  }

  #find(): void {
    let at = Infinity
    for (const { times, next } of this.#points) {
      const time = times[next]
      if (time !== undefined && time < at) at = time
    }
    this.at = at
  }
}

/** All of it in the order of time; what a device said in one moment comes together, as one poll did. */
export function eachMoment(
  series: readonly Series[],
  take: (device: string, at: number, readings: readonly Reading[]) => void,
): void {
  const ofDevice = Map.groupBy(series, ({ device }) => device)
  const heap = [...ofDevice].map(([device, own]) => new Cursor(device, own)).filter(({ at }) => at < Infinity)
  heap.sort((a, b) => a.at - b.at)
  while (heap.length > 0) {
    const first = heap[0]!
    const { at } = first
    take(first.device, at, first.take())
    if (first.at === Infinity) {
      const last = heap.pop()!
      if (heap.length === 0) return
      heap[0] = last
    }
    sink(heap)
  }
}

/** The first of a heap by time may have become a later one. */
function sink(heap: Cursor[]): void {
  const moved = heap[0]!
  const { length } = heap
  let place = 0
  for (;;) {
    let child = 2 * place + 1
    if (child >= length) break
    if (child + 1 < length && heap[child + 1]!.at < heap[child]!.at) child++
    if (heap[child]!.at >= moved.at) break
    heap[place] = heap[child]!
    place = child
  }
  heap[place] = moved
}
