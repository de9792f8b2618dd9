import type { Reading } from '#devices/reading.ts'
import type { Watch } from '../plan.ts'
import type { Judgement } from './detector.ts'
import { enabling, evaluation } from './enabling.ts'

/** A CEL condition over the points of one device. */
export function whenJudgement(watch: Extract<Watch, { kind: 'when' }>): Judgement {
  const condition = evaluation(watch.condition)
  const enabled = enabling(watch.enabledWhen)
  const shown = condition.points[0]
  let newest: Reading | null = null
  return {
    points: [...new Set([...condition.points, ...enabled.points])],
    take(reading) {
      condition.take(reading)
      enabled.take(reading)
      if (reading.point === shown) newest = reading
    },
    verdict() {
      const evidence = newest ? { point: newest.point, value: newest.value, at: newest.at } : { at: 0 }
      const state = enabled.state()
      return { state: state === 'true' ? condition.state() : state, evidence }
    },
  }
}
