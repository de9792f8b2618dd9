import { parse } from 'csv-parse/sync'
import type { RowCode } from './row-code.ts'
import { type Cells, type Column, columnsOf, isEnough } from './columns.ts'

export type ListRow = Readonly<{ line: number; cells: Cells }>
export type RowFault = Readonly<{ line: number; code: RowCode; params: Readonly<Record<string, string | number>> }>
/** As text, whatever wrote it: UTF-8 with or without its mark, UTF-16 of a "Unicode text", GB18030 of a Chinese Excel. */
function textOf(bytes: Uint8Array): string | null {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe
  for (const encoding of isUtf16 ? ['utf-16le'] : ['utf-8', 'gb18030']) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
    }
  }
  return null
}

/** A list as a spreadsheet saves it: separated by commas, semicolons or tabs, with full-width figures and ="…" cells. */
export function readList(bytes: Uint8Array): { rows: ListRow[]; faults: RowFault[]; unread: readonly string[] } {
  const text = textOf(bytes)
  if (text === null) return { rows: [], faults: [{ line: 1, code: 'list_encoding', params: {} }], unread: [] }
  const records = recordsOf(text)
  if ('code' in records) return { rows: [], faults: [records], unread: [] }
  const [header, ...rest] = records
  const { columns, unknown } = columnsOf(header?.cells ?? [])
  if (!header || !isEnough(columns))
    return { rows: [], faults: [{ line: header?.line ?? 1, code: 'list_header', params: {} }], unread: unknown }
  const faults: RowFault[] = []
  const rows = rest.flatMap(({ line, cells }): ListRow[] => {
    if (cells.every((cell) => cell === '')) return []
    if (cells.slice(columns.length).some((cell) => cell !== '')) {
      faults.push({ line, code: 'list_width', params: { columns: columns.length, found: cells.length } })
      return []
    }
    return [{ line, cells: named(columns, cells) }]
  })
  return { rows, faults, unread: unknown }
}

function named(columns: readonly (Column | null)[], cells: readonly string[]): Cells {
  return Object.fromEntries(
    columns.flatMap((column, i) => (column && cells[i] !== undefined && cells[i] !== '' ? [[column, cells[i]]] : [])),
  )
}

type Record_ = Readonly<{ line: number; cells: string[] }>

function recordsOf(text: string): Record_[] | RowFault {
  const [, written] = /^\uFEFF?sep=(.)\r?\n/.exec(text) ?? []
  const body = text.replace(/^\uFEFF?(?:sep=.\r?\n)?/, '')
  const offset = written === undefined ? 0 : 1
  try {
    const found = parse(body, {
      delimiter: written ?? separatorOf(body),
      relax_column_count: true,
      relax_quotes: true,
      info: true,
      skip_empty_lines: true,
    }) as unknown as { info: { lines: number }; record: string[] }[]
    return found.map(({ info, record }) => ({ line: info.lines + offset, cells: record.map(cellText) }))
  } catch (error) {
    const { lines, message } = error as Error & { lines?: number }
    return { line: (lines ?? 1) + offset, code: 'list_unreadable', params: { detail: message } }
  }
}

function separatorOf(text: string): string {
  const [line = ''] = text.split(/\r?\n/, 1)
  const count = (separator: string) => line.split(separator).length
  return [',', ';', '\t'].reduce((best, separator) => (count(separator) > count(best) ? separator : best), ',')
}

/** `="0139…"` and `'139…` keep a spreadsheet from taking a number for one. */
function cellText(cell: string): string {
  const plain = cell.normalize('NFKC').trim()
  return plain
    .replace(/^="(.*)"$/, '$1')
    .replace(/^'/, '')
    .trim()
}
