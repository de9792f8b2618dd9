import { COMMUNICATION_REASONS, type Reading } from '#devices/reading.ts'
import type { Rule, Watch } from '../plan.ts'
import type { Judgement } from './judgement.ts'

/**
 * Loss of data is its own alarm. Communication: any point of the device cannot be heard, or nothing at all arrives
 * for the validity. Sensor: any point says what cannot be (out of range, absent, not a number).
 */
export function dataJudgement(watch: Extract<Watch, { kind: 'data' }>, rule: Pick<Rule, 'validityMs'>): Judgement {
  const bad: Record<'communication' | 'sensor', Map<string, Reading>> = { communication: new Map(), sensor: new Map() }
  let newestAt = 0
  return {
    points: null,
    take(reading) {
      newestAt = Math.max(newestAt, reading.at)
      bad.communication.delete(reading.point)
      bad.sensor.delete(reading.point)
      if (reading.quality !== 'bad') return
      const family = COMMUNICATION_REASONS.has(reading.reason ?? 'no_response') ? 'communication' : 'sensor'
      bad[family].set(reading.point, reading)
    },
    verdict() {
      const point = [...bad[watch.family].keys()].toSorted()[0]
      if (point !== undefined) {
        const reading = bad[watch.family].get(point)!
        return { state: 'true', evidence: { point, reason: reading.reason ?? 'no_response', at: reading.at } }
      }
      // A point that cannot be heard says nothing about its sensor.
      const isUnheard = watch.family === 'sensor' && bad.communication.size > 0
      return { state: isUnheard ? 'unknown' : 'false', evidence: { at: newestAt } }
    },
    ...(watch.family === 'communication'
      ? { silentAt: (heardAt: number) => ({ at: heardAt + 2 * rule.validityMs, since: heardAt }) }
      : {}),
  }
}
