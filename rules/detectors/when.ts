import type { Reading } from '#devices/reading.ts'
import type { Rule, Watch } from '../plan.ts'
import type { Evidence } from '../event.ts'
import { evaluation } from './evaluation.ts'
import type { Judgement } from './judgement.ts'

/** A CEL condition over the points of one device. */
export function whenJudgement(
  watch: Extract<Watch, { kind: 'when' }>,
  { validityMs }: Pick<Rule, 'validityMs'>,
): Judgement {
  const condition = evaluation(watch.condition, validityMs)
  const shown = condition.points[0]
  let newest: Reading | null = null
  return {
    points: condition.points,
    take(reading) {
      condition.take(reading)
      if (reading.point === shown) newest = reading
    },
    verdict() {
      const evidence: Evidence = newest ? { point: newest.point, value: newest.value, at: newest.at } : { at: 0 }
      return { ...condition.state(), evidence }
    },
    memory: condition.memory,
    recall: condition.recall,
  }
}
