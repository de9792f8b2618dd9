import { stringify } from 'csv-stringify/sync'
import { Temporal } from 'temporal-polyfill'
import type { PrivateRecord } from '../private/private-store.ts'
import type { ReachLine } from '../store/reach-rows.ts'
import type { Contact } from './register.ts'

/** Everything that is kept of a person: what stands on file, each message, and what they reported. Opens in a spreadsheet as it is. */
export function listCsv(
  contact: Contact,
  lines: readonly ReachLine[],
  reports: readonly PrivateRecord<'report'>[],
  timeZone: string,
): string {
  const time = (at: number | null) =>
    at === null
      ? ''
      : Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toString({ timeZoneName: 'never' })
  const { id: _, version: _v, updatedAt, from, to, ...rest } = contact
  const facts = Object.entries({ ...rest, from: from === 0 ? '' : time(from), to: time(to), changed: time(updatedAt) })
  const rows = [
    ['field', 'value'],
    ...facts.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value ?? '')]),
    [],
    ['notice', 'message', 'channel', 'state', 'at', 'settled at', 'reason'],
    ...lines.map((line) => [
      line.notice,
      line.phase,
      line.channel,
      line.state,
      time(line.at),
      time(line.settledAt),
      line.reason ?? '',
    ]),
    [],
    ['reported at', 'home', 'number', 'text'],
    ...reports.map(({ updatedAt: at, doc }) => [time(at), doc.home ?? '', doc.phone ?? '', doc.text]),
  ]
  return `\uFEFF${stringify(rows, { escape_formulas: true })}`
}
