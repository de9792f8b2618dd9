import type { Rule, Watch } from '../plan.ts'
import type { Judgement } from './judgement.ts'
import { WatchedWindow } from './watched-window.ts'

/** A point that changes too often: it hunts, bounces, is switched to and fro. */
export function changesJudgement(
  watch: Extract<Watch, { kind: 'changes' }>,
  rule: Pick<Rule, 'validityMs'>,
): Judgement {
  const { point, overMs, above } = watch
  const window = new WatchedWindow(watch, rule)
  const { take, memory, recall } = window
  return {
    points: [point],
    take,
    verdict() {
      // However little was seen, there were that many.
      const changes = window.atLeast('changes')
      if (changes === null) return { state: 'unknown', evidence: window.evidence(undefined) }
      const evidence = window.evidence({ code: 'changed', params: { times: changes, overMs, limit: above } })
      if (changes > above) return { state: 'true', evidence }
      return { state: window.isUncertain ? 'unknown' : 'false', evidence }
    },
    memory,
    recall,
  }
}
