import type { FaultCode, Params } from '#devices/fault.ts'
import { csvRows } from '../history-files/csv-rows.ts'
import type { StaffContact } from '../private/kinds.ts'
import { normalPhone } from '../private/phone.ts'

/** A row as it can be kept. `id` is the person's in the site file; null: nothing stands there; left out: no such column. */
export type PersonRow = Readonly<{ id: string }> & StaffContact
/** What is wrong with a row, without what stands in it: a phone number is nobody's business in a log. */
export type BadRow = Readonly<{ line: number; column: string; code: FaultCode; params: Params }>
export type PeopleFile = Readonly<{ rows: readonly PersonRow[]; bad: readonly BadRow[] }>

const COLUMNS = {
  id: ['id', '工号', '编号'],
  name: ['name', '姓名'],
  phone: ['phone', '电话', '手机'],
  email: ['email', '邮箱'],
  wecom: ['wecom', '企业微信', '企业微信账号'],
}
type Column = keyof typeof COLUMNS
/** As WeCom takes a member's account. */
const MEMBER = /^[A-Za-z0-9][\w.@-]{0,63}$/
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const LONGEST_NAME = 64

/** The text of a file that a spreadsheet wrote: UTF-8, or what Excel writes in China. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}

/** CSV with a header of `id,name,phone` and perhaps `email` and `wecom`, in either language. Every row is looked at; none is kept here. */
export async function readPeople(text: string, known: ReadonlySet<string>): Promise<PeopleFile> {
  const rows: PersonRow[] = []
  const bad: BadRow[] = []
  let places: Partial<Record<Column, number>> | null = null
  const seen = new Set<string>()
  const lines = csvRows(
    (async function* () {
      yield Buffer.from(text.replace(/^\uFEFF/, ''))
    })(),
  )
  for await (const some of lines) {
    for (const row of some) {
      if ('code' in row) {
        bad.push({ line: row.line, column: '', code: 'wrong_type', params: { key: 'CSV', detail: 'CSV' } })
        continue
      }
      if (places === null) {
        places = placesOf(row.cells)
        const missing = (['id', 'name', 'phone'] as const).filter((column) => places![column] === undefined)
        for (const key of missing) bad.push({ line: row.line, column: key, code: 'missing_key', params: { key } })
        if (missing.length > 0) return { rows: [], bad }
        continue
      }
      if (row.cells.every((cell) => cell.trim() === '')) continue
      const cell = (column: Column) => row.cells[places![column] ?? -1]?.trim() ?? ''
      const blame = (column: Column, code: FaultCode, params: Params = {}) =>
        bad.push({ line: row.line, column, code, params })
      const [id, name, phone, email, wecom] = [cell('id'), cell('name'), cell('phone'), cell('email'), cell('wecom')]
      const said = (column: Column, text: string) =>
        places![column] === undefined ? {} : { [column]: text === '' ? null : text }
      const before = bad.length
      if (!known.has(id)) blame('id', 'unknown_person', { person: /^[\w-]{1,64}$/.test(id) ? id : '?' })
      else if (seen.has(id)) blame('id', 'duplicate_id', { id })
      seen.add(id)
      if (name === '') blame('name', 'missing_key', { key: 'name' })
      else if (name.length > LONGEST_NAME) blame('name', 'wrong_value', { key: 'name', detail: `≤ ${LONGEST_NAME}` })
      if (phone !== '' && normalPhone(phone) === null)
        blame('phone', 'wrong_value', { key: 'phone', detail: 'digits, such as 13900000000' })
      if (email !== '' && !EMAIL.test(email))
        blame('email', 'wrong_value', { key: 'email', detail: 'name@example.org' })
      if (wecom !== '' && !MEMBER.test(wecom))
        blame('wecom', 'wrong_value', { key: 'wecom', detail: "the member's account, such as zhang.wei" })
      if (bad.length > before) continue
      const reached = { phone: phone === '' ? null : normalPhone(phone) }
      rows.push({ id, name, ...reached, ...said('email', email), ...said('wecom', wecom) })
    }
  }
  if (places === null) bad.push({ line: 1, column: 'id', code: 'missing_key', params: { key: 'id' } })
  return { rows, bad }
}

function placesOf(header: readonly string[]): Partial<Record<Column, number>> {
  const words = header.map((word) => word.trim().toLowerCase())
  const places: Partial<Record<Column, number>> = {}
  for (const column of Object.keys(COLUMNS) as Column[]) {
    const place = words.findIndex((word) => COLUMNS[column].includes(word))
    if (place >= 0) places[column] = place
  }
  return places
}
