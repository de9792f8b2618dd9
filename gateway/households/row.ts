import { Temporal } from 'temporal-polyfill'
import type { HouseholdContact } from '../private/kinds.ts'
import { normalPhone } from '../private/phone.ts'
import type { Cells, Column } from './columns.ts'
import type { ListRow, RowFault } from './list-file.ts'
import type { RowCode } from './row-code.ts'
import { type Road, ROADS } from './roll.ts'
import { type TagName, tagNamed } from './tags.ts'

/** What the estate knows of its places. */
export type Estate = Readonly<{ isHome(home: string): boolean; entranceOf(home: string): string; timeZone: string }>

const RELATIONS: Readonly<Record<string, HouseholdContact['relation']>> = {
  owner: 'owner',
  业主: 'owner',
  产权人: 'owner',
  tenant: 'tenant',
  租户: 'tenant',
  租客: 'tenant',
  family: 'family',
  家属: 'family',
  家庭成员: 'family',
}
const LANGUAGES: Readonly<Record<string, 'zh-CN' | 'en'>> = {
  zh: 'zh-CN',
  'zh-cn': 'zh-CN',
  中文: 'zh-CN',
  汉语: 'zh-CN',
  en: 'en',
  english: 'en',
  英文: 'en',
  英语: 'en',
}
const YES: ReadonlySet<string> = new Set(['yes', 'y', 'true', '1', '是', '同意', '有', '√'])
const NO: ReadonlySet<string> = new Set(['no', 'n', 'false', '0', '否', '不同意', '无', '×'])
const ROAD_WORDS: Readonly<Record<string, Road>> = {
  sms: 'phone',
  短信: 'phone',
  电话: 'phone',
  邮件: 'email',
  邮箱: 'email',
  推送: 'push',
}
const LIST = /[、,;,;|/>→]+/
const DAY_MS = 86_400_000

/** One row as a contact, or everything that is wrong with it. */
export function contactOf({ line, cells }: ListRow, estate: Estate): HouseholdContact | RowFault[] {
  const faults: RowFault[] = []
  const blame = (code: RowCode, params: RowFault['params'] = {}) => void faults.push({ line, code, params })
  /** The word of a closed list; `otherwise` where nothing is written. */
  const word = <T>(column: Column, find: (text: string) => T | undefined, otherwise: T): T => {
    const text = cells[column]
    if (text === undefined) return otherwise
    const found = find(text.toLowerCase())
    if (found === undefined) blame('list_bad_word', { column, word: text })
    return found ?? otherwise
  }
  const words = <T>(column: Column, find: (text: string) => T | undefined): T[] =>
    wordsOf(column, cells).flatMap((text) => {
      const found = find(text.toLowerCase())
      if (found === undefined) blame('list_bad_word', { column, word: text })
      return found === undefined ? [] : [found]
    })
  const date = (column: 'from' | 'to'): number | null => {
    const text = cells[column]
    if (text === undefined) return null
    const at = dayOf(text, estate.timeZone)
    if (at === null) blame('list_bad_date', { column, date: text })
    return at
  }

  const home = homeOf(cells)
  if (home === null) blame('list_missing', { column: 'home' })
  else if (!estate.isHome(home)) blame('list_unknown_home', { home })
  else if (cells.entrance !== undefined && !isAtEntrance(home, estate.entranceOf(home), cells.entrance))
    blame('list_wrong_entrance', { home, entrance: cells.entrance })
  const { name = '' } = cells
  if (name === '') blame('list_missing', { column: 'name' })
  if (cells.relation === undefined) blame('list_missing', { column: 'role' })
  if (cells.consent === undefined) blame('list_missing', { column: 'consent' })
  const phone = cells.phone === undefined ? null : normalPhone(cells.phone)
  if (cells.phone !== undefined && phone === null) blame('list_bad_phone', { phone: hidden(cells.phone) })
  const email = cells.email ?? null
  if (email !== null && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) blame('list_bad_email')
  const tags = words<TagName>('tags', tagNamed)
  const isTagConsent = word('tagsConsent', yesOrNo, false)
  if (tags.length > 0 && !isTagConsent) blame('list_tags_without_consent')
  const from = date('from') ?? 0
  const until = date('to')
  if (until !== null && until < from) blame('list_bad_date', { column: 'to', date: cells.to! })
  const roads = words<Road>('roads', (text) => ROAD_WORDS[text] ?? ROADS.find((road) => road === text))
  const contact: HouseholdContact = {
    home: home ?? '',
    name,
    phone,
    relation: word('relation', (text) => RELATIONS[text], 'owner'),
    from,
    // The last day counts.
    to: until === null ? null : nextDay(until, estate.timeZone),
    email,
    language: word('language', (text) => LANGUAGES[text], 'zh-CN'),
    ...(roads.length > 0 ? { roads: [...new Set(roads)] } : {}),
    consent: word('consent', yesOrNo, false),
    livesHere: word<boolean | null>('livesHere', yesOrNo, null),
    tags: [...new Set(tags)],
    ref: cells.ref ?? null,
  }
  return faults.length > 0 ? faults : contact
}

/** `B2-1803`, or a building and the number in it. */
function homeOf({ home, building, number }: Cells): string | null {
  const written = home ?? (building === undefined ? number : undefined)
  if (written !== undefined) return written.toUpperCase()
  return building === undefined || number === undefined ? null : `${building}-${number.padStart(4, '0')}`.toUpperCase()
}

function wordsOf(column: Column, cells: Cells): string[] {
  // 腹透/制氧机 is one word with the sign of a list in it.
  const text = cells[column]?.replaceAll('腹透/制氧机', '腹透')
  return (text ?? '')
    .split(LIST)
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

function yesOrNo(text: string): boolean | undefined {
  if (YES.has(text)) return true
  return NO.has(text) ? false : undefined
}

/** `B1-E1`, `E1`, `1` and `1单元` are the same staircase; a building without a word of them has nothing to compare. */
function isAtEntrance(home: string, entrance: string, written: string): boolean {
  const short = written.replace(/单元$/, '')
  const isOnlyOne = home.startsWith(`${entrance}-`)
  return isOnlyOne || entrance === written || entrance.endsWith(`-${short}`) || entrance.endsWith(`E${short}`)
}

/** Enough of a number to find it in the list. */
function hidden(phone: string): string {
  return phone.length <= 4 ? '****' : `${phone.slice(0, 3)}****`
}

/** Midnight of a day written in one of the usual ways; null when it is none. */
export function dayOf(text: string, timeZone: string): number | null {
  const [, year, month, day] =
    /^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$/.exec(text) ??
    /^(\d{4})(\d{2})(\d{2})$/.exec(text) ??
    []
  if (day === undefined) return null
  try {
    const date = Temporal.PlainDate.from(
      { year: Number(year), month: Number(month), day: Number(day) },
      { overflow: 'reject' },
    )
    return date.toZonedDateTime(timeZone).epochMilliseconds
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return null
  }
}

function nextDay(midnight: number, timeZone: string): number {
  const local = Temporal.Instant.fromEpochMilliseconds(midnight + DAY_MS / 2).toZonedDateTimeISO(timeZone)
  return local.toPlainDate().add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds
}
