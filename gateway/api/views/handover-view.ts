import { type HandoverItems, SIGNED_WITHIN_MS } from '#rules/handover/events.ts'
import type { ControlDesk } from '../../remote-control/desk.ts'
import type { Site } from '../../site/site.ts'
import type { Store } from '../../store/store.ts'
import type { HandoverDocument } from '../../store/supervision-rows.ts'
import { timesOf } from '../site-time.ts'
import { both } from './said.ts'

type Parts = Readonly<{
  site: Site
  read: Pick<Store['read'], 'get' | 'list'>
  desk: ControlDesk
  clock: Readonly<{ wallOffsetMs(): number }>
}>
/** A sheet of more lines than this is not read by anybody; the count says how many there are. */
const MOST_LINES = 200

/** A sheet in a list: who hands over to whom, and whether they did. */
export function handoverLine({ site, clock }: Parts): (sheet: HandoverDocument) => object {
  const time = timesOf(site.plan.timeZone)
  return ({ signatures, ...sheet }) => ({
    ...sheet,
    name: both(sheet.name),
    changeAt: time(sheet.changeAt - clock.wallOffsetMs()),
    dueAt: time(sheet.changeAt + SIGNED_WITHIN_MS - clock.wallOffsetMs()),
    openedAt: time(sheet.openedAt),
    overdueAt: time(sheet.overdueAt),
    signatures: signatures.map(({ items: _, at, ...signature }) => ({ ...signature, at: time(at) })),
  })
}

/** The whole sheet: as it was when it was signed first, or as things stand while nobody has signed. */
export function handoverSheet(parts: Parts): (sheet: HandoverDocument) => Promise<object> {
  const line = handoverLine(parts)
  return async (sheet) => {
    const items = sheet.signatures[0]?.items ?? (await itemsNow(parts))
    return { ...line(sheet), isLive: sheet.signatures.length === 0, items: await itemsView(parts, items) }
  }
}

async function itemsNow({ read, desk }: Parts): Promise<HandoverItems> {
  const [orders, alarms] = await Promise.all([
    read.list('orders', { state: 'open', limit: MOST_LINES }),
    read.list('alarms', { state: 'open', limit: MOST_LINES }),
  ])
  const shown = (as: string) => alarms.items.filter((alarm) => alarm.shown === as).map(({ id }) => id)
  const isSilent = (as: string) => as === 'shelved' || as === 'suppressed' || as === 'out_of_service'
  return {
    orders: orders.items.map(({ id }) => id),
    standing: alarms.items.filter((alarm) => !isSilent(alarm.shown)).map(({ id }) => id),
    shelved: shown('shelved'),
    suppressed: shown('suppressed'),
    outOfService: shown('out_of_service'),
    lockouts: desk.book.lockouts().map(({ lockout }) => lockout),
    permits: desk.book.permits().map(({ permit }) => permit),
    promises: orders.items.flatMap(({ id, updates = [], finishedAt }) => {
      const eta = updates.findLast((update) => update.eta !== null)?.eta
      return eta == null || finishedAt !== null ? [] : [{ order: id, eta }]
    }),
  }
}

async function itemsView(parts: Parts, items: HandoverItems): Promise<object> {
  const { site, read, desk } = parts
  const time = timesOf(site.plan.timeZone)
  const assetName = (asset: string) => both(site.plan.assets.get(asset)?.name ?? asset)
  const ruleName = (rule: string | undefined, otherwise: string) =>
    both(site.plan.rules.find(({ id }) => id === rule)?.name ?? otherwise)
  const etaOf = new Map(items.promises.map(({ order, eta }) => [order, eta]))

  const alarmLines = (ids: readonly string[]) =>
    Promise.all(
      ids.slice(0, MOST_LINES).map(async (id) => {
        const alarm = await read.get('alarms', id)
        return { id, name: ruleName(alarm?.rule, id), assetName: assetName(alarm?.asset ?? id) }
      }),
    )
  const orders = await Promise.all(
    items.orders.slice(0, MOST_LINES).map(async (id) => {
      const order = await read.get('orders', id)
      const alarm = order && (await read.get('alarms', order.alarmId))
      const what = { name: ruleName(alarm?.rule, id), assetName: assetName(order?.asset ?? id) }
      const eta = etaOf.get(id)
      return { id, ...what, class: order?.class ?? null, assignee: order?.assignee ?? null, eta: time(eta ?? null) }
    }),
  )
  const locks = desk.book.lockouts().filter(({ lockout }) => items.lockouts.includes(lockout))
  const permits = desk.book.permits().filter(({ permit }) => items.permits.includes(permit))
  const held = (of: readonly Readonly<{ asset: string; by: string; reason: string }>[]) =>
    of.map(({ asset, by, reason }) => ({ assetName: assetName(asset), by, reason }))
  return {
    orders,
    standing: await alarmLines(items.standing),
    shelved: await alarmLines(items.shelved),
    suppressed: await alarmLines(items.suppressed),
    outOfService: await alarmLines(items.outOfService),
    lockouts: { count: items.lockouts.length, still: held(locks) },
    permits: { count: items.permits.length, still: held(permits) },
  }
}
