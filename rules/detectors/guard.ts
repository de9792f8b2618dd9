import type { Condition } from '#devices/expression.ts'
import type { Json } from '../stage.ts'
import type { Judgement } from './judgement.ts'
import { evaluation } from './evaluation.ts'

/**
 * `enabled_when`: judged only while that is true. A disabled rule is false, not unknown: a stopped pump is no alarm.
 * Unknown whether it is enabled, it is unknown.
 */
export function guarded(
  judgement: Judgement,
  condition: Condition | undefined,
  { device, validityMs }: Readonly<{ device: string; validityMs: number }>,
): Judgement {
  if (!condition) return judgement
  const enabled = evaluation(condition, validityMs)
  return {
    ...judgement,
    points: judgement.points && [...new Set([...judgement.points, ...enabled.points])],
    take(reading) {
      judgement.take(reading)
      if (reading.device === device) enabled.take(reading)
    },
    verdict(known, at) {
      const { state, failure } = enabled.state()
      if (state === 'true') return judgement.verdict(known, at)
      return {
        state,
        evidence: { at, reason: state === 'false' ? 'disabled' : 'not_known_if_enabled' },
        ...(failure && { failure }),
      }
    },
    memory: () => ({ own: judgement.memory?.() ?? null, enabled: enabled.memory() }),
    recall(memory) {
      const { own, enabled: enabling } = memory as { own: Json; enabled: Json }
      if (own !== null) judgement.recall?.(own)
      enabled.recall(enabling)
    },
  }
}
