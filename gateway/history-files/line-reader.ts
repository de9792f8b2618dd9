import type { Reading } from '#devices/reading.ts'
import { LineScanner, type Point } from './line-scanner.ts'
import { pointReadings } from './point-readings.ts'
import type { Precision } from './numerals.ts'
import type { BadCode, BadLine, HistoryReader } from './ports.ts'

const LF = 0x0a
/** A line of more bytes is not read. */
export const LONGEST_LINE = 1_048_576
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** `deviceTag` is the tag that names the device; `precision` null: the size of a time tells it. */
export function lineReader(options: { deviceTag: string; precision: Precision | null }): HistoryReader {
  return async function* (chunks, report) {
    let readings: Reading[] = []
    const take = (point: Point): BadCode | null => pointReadings(point, options, readings)
    for await (const _ of scanLines(chunks, take, report)) {
      if (readings.length > 0) yield readings
      readings = []
    }
  }
}

/**
 * Hands over the points of a file, in its order, and yields once for each piece of it. `take` may refuse a point for
 * what it says. Whatever the file, at most one line and one piece of it are in memory. After a bad line it goes on with
 * the next; after a string that never ends, with the line after the one where it began.
 */
export async function* scanLines(
  chunks: AsyncIterable<Uint8Array>,
  take: (point: Point) => BadCode | null,
  report: (bad: BadLine) => void,
): AsyncGenerator<undefined> {
  const scanner = new LineScanner()
  let rest: Buffer = Buffer.alloc(0)
  let line = 1
  let isSkipping = false
  let isFirst = true

  /** Of what is there, everything but the last unfinished line. Gives back where that begins. */
  const scanAll = (bytes: Buffer, isAll: boolean): number => {
    scanner.load(bytes, isAll)
    let start = 0
    while (start < bytes.length) {
      const lineEnd = bytes.indexOf(LF, start)
      const isTooLong = (lineEnd < 0 ? bytes.length : lineEnd) - start > LONGEST_LINE
      if (isSkipping || isTooLong) {
        if (!isSkipping) report({ line, column: 1, code: 'too_long', params: { bytes: LONGEST_LINE } })
        isSkipping = lineEnd < 0 && !isAll
        if (lineEnd < 0) return bytes.length
        start = lineEnd + 1
        line++
        continue
      }
      if (lineEnd < 0 && !isAll) return start
      scanner.at = start
      const scanned = scanner.scan()
      if (scanned === 'cut' && bytes.length - start <= LONGEST_LINE) return start
      // What never ends is given up; the lines that it took along come again.
      const isBad = scanned === 'bad' || scanned === 'cut'
      if (isBad) report(badLine(bytes, start, scanner.at, line, scanner.bad))
      else if (scanned !== 'nothing') {
        const code = take(scanned)
        if (code) report({ line, column: 1, code, params: {} })
      }
      line += isBad ? lineEndsIn(bytes.subarray(start, scanner.at)) : scanner.innerLines
      const next = bytes.indexOf(LF, scanner.at)
      isSkipping = next < 0 && !isAll
      if (next < 0) return bytes.length
      start = next + 1
      line++
    }
    return start
  }

  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk])
    if (isFirst && rest.length < BYTE_ORDER_MARK.length) continue
    if (isFirst) rest = withoutMark(rest)
    isFirst = false
    rest = rest.subarray(scanAll(rest, false))
    yield
  }
  if (isFirst) rest = withoutMark(rest)
  scanAll(rest, true)
  yield
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes
}

/** Where in the file `at` is, for a record that begins at `start` on `line`. */
function badLine(bytes: Buffer, start: number, at: number, line: number, code: BadCode): BadLine {
  const before = bytes.subarray(start, at)
  const lastLine = before.lastIndexOf(LF) + 1
  const params = code === 'too_long' ? { bytes: LONGEST_LINE } : {}
  return { line: line + lineEndsIn(before), column: before.toString('utf8', lastLine).length + 1, code, params }
}

function lineEndsIn(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count++
  return count
}
