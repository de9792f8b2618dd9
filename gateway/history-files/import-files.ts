import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { Fault } from '#devices/fault.ts'
import type { Reading } from '#devices/reading.ts'
import type { BadLine, HistoryReader, HistorySink } from './ports.ts'
import type { Progress } from './progress.ts'
import { Tally } from './tally.ts'

/** Readings that are made durable together. */
const AT_ONCE = 10_000
const PIECE_BYTES = 262_144

/** `path` is read, `shown` is what the person wrote. */
export type HistoryFile = Readonly<{ path: string; shown: string; read: HistoryReader }>
export type Imported = Readonly<{ tally: Tally; badLines: number; ended: 'all' | 'strict' | 'stopped' }>

/**
 * Reads files into a history, one after the other. All are opened before the first is read. Bad lines are told and left
 * out; `strict` ends it at the first one, keeping what stood in the pieces before it. Without a sink nothing is written.
 * Throws `file_missing` and `file_damaged`, and whatever the sink throws.
 */
export async function importFiles(
  files: readonly HistoryFile[],
  {
    sink,
    strict,
    bad,
    progress,
    signal,
  }: Readonly<{
    sink: HistorySink | null
    strict: boolean
    bad(file: string, line: BadLine): void
    progress: Progress
    signal: AbortSignal
  }>,
): Promise<Imported> {
  const sizes = await Promise.all(files.map(sizeOf))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const tally = new Tally()
  let badLines = 0
  let done = 0
  let waiting: Reading[] = []
  const isOver = () => (strict && badLines > 0) || signal.aborted

  const flush = async () => {
    await sink?.write(waiting)
    tally.add(waiting)
    waiting = []
  }
  for (const file of files) {
    const report = (line: BadLine) => {
      if (strict && badLines > 0) return
      badLines++
      bad(file.shown, line)
    }
    const before = done
    const bytes = bytesOf(file, (read) => {
      done = before + read
    })
    for await (const readings of file.read(bytes, report)) {
      if (isOver()) break
      for (const reading of readings) waiting.push(reading)
      if (waiting.length >= AT_ONCE) await flush()
      progress.show(done, total, tally.readings + waiting.length)
    }
    if (isOver()) break
  }
  if (waiting.length > 0) await flush()
  progress.end()
  return { tally, badLines, ended: signal.aborted ? 'stopped' : isOver() ? 'strict' : 'all' }
}

async function sizeOf({ path, shown }: HistoryFile): Promise<number> {
  try {
    const found = await stat(path)
    if (found.isFile()) return found.size
  } catch {
    // Said below, like a folder.
  }
  throw new Fault('file_missing', { file: shown })
}

/** `read` is told how much came from the disk so far: the share of a packed file that is done is not that of its text. */
async function* bytesOf(
  { path, shown }: HistoryFile,
  read: (bytesRead: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const raw = createReadStream(path, { highWaterMark: PIECE_BYTES })
  const unpacked = path.endsWith('.gz') ? createGunzip({ chunkSize: PIECE_BYTES }) : null
  raw.on('error', (error) => unpacked?.destroy(error))
  try {
    for await (const chunk of (unpacked ? raw.pipe(unpacked) : raw) as AsyncIterable<Uint8Array>) {
      read(raw.bytesRead)
      yield chunk
    }
  } catch (error) {
    if (!isZlibError(error)) throw error
    throw new Fault('file_damaged', { file: shown }, { cause: error })
  } finally {
    raw.destroy()
    unpacked?.destroy()
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
}
