import { Fault } from '#devices/fault.ts'
import type { Identity } from '../access/identity.ts'
import type { Site } from '../site/site.ts'

/** What somebody sees of the equipment: all of it, or what a contractor is listed for. */
export type Scope = Readonly<{ has(asset: string): boolean; isAll: boolean }>

const ALL: Scope = { has: () => true, isAll: true }

/** S30: a contractor's own assets; one who is nobody of the site file has none. */
export function scopeOf(site: Site, { role, person }: Pick<Identity, 'role' | 'person'>): Scope {
  if (role !== 'contractor') return ALL
  const own = new Set(site.plan.staff.find(({ id }) => id === person)?.assets)
  return { has: (asset) => own.has(asset), isAll: false }
}

/** Where some of it is another's, it is not there: nobody learns which numbers are given. */
export function demandInScope(scope: Scope, assets: readonly string[]): void {
  if (!assets.some((asset) => scope.has(asset))) throw new Fault('not_found')
}

/** A page of a list, of what is in scope: the store is asked until it is full, or there is no more. */
export async function pageInScope<T>(
  { limit, before, ...query }: Readonly<{ limit: number; before?: number }>,
  read: (query: { limit: number; before?: number }) => Promise<{ items: readonly T[]; next: number | null }>,
  isMine: (item: T) => boolean,
): Promise<{ items: readonly T[]; next: number | null }> {
  const items: T[] = []
  let from = before
  for (;;) {
    // One at a time once it is nearly full: the place of the next page is that of the last one taken.
    const page = await read({ ...query, limit: limit - items.length, ...(from === undefined ? {} : { before: from }) })
    items.push(...page.items.filter(isMine))
    if (page.next === null || items.length >= limit) return { items, next: page.next }
    from = page.next
  }
}
