import type { SeriesPoint } from '../../api/types.ts'

/** Excel takes a file for UTF-8 only when it begins so; without it Chinese headings are garbled. */
const BYTE_ORDER_MARK = '\uFEFF'

type Row = readonly (string | number | null)[]

/**
 * The figures of a chart as rows: site time as a spreadsheet reads it, mean, least, greatest, how many, quality. A stretch
 * with bad readings beside good ones has figures, and is `partly` bad.
 */
export function rowsOf(points: readonly SeriesPoint[], sayQuality: (quality: string) => string): Row[] {
  return points.flatMap(({ t, mean, min, max, n, quality }) =>
    quality === null
      ? []
      : [[clockOf(t), mean, min, max, n, sayQuality(quality === 'bad' && mean !== null ? 'partly' : quality)]],
  )
}

/** RFC 4180, with a mark that opens in Excel. A text that a spreadsheet would calculate stays a text. */
export function csvOf(header: readonly string[], rows: readonly Row[]): string {
  return BYTE_ORDER_MARK + [header, ...rows].map((row) => `${row.map(cellOf).join(',')}\r\n`).join('')
}

function cellOf(value: string | number | null): string {
  if (value === null) return ''
  // A mean has more digits than its sensor; what a computer adds beyond nine is noise.
  if (typeof value === 'number') return String(Number(value.toPrecision(9)))
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** 2026-01-31T08:00:00+08:00 → 2026-01-31 08:00:00: the clock on the site's wall. */
function clockOf(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ')
}

/** device.point_20260131-0800_20260131-0900: what it is and from when, in letters that every disk takes. */
export function fileNameOf(point: string, { from, to }: Readonly<{ from: string; to: string }>): string {
  const stamp = (iso: string) => iso.slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-')
  return `${point.replaceAll(/[^\p{L}\p{N}._-]/gu, '_')}_${stamp(from)}_${stamp(to)}`
}
