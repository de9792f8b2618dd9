import type { Random } from '#devices/clock.ts'
import type { Site } from '../site/site.ts'
import { type ResidentCodes, residentCodes } from './codes.ts'
import { keyIn, openDatabase } from './database.ts'
import { residentLinks, type ResidentLinks } from './links.ts'

/** What stands behind the page of residents. */
export type ResidentDoor = Readonly<{
  links: ResidentLinks
  codes: ResidentCodes
}>
type Opening = Readonly<{ folder: string; random: Random; site: Site; speed: number }>

/** Closed with the stack. `linkOf` is the whole address of a notice's living page, where residents can reach one. */
export function openResidentDoor(
  { folder, random, site, speed }: Opening,
  opened: Readonly<{ defer(close: () => void): void }>,
): ResidentDoor & Readonly<{ linkOf(notice: string, home?: string): string | null }> {
  const db = openDatabase(folder)
  opened.defer(() => db.close())
  const key = keyIn(folder, random)
  const links = residentLinks(db, key, random)
  return {
    links,
    codes: residentCodes(db, key, { random, speed }),
    linkOf: (id, home) => site.notices.publicUrl && `${site.notices.publicUrl}${links.pathOf(id, home)}`,
  }
}
