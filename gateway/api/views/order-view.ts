import type { Site } from '../../site/site.ts'
import type { OrderDocument } from '../../store/documents.ts'
import { timesOf } from '../site-time.ts'
import type { AlarmOrigins } from './alarm-origins.ts'
import { both, sayWhy } from './said.ts'

/** A work order as people read it: what for, where, who and why that person, and how far it is. */
export function orderView(site: Site, origins: AlarmOrigins): (order: OrderDocument) => Promise<object> {
  const rules = new Map(site.plan.rules.map((rule) => [rule.id, rule]))
  const time = timesOf(site.plan.timeZone)
  return async (order) => {
    const alarms = await origins.of(order.alarmIds)
    const devices = [...new Set(alarms.map(({ device }) => device))]
    const rule = alarms[0]?.rule
    return {
      id: order.id,
      state: order.state,
      class: order.class,
      name: both((rule === undefined ? undefined : rules.get(rule)?.name) ?? rule ?? order.id),
      incident: order.incident,
      skill: order.skill,
      region: order.region,
      asset: order.asset,
      assets: order.assets,
      assetName: both(site.plan.assets.get(order.asset)?.name ?? order.asset),
      device: devices[0] ?? null,
      devices,
      alarmId: order.alarmId,
      alarmIds: order.alarmIds,
      assignee: order.assignee,
      why: order.why && sayWhy(order.why),
      finding: order.finding,
      openedAt: time(order.openedAt),
      acceptedAt: time(order.acceptedAt),
      arrivedAt: time(order.arrivedAt),
      finishedAt: time(order.finishedAt),
      verifiedAt: time(order.verifiedAt),
      closedAt: time(order.closedAt),
      closedBy: order.closedBy,
      trace: order.trace,
    }
  }
}
