import type { Rule, Watch } from '../plan.ts'
import type { Judgement } from './judgement.ts'
import { WatchedWindow } from './watched-window.ts'

/** A machine that starts too often, or runs too much of the time: a pump that leaks back, one too small for its work. */
export function dutyJudgement(watch: Extract<Watch, { kind: 'duty' }>, rule: Pick<Rule, 'validityMs'>): Judgement {
  const { point, overMs, starts: mostStarts, share: mostShare } = watch
  const window = new WatchedWindow(watch, rule)
  const { take, memory, recall } = window
  return {
    points: [point],
    take,
    verdict() {
      const starts = window.atLeast('starts')
      const share = mostShare === undefined ? null : window.read('share')
      const isTooMuch = share !== null && share > mostShare!
      const why =
        isTooMuch || (mostStarts === undefined && share !== null)
          ? { code: 'ran', params: { percent: Math.round(share! * 100), overMs, limit: mostShare! * 100 } }
          : { code: 'started', params: { times: starts ?? 0, overMs, limit: mostStarts ?? 0 } }
      const evidence = window.evidence(mostStarts === undefined && share === null ? undefined : why)
      if (starts === null) return { state: 'unknown', evidence }
      if (isTooMuch || (mostStarts !== undefined && starts > mostStarts)) return { state: 'true', evidence }
      const isUnclear = window.isUncertain || (mostShare !== undefined && share === null)
      return { state: isUnclear ? 'unknown' : 'false', evidence }
    },
    memory,
    recall,
  }
}
