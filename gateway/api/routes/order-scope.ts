import { Fault } from '#devices/fault.ts'
import type { Identity } from '../../access/identity.ts'
import type { OrderDocument } from '../../store/documents.ts'
import type { ApiContext } from '../context.ts'
import type { Role } from '../../role.ts'
import { scopeOf } from '../scope.ts'

/** Who works at orders in nobody's name but his own. */
const IS_BOUND: ReadonlySet<Role> = new Set(['contractor', 'agent', 'steward'])

/**
 * S30: a contractor sees the orders that it was given, and those of the assets it is listed for. Others are not there for
 * it: they are not listed, not found, and take no command.
 */
export function ordersOf({ read, site }: Pick<ApiContext, 'read' | 'site'>) {
  const maySee = (identity: Identity, { assignee, assets }: Pick<OrderDocument, 'assignee' | 'assets'>) => {
    const scope = scopeOf(site, identity)
    if (scope.isAll) return true
    return (identity.person !== null && assignee === identity.person) || assets.some((asset) => scope.has(asset))
  }
  return {
    maySee,
    /** Whoever is bound to his own orders speaks for nobody else. */
    guard: async (id: string, { by }: Readonly<{ by: string }>, identity: Identity): Promise<void> => {
      // A program of the service desk speaks for whoever sits there.
      if (!IS_BOUND.has(identity.role) || (identity.person === null && identity.role !== 'contractor')) return
      const order = await read.get('orders', id)
      if (!order || !maySee(identity, order)) throw new Fault('unknown_order', { order: id })
      if (by !== identity.person) throw new Fault('forbidden')
    },
  }
}
