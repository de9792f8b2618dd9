import type { Reading } from '#devices/reading.ts'
import type { Watch } from '../plan.ts'
import { enabling } from './enabling.ts'
import type { Judgement } from './detector.ts'

/**
 * One alarm limit on one point. High sides are true from the limit upwards and stay so until the value is below
 * limit − deadband; low sides are the mirror image.
 */
export function limitJudgement(watch: Extract<Watch, { kind: 'limit' }>): Judgement {
  const isHigh = watch.side === 'hi' || watch.side === 'hihi'
  const enabled = enabling(watch.enabledWhen)
  let newest: Reading | null = null
  return {
    points: [watch.point, ...enabled.points.filter((point) => point !== watch.point)],
    take(reading) {
      if (reading.point === watch.point) newest = reading
      enabled.take(reading)
    },
    verdict(known) {
      const evidence = { point: watch.point, value: newest?.value ?? null, limit: watch.limit, at: newest?.at ?? 0 }
      if (enabled.state() !== 'true') return { state: enabled.state(), evidence }
      if (newest === null || newest.quality === 'bad' || typeof newest.value !== 'number')
        return { state: 'unknown', evidence }
      const edge =
        known === 'true' ? (isHigh ? watch.limit - watch.deadband : watch.limit + watch.deadband) : watch.limit
      const isBeyond = isHigh ? newest.value >= edge : newest.value <= edge
      // Uncertain may raise; it never clears.
      if (!isBeyond && newest.quality === 'uncertain') return { state: 'unknown', evidence }
      return { state: isBeyond ? 'true' : 'false', evidence }
    },
  }
}
