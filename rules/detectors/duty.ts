import type { Reading } from '#devices/reading.ts'
import type { Rule, Watch } from '../plan.ts'
import type { Judgement } from './judgement.ts'
import { Window } from './window.ts'

/** A machine that starts too often, or runs too much of the time: a pump that leaks back, one too small for its work. */
export function dutyJudgement(
  { point, overMs, starts: mostStarts, share: mostShare }: Extract<Watch, { kind: 'duty' }>,
  { validityMs }: Pick<Rule, 'validityMs'>,
): Judgement {
  const window = new Window(overMs, validityMs)
  let newest: Reading | null = null
  return {
    points: [point],
    take(reading) {
      if (reading.point !== point) return
      newest = reading
      window.add(reading.at, reading.quality === 'bad' ? null : reading.value)
    },
    verdict() {
      const isHeard = newest !== null && newest.quality !== 'bad'
      const starts = isHeard ? window.atLeast('starts') : null
      const share = isHeard && mostShare !== undefined ? window.read('share') : null
      const isTooMuch = share !== null && share > mostShare!
      const why =
        isTooMuch || (mostStarts === undefined && share !== null)
          ? { code: 'ran', params: { percent: Math.round(share! * 100), overMs, limit: mostShare! * 100 } }
          : { code: 'started', params: { times: starts ?? 0, overMs, limit: mostStarts ?? 0 } }
      const evidence = {
        point,
        value: newest?.value ?? null,
        ...(mostStarts === undefined && share === null ? {} : { why }),
        at: newest?.at ?? 0,
      }
      if (starts === null) return { state: 'unknown', evidence }
      if (isTooMuch || (mostStarts !== undefined && starts > mostStarts)) return { state: 'true', evidence }
      const isUnclear = newest!.quality === 'uncertain' || (mostShare !== undefined && share === null)
      return { state: isUnclear ? 'unknown' : 'false', evidence }
    },
    memory: () => window.memory(),
    recall: (memory) => window.recall(memory),
  }
}
