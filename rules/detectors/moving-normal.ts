import type { Reading } from '#devices/reading.ts'
import type { MovingNormalWatch, Rule } from '../plan.ts'
import type { Json } from '../stage.ts'
import type { Judgement } from './judgement.ts'
import { isNumber } from './limit.ts'
import { Normal } from './normal.ts'
import { Window } from './window.ts'

/**
 * For a value whose level nobody can name: a short average is held against the short averages before it. They make the
 * normal, and how much they scatter is the measure; single readings, which scatter more, are none. Frozen while it is
 * beyond or in alarm, or a fault would soon be the normal; after `settleMs` it is, for then it will not go away.
 */
export function movingNormalJudgement(watch: MovingNormalWatch, { validityMs }: Pick<Rule, 'validityMs'>): Judgement {
  const { point, shortMs, normalMs, deviations, least, side, settleMs } = watch
  const short = new Window(shortMs, validityMs)
  const normal = new Normal(normalMs, shortMs, validityMs)
  let newest: Reading | null = null
  /** Of this batch: more than one where a device sends what it kept. */
  let averages: { at: number; value: number }[] = []
  let beyondSince: number | null = null

  const isBeyond = (value: number, at: number): boolean | null => {
    const usual = normal.at(at)
    if (!usual) return null
    const distance = side === 'both' ? Math.abs(value - usual.mean) : (value - usual.mean) * (side === 'above' ? 1 : -1)
    return distance > deviations * Math.max(usual.deviation, least)
  }
  /** Learns, or holds still; and says whether it is beyond. */
  const consider = ({ at, value }: { at: number; value: number }, isInAlarm: boolean): boolean | null => {
    const beyond = isBeyond(value, at)
    beyondSince = beyond ? (beyondSince ?? at) : null
    if (beyondSince !== null && at - beyondSince >= settleMs) {
      normal.forget()
      beyondSince = null
    }
    if (beyond === null || (!beyond && !isInAlarm)) normal.learn(at, value)
    else normal.freeze(at)
    return beyond
  }
  return {
    points: [point],
    take(reading) {
      if (reading.point !== point) return
      newest = reading
      short.add(reading.at, reading.quality !== 'bad' && isNumber(reading.value) ? reading.value : null)
      const value = reading.quality === 'bad' ? null : short.read('avg')
      if (value !== null) averages.push({ at: reading.at, value })
    },
    verdict(known) {
      let beyond: boolean | null = null
      for (const average of averages) beyond = consider(average, known === 'true')
      const value = averages.at(-1)?.value
      averages = []
      const at = newest?.at ?? 0
      const usual = normal.at(at)
      const scale = usual && Math.max(usual.deviation, least)
      const why = usual && { code: 'left_normal', params: { usual: usual.mean, within: scale! * deviations, shortMs } }
      const evidence = { point, value: value ?? newest?.value ?? null, ...(why ? { why } : {}), at }
      if (beyond === null || (!beyond && newest?.quality === 'uncertain')) return { state: 'unknown', evidence }
      return { state: beyond ? 'true' : 'false', evidence }
    },
    memory: () => ({ short: short.memory(), normal: normal.memory(), beyondSince }),
    recall(memory) {
      const known = memory as unknown as { short: Json; normal: Json; beyondSince: number | null }
      averages = []
      short.recall(known.short)
      normal.recall(known.normal)
      beyondSince = known.beyondSince
    },
  }
}
