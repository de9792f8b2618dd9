import { stringify } from 'csv-stringify/sync'
import { PHASES } from '#rules/reach/events.ts'
import { timesOf } from '../api/site-time.ts'
import type { Register } from '../households/register.ts'
import { maskedPhone } from '../private/phone.ts'
import type { Site } from '../site/site.ts'
import type { Store } from '../store/store.ts'
import { type Language, say } from '../texts.ts'

const LATELY_MS = 90 * 24 * 3_600_000

/**
 * What one home was told, by whom it was for, as a table that a spreadsheet opens: for those who live there and say that
 * nobody told them. Nothing from before they came; a number is shown in part, for it may be the owner's.
 */
export async function ledgerOfHome(
  home: string,
  { site, read, register }: Readonly<{ site: Site; read: Pick<Store['read'], 'reachOfHome'>; register: Register }>,
  { now, wallOffsetMs, language }: Readonly<{ now: number; wallOffsetMs: number; language: Language }>,
): Promise<string> {
  const wall = now + wallOffsetMs
  const { contacts } = register.roll().at(home, wall)
  const movedIn = Math.min(...contacts.map(({ from }) => from), wall)
  const since = Math.max(movedIn - wallOffsetMs, now - LATELY_MS)
  const { lines, tasks } = await read.reachOfHome(home, since)
  const time = timesOf(site.plan.timeZone)
  const word = (key: string) => say(language, key as Parameters<typeof say>[1])
  const relationOf = (contact: string) => {
    const relation = register.roll().entry(contact)?.relation
    return relation === undefined ? '' : word(`ledger.relation.${relation}`)
  }
  const phoneOf = (contact: string) => {
    const phone = register.get(contact)?.phone ?? null
    return phone === null ? '' : maskedPhone(phone)
  }
  const rows = [
    ['notice', 'part', 'way', 'whom', 'number', 'state', 'at', 'settled'].map((column) =>
      word(`ledger.column.${column}`),
    ),
    ...lines.map((line) => [
      line.notice,
      word(`ledger.part.${PHASES[line.phase]}`),
      line.channel,
      relationOf(line.contact),
      phoneOf(line.contact),
      word(`ledger.state.${line.state}`),
      time(line.at),
      time(line.settledAt),
    ]),
    ...tasks.map((task) => [
      task.notice,
      word(`ledger.part.${PHASES[task.phase]}`),
      word(`ledger.way.${task.kind}`),
      '',
      '',
      word(`ledger.state.${task.state}`),
      time(task.openedAt),
      time(task.doneAt),
    ]),
  ]
  return `\uFEFF${stringify(rows, { escape_formulas: true })}`
}
