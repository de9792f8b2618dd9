import type { Device } from '#devices/device.ts'
import { offlineAfterMs } from '#devices/profile.ts'
import type { Reading } from '#devices/reading.ts'
import { perPlan } from '../../site/live.ts'
import type { Site } from '../../site/site.ts'
import { timesOf } from '../site-time.ts'
import { both } from './said.ts'

/** A device with its newest values. A value that is not good keeps its reason, and never its old figure. */
export function deviceView(
  site: Site,
): (device: Device, readings: ReadonlyMap<string, Reading>, now: number) => object {
  const time = timesOf(site.plan.timeZone)
  const writable = perPlan(site, ({ controls = [] }) => new Set(controls.map(({ device }) => device)))
  return ({ id, profile, asset }, readings, now) => ({
    id,
    profile: profile.profile,
    kind: profile.kind,
    asset,
    name: both(site.plan.assets.get(asset)?.name ?? id),
    /** A value older than this says nothing about now. */
    validityMs: offlineAfterMs(profile),
    isWritable: writable().has(id),
    points: Object.entries(profile.points).map(([name, point]) => {
      const reading = readings.get(name)
      return {
        point: name,
        name: both(point.name ?? name),
        unit: point.unit ?? null,
        value: reading?.value ?? null,
        quality: reading?.quality ?? null,
        reason: reading?.reason ?? null,
        at: time(reading?.at ?? null),
        ageMs: reading ? Math.max(0, now - reading.at) : null,
      }
    }),
  })
}

/** One new value, as the live stream carries it. */
export function valueView(site: Site): (reading: Reading) => object {
  const time = timesOf(site.plan.timeZone)
  return ({ device, point, value, quality, reason, at }) => ({
    device,
    point,
    value,
    quality,
    reason: reason ?? null,
    at: time(at),
  })
}
