import { stringify } from 'csv-stringify/sync'
import { homesOnFloors } from '../site/places.ts'
import type { Site } from '../site/site.ts'

/**
 * A list of households that nobody could take for real ones: names say what they are, addresses end in `.invalid`, and
 * telephone numbers begin with 140 and have eleven digits. 140 belongs to things, whose numbers have thirteen: with eleven
 * there is nobody, whoever dials it. The same for the same estate, every time.
 */
export function inventedList({ buildings }: Pick<Site, 'buildings'>): Buffer {
  const homes = buildings.flatMap((building) => homesOnFloors(building, 1, building.floors))
  const rows = homes.flatMap((home, i) => rowsOf(home, i))
  const header = [
    'home',
    'role',
    'name',
    'phone',
    'email',
    'consent',
    'from',
    'channels',
    'tags',
    'tags_consent',
    'lives_here',
    'language',
  ]
  return Buffer.from(stringify([header, ...rows]))
}

type Row = readonly string[]

/** About as an estate is: most owners live here, a fifth is let, a few are empty, silent, or need somebody at the door. */
function rowsOf(home: string, i: number): Row[] {
  const throwOf = (sides: number, die: number) => hash(i * 31 + die) % sides
  const number = (which: number) => `140${String(which * 10_000 + i).padStart(8, '0')}`
  const mail = `${home.toLowerCase()}@demo.invalid`
  if (throwOf(22, 1) === 0) return []
  const isLet = throwOf(5, 2) === 0
  const isAway = !isLet && throwOf(25, 3) === 0
  const hasMail = throwOf(3, 4) === 0
  const agrees = throwOf(40, 5) === 0 ? 'no' : 'yes'
  const language = throwOf(12, 6) === 0 ? 'en' : 'zh'
  const isTagged = throwOf(38, 7) === 0
  const tag = ['living alone', 'reduced mobility', 'no smartphone', 'infant'][throwOf(4, 8)]!
  const tags = isTagged && !isAway ? [tag, 'yes'] : ['', '']
  const owner: Row = [
    home,
    'owner',
    `演示业主 ${home}`,
    number(1),
    hasMail ? mail : '',
    agrees,
    '2019-06-01',
    hasMail ? 'sms,email' : 'sms',
    ...(isLet ? ['', ''] : tags),
    isLet || isAway ? 'no' : 'yes',
    language,
  ]
  if (!isLet) return [owner]
  const tenant: Row = [
    home,
    'tenant',
    `演示租户 ${home}`,
    number(2),
    hasMail ? mail : '',
    agrees,
    '2025-03-01',
    'sms',
    ...tags,
    '',
    language,
  ]
  return [owner, tenant]
}

/** A number that looks thrown and is always the same. */
function hash(n: number): number {
  let mixed = (n + 0x9e3779b9) >>> 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
