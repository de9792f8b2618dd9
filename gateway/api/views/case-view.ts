import type { Site } from '../../site/site.ts'
import type { Store } from '../../store/store.ts'
import type { CaseDocument } from '../../store/supervision-rows.ts'
import { timesOf } from '../site-time.ts'
import { both } from './said.ts'

type Parts = Readonly<{
  site: Site
  read: Pick<Store['read'], 'get'>
  clock: Readonly<{ wallOffsetMs(): number }>
}>

/** A supervision case as people read it, with what its order was about. */
export function caseView({ site, read, clock }: Parts): (doc: CaseDocument) => Promise<object> {
  const time = timesOf(site.plan.timeZone)
  return async ({ order: orderId, to, explanation, verdict, dueAt, dueOnWall, ...doc }) => {
    const order = await read.get('orders', orderId)
    const alarm = order && (await read.get('alarms', order.alarmId))
    const name = site.plan.rules.find(({ id }) => id === alarm?.rule)?.name
    return {
      ...doc,
      orderId,
      orderState: order?.state ?? null,
      name: both(name ?? orderId),
      assetName: both(site.plan.assets.get(order?.asset ?? '')?.name ?? order?.asset ?? '–'),
      to,
      openedAt: time(doc.openedAt),
      dueAt: time(dueOnWall === undefined ? dueAt : dueOnWall - clock.wallOffsetMs()),
      deductedAt: time(doc.deductedAt),
      explanation: explanation && { ...explanation, at: time(explanation.at) },
      verdict: verdict && { ...verdict, at: time(verdict.at) },
    }
  }
}
