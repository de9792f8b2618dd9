import type { Reading } from '#devices/reading.ts'
import type { Rule, Watch } from '../plan.ts'
import type { Judgement } from './judgement.ts'
import { isNumber } from './limit.ts'
import { Window } from './window.ts'

/** A point that rises or falls by so much within the window. Where less of it was seen, what was seen counts in proportion. */
export function rateJudgement(
  { point, overMs, rise, fall }: Extract<Watch, { kind: 'rate' }>,
  { validityMs }: Pick<Rule, 'validityMs'>,
): Judgement {
  const window = new Window(overMs, validityMs)
  let newest: Reading | null = null
  return {
    points: [point],
    take(reading) {
      if (reading.point !== point) return
      newest = reading
      window.add(reading.at, reading.quality !== 'bad' && isNumber(reading.value) ? reading.value : null)
    },
    verdict() {
      const rate = newest === null || newest.quality === 'bad' ? null : window.read('rate')
      const isFalling = rate !== null && rate < 0
      const limit = isFalling ? fall : rise
      const evidence = {
        point,
        value: newest?.value ?? null,
        ...(rate === null
          ? {}
          : { why: { code: isFalling ? 'fell' : 'rose', params: { by: Math.abs(rate), overMs, limit: limit ?? 0 } } }),
        at: newest?.at ?? 0,
      }
      if (rate === null) return { state: 'unknown', evidence }
      const isBeyond = limit !== undefined && Math.abs(rate) >= limit
      if (!isBeyond && newest!.quality === 'uncertain') return { state: 'unknown', evidence }
      return { state: isBeyond ? 'true' : 'false', evidence }
    },
    memory: () => window.memory(),
    recall: (memory) => window.recall(memory),
  }
}
