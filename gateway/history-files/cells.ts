import type { Value } from '#devices/reading.ts'

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/
const BOOLEAN = /^\s*(?:true|false)\s*$/i
/** What makes a spreadsheet calculate (OWASP, CSV Injection), in either width. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/
const APOSTROPHES = /^'*/
const ISO_TIME =
  /^([1-9]\d{3})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?$/

function isTyped(text: string): boolean {
  return text === '' || NUMBER.test(text) || BOOLEAN.test(text)
}

/**
 * A value as a cell. As in a spreadsheet an apostrophe before it says "this is text": it stands before what would be
 * calculated, and before what would be read as a number, a boolean or nothing. Numbers and booleans stand bare.
 */
export function valueCell(value: Value | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : ''
  if (typeof value === 'boolean') return String(value)
  const bare = value.replace(APOSTROPHES, '')
  return FORMULA.test(bare) || isTyped(bare) ? `'${value}` : value
}

/** The other way: a cell as the value that it holds, null for none. `Infinity` is a number beyond what can be counted. */
export function cellValue(cell: string): Value | null {
  if (cell === '') return null
  if (NUMBER.test(cell)) return Number(cell)
  if (BOOLEAN.test(cell)) return /t/i.test(cell)
  if (!cell.startsWith("'")) return cell
  const bare = cell.replace(APOSTROPHES, '')
  return FORMULA.test(bare) || isTyped(bare) ? cell.slice(1) : cell
}

/** A name is always text; only what would be calculated needs its apostrophe. */
export function nameCell(name: string): string {
  return FORMULA.test(name.replace(APOSTROPHES, '')) ? `'${name}` : name
}

export function cellName(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell.replace(APOSTROPHES, '')) ? cell.slice(1) : cell
}

/** ISO 8601 as ms since the Unix epoch, rounded down. An offset is needed: nobody knows on which clock it was read. */
export function isoTimeMs(text: string): number | 'time' | 'no_offset' {
  const found = ISO_TIME.exec(text)
  if (!found) return 'time'
  const [, year, month, day, hour, minute, second = '0', fraction = '', sign, offsetHour, offsetMinute = '0'] = found
  const at = Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second, +fraction.slice(0, 3).padEnd(3, '0'))
  // The 30th of February would become the 2nd of March.
  const isOnCalendar = new Date(at).getUTCDate() === +day! && +month! >= 1 && +month! <= 12
  if (!isOnCalendar || +hour! > 23 || +minute! > 59 || +second > 59 || +offsetMinute > 59) return 'time'
  if (sign === undefined) return /[Zz]$/.test(text) ? at : 'no_offset'
  const offset = (+offsetHour! * 60 + +offsetMinute) * 60_000
  return sign === '+' ? at - offset : at + offset
}
