import { stringify } from 'csv-stringify/sync'

/** Excel in Chinese reads UTF-8 only where this says so. */
const BYTE_ORDER_MARK = '\uFEFF'

/** A list that opens in a spreadsheet as it is; what begins like a formula is text, and stays text. */
export function csvOf(rows: readonly (readonly string[])[]): string {
  const written = stringify(rows as string[][], { escape_formulas: true, record_delimiter: 'windows' })
  return BYTE_ORDER_MARK + written
}
