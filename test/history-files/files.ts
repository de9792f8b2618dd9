import type { Reading, Value } from '#devices/reading.ts'
import { exportText, type ExportFormat } from '#gateway/history-files/export-text.ts'
import type { BadLine, HistoryReader, HistorySink, HistorySource, SeriesName } from '#gateway/history-files/ports.ts'

/** A file as it comes from a disk, `size` bytes at a time. */
export async function* pieces(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

export async function readAll(
  read: HistoryReader,
  file: string | Uint8Array,
  size?: number,
): Promise<{ readings: Reading[]; bad: BadLine[] }> {
  const readings: Reading[] = []
  const bad: BadLine[] = []
  for await (const some of read(pieces(Buffer.from(file), size), (line) => bad.push(line))) readings.push(...some)
  return { readings, bad }
}

/** `line:column code`, for tables. */
export function places(bad: readonly BadLine[]): string[] {
  return bad.map(({ line, column, code }) => `${line}:${column} ${code}`)
}

export function reading(device: string, point: string, value: Value | null, at: number, more = {}): Reading {
  return { device, point, value, quality: 'good', at, ...more }
}

/** A history in memory, both ways. */
export function memoryHistory(
  start: readonly Reading[] = [],
  pageSize = 2,
): HistorySink & HistorySource & Readonly<{ readings: Reading[]; pages: number[] }> {
  const readings = [...start]
  const pages: number[] = []
  return {
    readings,
    pages,
    write(some) {
      pages.push(some.length)
      readings.push(...some)
      return Promise.resolve()
    },
    series() {
      const names = new Map(readings.map(({ device, point }) => [JSON.stringify([device, point]), { device, point }]))
      return Promise.resolve([...names.values()])
    },
    async *read({ device, point }, from, to) {
      const found = readings
        .filter((each) => each.device === device && each.point === point && each.at >= from && each.at < to)
        .toSorted((a, b) => a.at - b.at)
      for (let start = 0; start < found.length; start += pageSize) yield found.slice(start, start + pageSize)
    },
  }
}

export async function exported(
  source: HistorySource,
  format: ExportFormat,
  series?: readonly SeriesName[],
): Promise<string> {
  const range = { from: -8.64e15, to: 8.64e15 + 1 }
  let text = ''
  for await (const some of exportText(source, { series: series ?? (await source.series()), format, ...range }))
    text += some
  return text
}
