import type { OrderDocument } from '../store/documents.ts'
import type { PrivateStore } from '../private/private-store.ts'
import type { Register } from '../households/register.ts'

/** What was reported, in words; null what was erased since, or nobody wrote. */
export type ReportInWords = Readonly<{
  at: number
  home: string | null
  reporter: string | null
  name: string | null
  phone: string | null
  text: string | null
}>

/** The reports of an order with their words, the first one first. */
export function reportsOf(
  { reports = [] }: Pick<OrderDocument, 'reports'>,
  { secrets, register }: Readonly<{ secrets: PrivateStore; register: Pick<Register, 'get'> }>,
): ReportInWords[] {
  return reports.map(({ at, home = null, reporter = null, note }) => {
    // Without the key of the private store an order is still an order.
    const isSealed = secrets.trouble() !== null && secrets.trouble()?.code !== 'private_restored'
    const words = note === undefined || isSealed ? null : (secrets.get('report', note)?.doc ?? null)
    const contact = reporter === null || isSealed ? null : register.get(reporter)
    const name = words?.name ?? contact?.name ?? null
    return { at, home, reporter, name, phone: words?.phone ?? contact?.phone ?? null, text: words?.text ?? null }
  })
}
