import type { Rule, Watch } from '../plan.ts'
import type { Json } from '../stage.ts'
import type { Judgement } from './judgement.ts'

type Memory = Readonly<{ side: 'true' | 'false'; times: number; lastAt: number | null; own: Json }>

/** Shown once so many readings in a row are no longer beyond what an alarm watches; what is not known does not count. */
export function settledJudgement(
  { readings }: Extract<Watch, { kind: 'settled' }>,
  { device, validityMs }: Pick<Rule, 'device' | 'validityMs'>,
  watched: Judgement,
): Judgement {
  let side: 'true' | 'false' = 'false'
  let times = 0
  let lastAt: number | null = null
  /** The time of the newest good reading of this batch. */
  let heardAt: number | null = null
  return {
    ...watched,
    take(reading) {
      watched.take(reading)
      const isWatched = watched.points === null || watched.points.includes(reading.point)
      if (reading.device === device && isWatched && reading.quality === 'good') heardAt = reading.at
    },
    verdict(_, at) {
      const { state, evidence } = watched.verdict(side, at)
      const heard = heardAt
      heardAt = null
      if (state === 'unknown') return { state, evidence }
      side = state
      if (state === 'true') times = 0
      else if (heard !== null && heard !== lastAt)
        times = lastAt !== null && heard - lastAt > validityMs ? 1 : Math.min(times + 1, readings)
      lastAt = heard ?? lastAt
      return { state: times >= readings ? 'true' : 'false', evidence }
    },
    memory: () => ({ side, times, lastAt, own: watched.memory?.() ?? null }) satisfies Memory as Json,
    recall(memory) {
      const known = memory as unknown as Memory
      ;({ side, times, lastAt } = known)
      heardAt = null
      if (known.own !== null) watched.recall?.(known.own)
    },
  }
}
