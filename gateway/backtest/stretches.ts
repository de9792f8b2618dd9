import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '#devices/fault.ts'
import { importFiles, type HistoryFile } from '../history-files/import-files.ts'
import type { BadLine } from '../history-files/ports.ts'
import type { Progress } from '../history-files/progress.ts'
import { flagsOf, Run } from '../store/history/run.ts'
import { Queries } from '../store/queries.ts'
import type { Series } from './moments.ts'

/** Series whose readings end before those of the next stretch begin. `share` of the whole is done with it. */
export type Stretch = Readonly<{ series: readonly Series[]; share: number }>
export type Stretches = Readonly<{
  from: number
  /** After the last reading. */
  to: number
  series: number
  read(): Iterable<Stretch>
  close(): void
}>
/** `lookBackMs`: so long before it the rules are told what was, and nothing is counted. */
export type Range = Readonly<{ from: number; to: number; lookBackMs?: number }>
type Wanted = ReadonlyMap<string, ReadonlySet<string> | null>

/** So many readings are in memory at once, should every point speak once a second. */
const READINGS_AT_ONCE = 2_000_000
const [SHORTEST_MS, LONGEST_MS] = [3_600_000, 7 * 86_400_000]

/** The history of a gateway's data folder, beside the gateway if it runs. Throws `no_store`. */
export function folderStretches(folder: string, wanted: Wanted, range: Range): Stretches {
  if (!existsSync(join(folder, 'readings.db'))) throw new Fault('no_store', { folder })
  const queries = new Queries(folder)
  const names = queries.seriesNames().filter(({ device, point }) => isWanted(wanted, device, point))
  const extents = names.map(({ device, point }) => queries.extentOf(device, point)).filter((extent) => extent !== null)
  const low = Math.min(...extents.map(({ from }) => from))
  const high = Math.max(...extents.map(({ to }) => to)) + 1
  const begin = Math.max(range.from - (range.lookBackMs ?? 0), low)
  const from = Math.max(range.from, low)
  const to = Math.min(range.to, high)
  const stepMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, (READINGS_AT_ONCE / Math.max(1, names.length)) * 1_000))
  return {
    from,
    to,
    series: names.length,
    *read() {
      for (let start = begin; start < to; start += stepMs) {
        const end = Math.min(to, start + stepMs)
        const series = names.map(({ device, point }) => ({
          device,
          point,
          run: Run.of(queries.columnsOf(device, point, start, end)).ordered(),
        }))
        yield { series, share: (end - begin) / (to - begin) }
      }
    },
    close: () => queries.close(),
  }
}

/** Files of line protocol or CSV, whole in memory as columns. Throws `file_missing` and `file_damaged`. */
export async function fileStretches(
  files: readonly HistoryFile[],
  wanted: Wanted,
  range: Range,
  hands: Readonly<{ bad(file: string, line: BadLine): void; progress: Progress; signal: AbortSignal }>,
): Promise<Stretches> {
  const runs = new Map<string, Map<string, Run>>()
  const begin = range.from - (range.lookBackMs ?? 0)
  let [low, to] = [Infinity, -Infinity]
  await importFiles(files, {
    ...hands,
    strict: false,
    sink: {
      write(readings) {
        for (const { device, point, at, value, ...flags } of readings) {
          if (at < begin || at >= range.to || !isWanted(wanted, device, point)) continue
          let points = runs.get(device)
          if (!points) runs.set(device, (points = new Map()))
          let run = points.get(point)
          if (!run) points.set(point, (run = new Run()))
          run.push(at, value, flagsOf(flags))
          if (at < low) low = at
          if (at >= to) to = at + 1
        }
        return Promise.resolve()
      },
    },
  })
  const series = [...runs].flatMap(([device, points]) =>
    [...points].map(([point, run]) => ({ device, point, run: run.ordered() })),
  )
  return { from: Math.max(low, range.from), to, series: series.length, read: () => [{ series, share: 1 }], close() {} }
}

function isWanted(wanted: Wanted, device: string, point: string): boolean {
  const points = wanted.get(device)
  return points === null || (points?.has(point) ?? false)
}
