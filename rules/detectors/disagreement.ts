import type { Reading } from '#devices/reading.ts'
import type { Rule, Watch } from '../plan.ts'
import { isNumber } from './limit.ts'
import type { Judgement } from './judgement.ts'

/** Two points that measure the same and do not say the same. Judged only on what was read within one validity. */
export function disagreementJudgement(
  { point, other, by }: Extract<Watch, { kind: 'disagreement' }>,
  { device, validityMs }: Pick<Rule, 'device' | 'validityMs'>,
): Judgement {
  let mine: Reading | null = null
  let theirs: Reading | null = null
  const isSame = other.device === device
  return {
    points: isSame ? [point, other.point] : [point],
    ...(isSame ? {} : { others: [other] }),
    take(reading) {
      if (reading.device === device && reading.point === point) mine = reading
      else if (reading.device === other.device && reading.point === other.point) theirs = reading
    },
    verdict() {
      const at = Math.max(mine?.at ?? 0, theirs?.at ?? 0)
      const said = { device: other.device, point: other.point, by }
      const why = { code: 'disagrees', params: { ...said, value: theirs?.value ?? '' } }
      const evidence = { point, value: mine?.value ?? null, why, at }
      if (!mine || !theirs || mine.quality === 'bad' || theirs.quality === 'bad') return { state: 'unknown', evidence }
      if (Math.abs(mine.at - theirs.at) > validityMs) return { state: 'unknown', evidence }
      if (mine.value === null || theirs.value === null) return { state: 'unknown', evidence }
      const areNumbers = isNumber(mine.value) && isNumber(theirs.value)
      if (!areNumbers && (typeof mine.value === 'number' || typeof theirs.value === 'number'))
        return { state: 'unknown', evidence }
      const isApart = areNumbers
        ? Math.abs((mine.value as number) - (theirs.value as number)) > by
        : mine.value !== theirs.value
      if (isApart) return { state: 'true', evidence }
      const isUncertain = mine.quality === 'uncertain' || theirs.quality === 'uncertain'
      return { state: isUncertain ? 'unknown' : 'false', evidence }
    },
  }
}
