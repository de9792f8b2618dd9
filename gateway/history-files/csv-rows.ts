import { type CsvError, parse } from 'csv-parse'
import type { BadLine } from './ports.ts'

/** A row of more characters is not read. */
const LONGEST_ROW = 1_048_576

export type Row = Readonly<{
  cells: readonly string[]
  /** Where the row ends; it begins higher up when its cells hold line ends. */
  line: number
}>

/**
 * The rows of a CSV file (RFC 4180), those of each piece of it together. In the place of rows around a quotation mark out
 * of place stands what is wrong, with the lines they took along. After a row that is too long (mostly a quotation mark that nobody closed)
 * nothing more is read.
 */
export async function* csvRows(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly (Row | BadLine)[]> {
  let rows: (Row | BadLine)[] = []
  let lastLine = 0
  let isBroken = false
  const leftOut = (upTo: number) =>
    rows.push({ line: lastLine + 1, column: 1, code: 'quotes', params: { upTo: Math.max(upTo, lastLine + 1) } })

  const parser = parse({
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_ROW,
    record_delimiter: ['\r\n', '\n'],
    skip_records_with_error: true,
    on_skip(error) {
      if (error?.code === 'CSV_MAX_RECORD_SIZE') throw error
      isBroken = true
      return undefined
    },
    // Rows are taken here, not from the stream: that costs half as much.
    on_record(cells: string[], { lines }) {
      if (isBroken) leftOut(lines - lineEndsIn(cells) - 1)
      isBroken = false
      lastLine = lines
      rows.push({ cells, line: lines })
      return null
    },
  })
  let failure: Error | undefined
  parser.on('error', (error) => {
    failure = error
  })
  const ended = new Promise<void>((close) => parser.resume().once('close', close))
  try {
    for await (const chunk of chunks) {
      await new Promise<void>((taken) => parser.write(chunk, () => taken()))
      if (rows.length > 0) yield rows
      rows = []
      if (failure) break
    }
    if (!failure) {
      parser.end()
      await ended
    }
    if (isTooLong(failure))
      rows.push({ line: lastLine + 1, column: 1, code: 'too_long', params: { bytes: LONGEST_ROW } })
    else if (failure) throw failure
    else if (isBroken) leftOut(parser.info.lines)
    if (rows.length > 0) yield rows
  } finally {
    parser.destroy()
  }
}

function lineEndsIn(cells: readonly string[]): number {
  return cells.reduce((count, cell) => count + cell.split('\n').length - 1, 0)
}

function isTooLong(error: Error | undefined): boolean {
  return (error as CsvError | undefined)?.code === 'CSV_MAX_RECORD_SIZE'
}
