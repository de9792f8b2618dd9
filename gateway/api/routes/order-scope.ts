import { Fault } from '#devices/fault.ts'
import type { Identity } from '../../access/identity.ts'
import type { OrderDocument } from '../../store/documents.ts'
import type { ApiContext } from '../context.ts'

/** Orders of other people are not there for a contractor: they are not listed, not found, and take no command. */
export function ordersOf({ read }: Pick<ApiContext, 'read'>) {
  const isBound = ({ role }: Identity) => role === 'contractor'
  const maySee = (identity: Identity, { assignee }: Pick<OrderDocument, 'assignee'>) =>
    !isBound(identity) || (identity.person !== null && assignee === identity.person)
  return {
    maySee,
    query: (identity: Identity) => (isBound(identity) ? { assignee: identity.person ?? '' } : {}),
    /** Whoever is bound to his own orders speaks for nobody else. */
    guard: async (id: string, { by }: Readonly<{ by: string }>, identity: Identity): Promise<void> => {
      if (!isBound(identity)) return
      const order = await read.get('orders', id)
      if (!order || !maySee(identity, order)) throw new Fault('unknown_order', { order: id })
      if (by !== identity.person) throw new Fault('forbidden')
    },
  }
}
