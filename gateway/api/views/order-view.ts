import { perPlan } from '../../site/live.ts'
import type { Site } from '../../site/site.ts'
import type { OrderDocument } from '../../store/documents.ts'
import { timesOf } from '../site-time.ts'
import type { AlarmOrigins } from './alarm-origins.ts'
import { clocksView } from './order-clocks.ts'
import { intakeOf, nameOfOrder, nameOfPlace } from './intake-view.ts'
import { checklist, orderLife } from './order-life.ts'
import { both, sayWhy } from './said.ts'
import { tasksView } from './task-view.ts'

/** A work order as people read it: what for, where, who and why that person, and how far it is. */
export function orderView(
  site: Site,
  origins: AlarmOrigins,
  clock: Readonly<{ now(): number; wallOffsetMs(): number }>,
): (order: OrderDocument) => Promise<object> {
  const rules = perPlan(site, (plan) => new Map(plan.rules.map((rule) => [rule.id, rule])))
  const time = timesOf(site.plan.timeZone)
  const clocks = clocksView(site, clock, time)
  return async (order) => {
    const alarms = await origins.of(order.alarmIds)
    const devices = [...new Set(alarms.map(({ device }) => device))]
    // Where every car is called, that is what the order is for, whatever came first.
    const rule = (alarms.find((alarm) => rules().get(alarm.rule)?.watch.kind === 'lost-lifts') ?? alarms[0])?.rule
    return {
      id: order.id,
      state: order.state,
      class: order.class,
      name:
        rule === undefined ? nameOfOrder(order, (id) => rules().get(id)?.name) : both(rules().get(rule)?.name || rule),
      incident: order.incident,
      skill: order.skill,
      region: order.region,
      asset: order.asset,
      assets: order.assets,
      assetName: nameOfPlace(site, order.asset),
      device: devices[0] ?? null,
      devices,
      alarmId: order.alarmId,
      alarmIds: order.alarmIds,
      assignee: order.assignee,
      owner: order.owner ?? order.assignee,
      why: order.why && sayWhy(order.why),
      finding: order.finding,
      openedAt: time(order.openedAt),
      acceptedAt: time(order.acceptedAt),
      arrivedAt: time(order.arrivedAt),
      startedAt: time(order.startedAt ?? null),
      finishedAt: time(order.finishedAt),
      verifiedAt: time(order.verifiedAt),
      closedAt: time(order.closedAt),
      closedBy: order.closedBy,
      clocks: clocks(order),
      tasks: tasksView(order, site.plan.rescue?.lines ?? [], time),
      ...intakeOf(order, time),
      ...orderLife(order, site.plan.settings, time),
      checklist: checklist(
        alarms.map((alarm) => rules().get(alarm.rule)),
        order,
        time,
      ),
      pauses: (order.pauses ?? []).map((pause) => ({
        ...pause,
        from: time(pause.from),
        to: time(pause.to),
        until: time(pause.until),
      })),
      lines: (order.lines ?? []).map(({ asset, likely, since, endedAt, called }) => ({
        asset,
        assetName: both(site.plan.assets.get(asset)?.name ?? asset),
        likely,
        since: time(since),
        endedAt: time(endedAt),
        called: called ? { at: time(called.at), by: called.by } : null,
      })),
      updates: (order.updates ?? []).map((update) => ({ ...update, at: time(update.at), eta: time(update.eta) })),
      escalations: (order.escalations ?? []).map((told) => ({ ...told, dueAt: time(told.dueAt), at: time(told.at) })),
      silentSince: time(order.silentSince ?? null),
      trace: order.trace,
    }
  }
}
