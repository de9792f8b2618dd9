import type { Reading } from '#devices/reading.ts'
import { timesOf } from '../api/site-time.ts'
import { both } from '../api/views/said.ts'
import type { Site } from '../site/site.ts'
import type { AlarmDocument, OrderDocument } from '../store/documents.ts'

/**
 * What is said of a reading, an alarm, an order: JSON, times as ISO 8601 with the offset of the site. No person is named and
 * nothing that one wrote is passed on: who reads a broker is not known here.
 */
export type Payloads = Readonly<{
  reading(reading: Reading): string
  alarm(alarm: AlarmDocument): string
  order(order: OrderDocument): string
}>

export function payloadsOf(site: Site): Payloads {
  const time = timesOf(site.plan.timeZone)
  const units = new Map(
    site.devices.map(({ id, profile }) => [
      id,
      new Map(Object.entries(profile.points).map(([name, { unit }]) => [name, unit])),
    ]),
  )
  const nameOf = (asset: string) => both(site.plan.assets.get(asset)?.name ?? asset)
  return {
    reading({ device, point, value, quality, reason, at, timeQuality }) {
      const unit = units.get(device)?.get(point)
      return JSON.stringify({
        value,
        quality,
        ...(reason === undefined ? {} : { reason }),
        ...(unit === undefined ? {} : { unit }),
        time: time(at),
        ...(timeQuality === 'bad' ? { timeQuality } : {}),
      })
    },
    alarm(alarm) {
      const { id, rule, device, asset, priority, state, shown, safety, latch, order } = alarm
      return JSON.stringify({
        id,
        rule,
        name: both(site.plan.rules.find((known) => known.id === rule)?.name ?? rule),
        device,
        asset,
        assetName: nameOf(asset),
        priority,
        class: alarm.class,
        state,
        shown,
        safety,
        latch,
        order,
        occurredAt: time(alarm.occurredAt),
        raisedAt: time(alarm.raisedAt),
        acknowledgedAt: time(alarm.acknowledgedAt),
        clearedAt: time(alarm.clearedAt),
        closedAt: time(alarm.closedAt),
      })
    },
    order(order) {
      const { id, incident, state, skill, region, asset, assets, alarmIds } = order
      return JSON.stringify({
        id,
        incident,
        state,
        class: order.class,
        skill,
        region,
        asset,
        assetName: nameOf(asset),
        assets,
        alarms: alarmIds,
        openedAt: time(order.openedAt),
        acceptedAt: time(order.acceptedAt),
        arrivedAt: time(order.arrivedAt),
        startedAt: time(order.startedAt ?? null),
        finishedAt: time(order.finishedAt),
        verifiedAt: time(order.verifiedAt),
        closedAt: time(order.closedAt),
      })
    },
  }
}
