import type { Rule, Watch } from '../plan.ts'
import type { Judgement } from './judgement.ts'
import { isNumber } from './limit.ts'
import { WatchedWindow } from './watched-window.ts'

/** A point that rises or falls by so much within the window. Where less of it was seen, what was seen counts in proportion. */
export function rateJudgement(watch: Extract<Watch, { kind: 'rate' }>, rule: Pick<Rule, 'validityMs'>): Judgement {
  const { point, overMs, rise, fall } = watch
  const window = new WatchedWindow(watch, rule, ({ quality, value }) =>
    quality !== 'bad' && isNumber(value) ? value : null,
  )
  const { take, memory, recall } = window
  return {
    points: [point],
    take,
    verdict() {
      const rate = window.read('rate')
      if (rate === null) return { state: 'unknown', evidence: window.evidence(undefined) }
      const limit = rate < 0 ? fall : rise
      const params = { by: Math.abs(rate), overMs, limit: limit ?? 0 }
      const evidence = window.evidence({ code: rate < 0 ? 'fell' : 'rose', params })
      const isBeyond = limit !== undefined && Math.abs(rate) >= limit
      if (!isBeyond && window.isUncertain) return { state: 'unknown', evidence }
      return { state: isBeyond ? 'true' : 'false', evidence }
    },
    memory,
    recall,
  }
}
