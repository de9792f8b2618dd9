import type { PrivateStore } from '../private/private-store.ts'
import type { OrderDocument } from '../store/documents.ts'

/** Whoever is about to name it gets so long. */
const YOUNG_MS = 10 * 60_000

/** Pictures that no order names: the gateway died after it had put one down, and before anybody knew of it. */
export async function sweepOrphans({
  secrets,
  orderOf,
  now,
}: Readonly<{
  secrets: Pick<PrivateStore, 'list' | 'remove' | 'trouble'>
  orderOf(id: string): Promise<Pick<OrderDocument, 'photos'> | null>
  now: number
}>): Promise<number> {
  if (secrets.trouble()) return 0
  let swept = 0
  for (const { id, updatedAt, doc } of secrets.list('photo')) {
    if (now - updatedAt < YOUNG_MS) continue
    const [order = '', photo] = doc.of.split('/')
    const known = await orderOf(order)
    if (known?.photos?.some((each) => each.photo === photo)) continue
    if (secrets.remove('photo', id, 'caretaker')) swept++
  }
  return swept
}
