import type { Reading } from '#devices/reading.ts'
import type { Rule, Watch } from '../plan.ts'
import type { Judgement } from './judgement.ts'
import { Window } from './window.ts'

/** A point that changes too often: it hunts, bounces, is switched to and fro. */
export function changesJudgement(
  { point, overMs, above }: Extract<Watch, { kind: 'changes' }>,
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
      // However little was seen, there were that many.
      const changes = newest === null || newest.quality === 'bad' ? null : window.atLeast('changes')
      const evidence = {
        point,
        value: newest?.value ?? null,
        ...(changes === null ? {} : { why: { code: 'changed', params: { times: changes, overMs, limit: above } } }),
        at: newest?.at ?? 0,
      }
      if (changes === null) return { state: 'unknown', evidence }
      if (changes > above) return { state: 'true', evidence }
      return { state: newest!.quality === 'uncertain' ? 'unknown' : 'false', evidence }
    },
    memory: () => window.memory(),
    recall: (memory) => window.recall(memory),
  }
}
