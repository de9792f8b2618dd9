import type { Random } from '#devices/clock.ts'
import type { Site } from '../site/site.ts'
import { openResidentLinks, type ResidentLinks } from './links.ts'
import type { OwnReport } from './page.ts'

/** What stands behind the page of residents. `reportsOf`: the reports of a home, where the gateway keeps some. */
export type ResidentDoor = Readonly<{
  links: ResidentLinks
  reportsOf?(home: string): Promise<readonly OwnReport[]>
}>

/** Closed with the stack. `linkOf` is the whole address of a notice's living page, where residents can reach one. */
export function openResidentDoor(
  { folder, random, site }: Readonly<{ folder: string; random: Random; site: Site }>,
  opened: Readonly<{ defer(close: () => void): void }>,
): ResidentDoor & Readonly<{ linkOf(notice: string): string | null }> {
  const links = openResidentLinks(folder, random)
  opened.defer(() => links.close())
  return { links, linkOf: (id) => site.notices.publicUrl && `${site.notices.publicUrl}${links.pathOf(id)}` }
}
