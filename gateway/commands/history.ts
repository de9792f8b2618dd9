import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { Fault } from '#devices/fault.ts'
import { monotonicNow } from '../clock.ts'
import { csvReader } from '../history-files/csv-reader.ts'
import { type ExportFormat, exportText } from '../history-files/export-text.ts'
import { type HistoryFile, importFiles, type Imported } from '../history-files/import-files.ts'
import { lineReader } from '../history-files/line-reader.ts'
import { FURTHEST_MS, type Precision } from '../history-files/numerals.ts'
import type { BadLine } from '../history-files/ports.ts'
import { grouped, progressOn } from '../history-files/progress.ts'
import { openHistorySink, openHistorySource } from '../history-files/store-ports.ts'
import { lockFolder } from '../store/lock.ts'
import { say } from '../texts.ts'
import { type Edge, EXIT_FAILED } from './edge.ts'
import { dataFolder } from './folder.ts'

const BAD_LINES_SHOWN = 20
const SERIES_SHOWN = 5

export type ImportOptions = Readonly<{
  data?: string
  format?: ExportFormat
  precision?: Precision
  deviceTag: string
  strict?: boolean
  dryRun?: boolean
}>
export type ExportOptions = Readonly<{
  data?: string
  format: ExportFormat
  from?: number
  to?: number
  device?: string
  point?: string
  out?: string
}>

/** Reads files into the history of a stopped gateway. Fails when anything had to be left out. */
export async function importHistory(
  edge: Edge,
  names: readonly string[],
  options: ImportOptions,
  openSink = openHistorySink,
): Promise<number> {
  const files = historyFilesOf(edge, names, options)
  if (!files) return 2
  const run = async (sink: Parameters<typeof importFiles>[1]['sink']) => {
    let said = 0
    const progress = progressOn(edge.screen, monotonicNow)
    const bad = (file: string, line: BadLine) => {
      progress.end()
      if (++said <= BAD_LINES_SHOWN) edge.error(sayBadLine(file, line))
    }
    return importFiles(files, { sink, strict: options.strict ?? false, bad, progress, signal: edge.signal })
  }
  if (options.dryRun) return sum(edge, await run(null), 'would be imported')
  const folder = dataFolder(edge, options.data)
  const lock = lockFolder(folder, edge.pid)
  try {
    const sink = await openSink(folder)
    try {
      return sum(edge, await run(sink), 'imported')
    } finally {
      await sink.close()
    }
  } finally {
    lock.release()
  }
}

/** Each with the reader of its format, which the option says or its name; null, and said, where neither does. */
export function historyFilesOf(
  edge: Edge,
  names: readonly string[],
  options: Pick<ImportOptions, 'format' | 'precision' | 'deviceTag'>,
): HistoryFile[] | null {
  const files: HistoryFile[] = []
  for (const shown of names) {
    const format = options.format ?? formatOf(shown)
    if (!format) {
      edge.error(`caretaker: ${shown}: say --format csv or --format line`)
      return null
    }
    const precision = options.precision ?? null
    const read = format === 'csv' ? csvReader({ precision }) : lineReader({ deviceTag: options.deviceTag, precision })
    files.push({ path: resolve(edge.cwd, shown), shown, read })
  }
  return files
}

function sum(edge: Edge, { tally, badLines, ended }: Imported, verb: string): number {
  if (badLines > BAD_LINES_SHOWN) edge.error(`… and ${grouped(badLines - BAD_LINES_SHOWN)} more`)
  const mixed = tally.mixed()
  if (mixed.length > 0) {
    const more = mixed.length > SERIES_SHOWN ? `, … (${mixed.length})` : ''
    edge.error(`values of more than one kind: ${mixed.slice(0, SERIES_SHOWN).join(', ')}${more}`)
  }
  if (ended === 'strict') edge.error('stopped at the first bad line (--strict)')
  if (ended === 'stopped') edge.error('stopped before the end')
  const span = tally.readings > 0 ? `, ${isoTime(tally.from)} – ${isoTime(tally.to)}` : ''
  const left = badLines > 0 ? `; ${grouped(badLines)} bad ${badLines === 1 ? 'line' : 'lines'} left out` : ''
  edge.out(`${grouped(tally.readings)} readings of ${grouped(tally.series)} series ${verb}${span}${left}`)
  return badLines > 0 || ended !== 'all' ? EXIT_FAILED : 0
}

/** `file:line:column`, as an editor can jump to it. */
export function sayBadLine(file: string, { line, column, code, params }: BadLine): string {
  return `${file}:${line}:${column} ${say('en', `history.bad.${code}`, params)}`
}

function formatOf(name: string): ExportFormat | null {
  const [, extension] = /\.(csv|lp|line|txt)(?:\.gz)?$/i.exec(name) ?? []
  return extension === undefined ? null : extension.toLowerCase() === 'csv' ? 'csv' : 'line'
}

function isoTime(at: number): string {
  return new Date(at).toISOString()
}

/** Writes the history to a file, or to the output; beside a running gateway if need be. Nothing is overwritten. */
export async function exportHistory(
  edge: Edge,
  options: ExportOptions,
  openSource = openHistorySource,
): Promise<number> {
  const source = await openSource(dataFolder(edge, options.data))
  const progress = progressOn(edge.screen, monotonicNow)
  try {
    const series = (await source.series()).filter(
      ({ device, point }) =>
        (options.device === undefined || device === options.device) &&
        (options.point === undefined || point === options.point),
    )
    if (series.length === 0) {
      edge.error('caretaker: there is no such series')
      return EXIT_FAILED
    }
    const places = new Map(series.map((name, index) => [name, index]))
    const range = { from: options.from ?? -FURTHEST_MS, to: options.to ?? FURTHEST_MS + 1 }
    let readings = 0
    const text = exportText(source, { series, format: options.format, ...range }, (page, name) => {
      readings += page.length
      progress.show(places.get(name)!, series.length, readings)
    })
    await write(edge, text, options.out)
    progress.end()
    edge.error(`${grouped(readings)} readings of ${grouped(series.length)} series exported`)
    return 0
  } catch (error) {
    progress.end()
    if (!edge.signal.aborted) throw error
    edge.error('stopped before the end')
    return EXIT_FAILED
  } finally {
    await source.close()
  }
}

async function write(edge: Edge, text: AsyncGenerator<string>, out: string | undefined): Promise<void> {
  const { signal } = edge
  const chunks = Readable.from(text)
  if (out === undefined) {
    try {
      await pipeline(chunks, edge.output, { end: false, signal })
    } catch (error) {
      // Whoever reads the output may have seen enough.
      if (!hasCode(error, 'EPIPE')) throw error
    }
    return
  }
  const path = resolve(edge.cwd, out)
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 })
  try {
    await (path.endsWith('.gz') ? pipeline(chunks, createGzip(), file, { signal }) : pipeline(chunks, file, { signal }))
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw new Fault('file_exists', { file: out }, { cause: error })
    // Half a history looks like a whole one.
    await rm(path, { force: true })
    throw error
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
