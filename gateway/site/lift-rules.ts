import type { Device } from '#devices/device.ts'
import { offlineAfterMs } from '#devices/profile.ts'
import type { Asset, Rule } from '#rules/plan.ts'
import { inAllLanguages } from '../texts.ts'

/** Lifts that fall silent within this time of each other are called as one. */
const TOGETHER_MS = 60_000
const SEVERAL = 2

/** "Call every car": the one rule that is about all lifts of the site; none without a lift that is watched. */
export function liftRules(devices: readonly Device[], assets: ReadonlyMap<string, Asset>): Rule[] {
  const ofLifts = devices.filter(({ asset }) => assets.get(asset)?.kind === 'lift')
  const [first] = ofLifts
  if (!first) return []
  const lifts = [...new Set(ofLifts.map(({ asset }) => asset))]
  return [
    {
      id: 'lifts/call-every-car',
      device: first.id,
      asset: first.asset,
      name: inAllLanguages('alarm.call_every_car'),
      watch: { kind: 'lost-lifts', lifts, count: SEVERAL, withinMs: TOGETHER_MS },
      // Each lift's own rules have waited already.
      onDelayMs: 0,
      offDelayMs: 0,
      latch: false,
      safety: true,
      priority: 'critical',
      class: 'P0',
      skill: 'lift',
      notice: 'lift-stopped',
      closesItself: false,
      validityMs: Math.max(...ofLifts.map(({ profile }) => offlineAfterMs(profile))),
      cause: inAllLanguages('alarm.call_every_car.cause'),
      consequence: inAllLanguages('alarm.call_every_car.consequence'),
      response: inAllLanguages('alarm.call_every_car.response'),
    },
  ]
}
