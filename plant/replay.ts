import type { Values } from './model.ts'

/** `at` in ms; a time stamp without a zone is read as UTC, only differences matter. Empty and worded cells are NaN. */
export type CsvRow = Readonly<{ at: number; cells: Readonly<Record<string, number>> }>
export type Csv = Readonly<{ columns: readonly string[]; rows: readonly CsvRow[] }>

/**
 * A recording with a header line; the separator is whichever of `;`, tab and `,` the header holds most of.
 * The time column is the first named like one, else the first. Throws with the line number of a bad time stamp.
 */
export function parseCsv(text: string): Csv {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const header = lines[0] ?? ''
  const separator = [';', '\t', ','].reduce((best, each) =>
    header.split(each).length > header.split(best).length ? each : best,
  )
  const columns = header.split(separator).map(unquote)
  const timeColumn = Math.max(
    0,
    columns.findIndex((name) => /time|date/i.test(name)),
  )
  const rows = lines.slice(1).flatMap((line, i) => {
    if (line.trim() === '') return []
    const cells = line.split(separator).map(unquote)
    const at = parseTime(cells[timeColumn] ?? '')
    if (Number.isNaN(at)) throw new Error(`line ${i + 2}: "${cells[timeColumn] ?? ''}" is not a time stamp`)
    return [{ at, cells: Object.fromEntries(columns.map((name, j) => [name, parseNumber(cells[j])])) }]
  })
  return { columns, rows: rows.toSorted((a, b) => a.at - b.at) }
}

function unquote(cell: string): string {
  return cell.trim().replace(/^"(.*)"$/, '$1')
}

function parseNumber(cell: string | undefined): number {
  return cell === undefined || cell === '' ? Number.NaN : Number(cell)
}

function parseTime(cell: string): number {
  if (/^\d+(\.\d+)?$/.test(cell)) return Number(cell)
  const iso = cell.replace(' ', 'T')
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(iso) || !iso.includes('T') ? iso : `${iso}Z`)
}

/** `index` is -1 before the first row; `done` once the last row has come. `time` is the row's own time stamp. */
export type Progress = Readonly<{ index: number; time: number; row: CsvRow | undefined; done: boolean }>

/** A recording played on a clock. It holds no timer: the row in force follows from the time asked for. */
export type Replay = Readonly<{
  points: readonly string[]
  progressAt(now: number): Progress
  valuesAt(now: number): Values
}>

/** `columns` maps points to CSV columns. The first row stands at `startAt`, the others follow at their own distance. */
export function replayOf(parts: {
  rows: readonly CsvRow[]
  columns: Readonly<Record<string, string>>
  startAt: number
}): Replay {
  const { rows, columns, startAt } = parts
  const first = rows[0]
  if (!first) throw new Error('the recording has no rows')
  for (const column of Object.values(columns)) {
    if (!Object.hasOwn(first.cells, column)) {
      throw new Error(`the recording has no column "${column}". Known: ${Object.keys(first.cells).join(', ')}`)
    }
  }
  const progressAt = (now: number): Progress => {
    const index = lastNotAfter(rows, first.at + (now - startAt))
    const row = rows[index]
    return { index, time: row?.at ?? first.at, row, done: index === rows.length - 1 }
  }
  return {
    points: Object.keys(columns),
    progressAt,
    valuesAt(now) {
      const { row } = progressAt(now)
      if (!row) return {}
      return Object.fromEntries(
        Object.entries(columns).map(([point, column]) => {
          const value = row.cells[column]
          return [point, value === undefined || Number.isNaN(value) ? null : value]
        }),
      )
    },
  }
}

function lastNotAfter(rows: readonly CsvRow[], time: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (rows[middle]!.at <= time) low = middle + 1
    else high = middle
  }
  return low - 1
}
