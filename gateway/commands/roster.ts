import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '#rules/event.ts'
import { RosterBook } from '#rules/roster/book.ts'
import { coverageOf, daysFrom } from '#rules/roster/coverage.ts'
import { isoAt } from '../api/site-time.ts'
import { wallNow } from '../clock.ts'
import { loadSite } from '../site/load.ts'
import { openForReading } from '../store/schema.ts'
import { sayConfigFault } from '../texts.ts'
import { type Edge, EXIT_CONFIGURATION, EXIT_FAILED } from './edge.ts'
import { dataFolder } from './folder.ts'

export type RosterCheckOptions = Readonly<{ data?: string; days: number; at?: number }>

/**
 * Where and when nobody would be there, of the next days: by the site file, and with a data folder by what people changed
 * since. 1 where a gap is not even a contractor's.
 */
export function checkRoster(edge: Edge, file: string, options: RosterCheckOptions): number {
  const { site, faults } = loadSite(file, edge)
  for (const fault of faults) edge.error(sayConfigFault('en', fault))
  if (!site) return EXIT_CONFIGURATION
  const { plan } = site
  const book = new RosterBook(plan)
  if (options.data !== undefined) for (const event of rosterEvents(dataFolder(edge, options.data))) book.apply(event)
  const { from, to } = daysFrom(options.at ?? wallNow(), 0, options.days, plan.timeZone)
  const rows = coverageOf(plan, book, from, to)
  const minute = (at: number) => isoAt(at, plan.timeZone).slice(0, 16).replace('T', ' ')
  let open = 0
  for (const { need, staff, gaps } of rows) {
    const paper = need.certificate === null ? '' : ` with ${need.certificate}`
    const what = `${need.region} × ${need.skill}${paper}`
    if (staff.length === 0) edge.out(`${what}: nobody of the staff has it`)
    else
      for (const gap of gaps) {
        if (!gap.contractor) open++
        const who = gap.contractor ? 'only a contractor' : 'nobody'
        edge.out(`${what}: ${who} ${minute(gap.from)} – ${minute(gap.to)}`)
      }
  }
  edge.out(`${rows.length} needs, ${options.days} days: ${open} gaps without anybody`)
  return open > 0 ? EXIT_FAILED : 0
}

function rosterEvents(folder: string): Event[] {
  const file = join(folder, 'journal.db')
  if (!existsSync(file)) return []
  const db = openForReading(file)
  try {
    const rows = db.prepare("select seq, at, body from events where type like 'roster.%' order by seq").all()
    return (rows as { seq: number; at: number; body: string }[]).map(({ body }) => JSON.parse(body) as Event)
  } finally {
    db.close()
  }
}
